"""What metrics are measured in, for people."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.wire.rest.alerts import Metric
from forepost.wire.rest.units import UNITS, duration, with_unit

DOCS = Path(__file__).parents[2] / "docs/alerts.md"


def test_every_metric_has_a_unit() -> None:
    assert set(UNITS) == set(get_args(Metric))


@pytest.mark.parametrize(
    ("metric", "value", "written"),
    [
        ("latency", 123.0, "123 ms"),
        ("latency", 123.456, "123.5 ms"),
        ("latency", 0.0123456, "0.01235 ms"),
        ("latency", 123_456.0, "123456 ms"),
        ("packet_loss", 12.5, "12.5 %"),
        ("packet_loss", 0.0, "0 %"),
        ("packet_loss", 100.0, "100 %"),
        ("loss_baseline", -3.0, "-3 percentage points"),
        ("tls_expiry_days", 1.0, "1 day"),
        ("tls_expiry_days", 13.96, "13.96 days"),
        ("offline", 95.0, "1 h 35 min"),
        ("job_waiting", 0.5, "30 s"),
        ("no_data", 300.0, "5 min"),
        ("failure", 1.0, "yes"),
        ("route_change", 0.0, "no"),
        ("http_status", 503.0, "503"),
        ("http_status", 0.0, "no answer"),
        ("mos", 3.9, "3.9"),
        ("snmp_trap_received", 1_200.0, "1200"),
        ("of another version", 5.25, "5.25"),
        ("latency", None, ""),
        ("latency", float("inf"), "inf ms"),
        ("offline", float("nan"), "nan min"),
    ],
)
def test_values(metric: str, value: float | None, written: str) -> None:
    assert with_unit(metric, value) == written


@given(st.sampled_from([*UNITS, "no_data", "?"]), st.floats())
def test_any_number_can_be_written(metric: str, value: float) -> None:
    assert with_unit(metric, value)


@pytest.mark.parametrize(
    ("sec", "written"),
    [(0, "0 s"), (59, "59 s"), (310, "5 min 10 s"), (3_600, "1 h"), (97_200, "1 d 3 h")],
)
def test_durations(sec: int, written: str) -> None:
    assert duration(sec) == written
