"""What payloads say, and what they do not."""

import json
from typing import Any, get_args

import pytest

from forepost.controller.alerts.metrics import OF_TYPE, MetricMemory, can_report, values, when
from forepost.controller.payloads import metrics_of
from forepost.controller.payloads.mtr import true_losses
from forepost.controller.payloads.payload import OF_EVERY_TYPE
from forepost.controller.pipeline import report_of
from forepost.controller.series.port import Row
from forepost.wire.rest.alerts import Metric
from forepost.wire.uplink.messages import ProbePost
from tests.controller.alerts.samples import (
    DNS,
    GOOD_PATH,
    HTTP,
    NETINFO,
    PING,
    SYSINFO,
    TLS,
    TRAFFICSIM,
    but,
    hop,
    mtr,
)
from tests.fakes.clock import START


def row(kind: str, payload: Any, **fields: Any) -> Row:
    post = ProbePost(
        created_at=fields.pop("at", START),
        type=kind,
        payload=json.dumps(payload).encode(),  # type: ignore[arg-type]
        probe_id=fields.pop("probe_id", 1),
    )
    known = {"identity": 1, "agent_id": 1, "probe_agent_id": 1, "target_agent": 0}
    return report_of(post, received=START, **(known | fields))


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("PING", PING, {"packet_loss": 0, "latency": 10, "jitter": 0.4}),
        (
            "PING",
            but(PING, rtts_ns=[9_000_000, 12_000_000, None, 10_000_000]),
            {"packet_loss": 0, "latency": 10, "jitter": 2.5},
        ),
        ("PING", but(PING, packets_recv=0, packet_loss=100.0), {"packet_loss": 100}),
        (
            "TRAFFICSIM",
            TRAFFICSIM,
            {
                "packet_loss": 0,
                "latency": 0,
                "jitter": 0.4156110920917494,
                "mos": 4.4277498269054165,
            },
        ),
        (
            "MTR",
            GOOD_PATH,
            {
                "end_hop_loss": 0,
                "end_hop_latency": 20,
                "worst_hop_loss": 0,
                "worst_hop_combined": 2,
            },
        ),
        (
            "MTR",
            mtr(hop(1, "192.0.2.1"), hop(2, ""), hop(3, "")),
            {"end_hop_loss": 100, "worst_hop_loss": 100, "worst_hop_combined": 100},
        ),
        ("MTR", mtr(), {}),
        ("SYSINFO", SYSINFO, {"memory_usage": 25}),
        ("SYSINFO", {"memoryInfo": {"total_bytes": 4, "used_bytes": 1}}, {"memory_usage": 25}),
        ("SYSINFO", {"disks": [{"used_pct": 4}, {"used_pct": 71}]}, {"disk_usage": 71}),
        (
            "HTTP",
            but(HTTP, certificate_info={"days_until_expiry": 9}),
            {"http_status": 200, "http_ttfb": 40, "http_total_ms": 60, "tls_expiry_days": 9},
        ),
        ("DNS", DNS, {"dns_query_failure": 0, "dns_nxdomain": 0, "dns_query_time": 12.5}),
        ("DNS", but(DNS, response_code="ERROR", error="i/o timeout"), {"dns_query_failure": 1}),
        ("HTTP", HTTP, {"http_status": 200, "http_ttfb": 40, "http_total_ms": 60}),
        ("HTTP", but(HTTP, status_code=0, error="connection refused"), {"http_status": 0}),
        (
            "TLS",
            TLS,
            {
                "tls_chain_issue": 0,
                "tls_expiry_days": 80,
                "tls_version_mismatch": 0,
                "tls_weak_cipher": 0,
            },
        ),
        ("TLS", {"error": "tls dial failed: connection refused"}, {}),
        ("SNMP", {"query_time_ms": 0, "error": "timeout", "results": None}, {}),
        (
            "TCP",
            {"loss_pct": 25, "connects_ms": [1, None, 2, 4]},
            {"packet_loss": 25, "latency": 2},
        ),
        ("TCP", {"loss_pct": 100, "connects_ms": [None]}, {"packet_loss": 100}),
        ("SMTP", {"tcp_connect_ms": 1, "answer_ms": 2, "total_ms": 4}, {"latency": 3}),
        ("NTP", {"rtt_ms": 2, "offset_ms": -3}, {"latency": 2, "clock_offset": 3}),
        ("SPEEDTEST", {"test_data": []}, {}),
    ],
)
def test_what_a_payload_says(kind: str, payload: Any, expected: dict[str, float]) -> None:
    said = metrics_of(row(kind, payload))
    own = {metric: value for metric, value in said.items() if metric not in OF_EVERY_TYPE}
    assert own == pytest.approx(expected)
    assert all(kind in OF_TYPE[metric] for metric in expected)


@pytest.mark.parametrize("kind", sorted({kind for kinds in OF_TYPE.values() for kind in kinds}))
@pytest.mark.parametrize("payload", [{}, [], "text", None, {"report": None}, {"error": 7}])
def test_what_is_not_as_its_type_says_says_nothing(kind: str, payload: Any) -> None:
    memory = MetricMemory()
    assert values(row(kind, payload), frozenset(OF_TYPE) & {"cpu_usage"}, memory) == {}


def test_every_metric_is_of_some_type_and_time() -> None:
    assert set(OF_TYPE) == set(get_args(Metric))
    assert {when(metric) for metric in OF_TYPE} == {"row", "turn", "baseline"}
    assert can_report("AGENT", "end_hop_loss")
    assert can_report("TCP", "packet_loss")
    assert can_report("AGENT", "failure")
    assert not can_report("AGENT", "http_status")
    assert not can_report("PING", "offline")
    assert not can_report("SPEEDTEST", "failure"), "its results come of tests, not of the probe"


@pytest.mark.parametrize(
    ("losses", "worst"),
    [
        ([0, 100, 0, 0], 0),
        ([80, 0, 0], 0),
        ([0, 20, 15, 18], 20),
        ([0, 90, 15, 18], 18),
        ([0, 0, 100], 100),
        ([50], 50),
    ],
)
def test_loss_that_later_hops_do_not_show_is_none(losses: list[float], worst: float) -> None:
    assert max(loss for _, loss in true_losses(losses)) == worst


def test_processor_time_is_the_difference_of_two_samples() -> None:
    memory = MetricMemory()

    def usage(second: int, **times: int) -> float | None:
        from datetime import timedelta

        sample = but(SYSINFO, CPUTimes={k: v * 10**9 for k, v in times.items()})
        at = START + timedelta(seconds=second)
        asked = frozenset({"cpu_usage"})
        return values(row("SYSINFO", sample, at=at, probe_id=0), asked, memory).get("cpu_usage")

    assert usage(0, user=100, system=50, idle=850) is None
    assert usage(60, user=130, system=65, idle=865) == pytest.approx(75)
    assert usage(60, user=999, system=65, idle=865) is None, "seen before"
    assert usage(120, user=1, system=1, idle=20) is None, "a reboot lies between"
    assert usage(180, user=1, system=1, idle=80) == 0


def test_a_change_is_taken_up_again_as_it_was_kept() -> None:
    from datetime import timedelta

    line = (1, 1, "NETINFO", "")
    first, second = MetricMemory(), MetricMemory()
    asked = frozenset({"ip_change"})
    assert values(row("NETINFO", NETINFO), asked, first)["ip_change"] == 0
    second.restore("ip_change", line, first.usual("ip_change", line))
    moved = but(NETINFO, public_address="203.0.113.50")
    at = START + timedelta(minutes=10)
    assert values(row("NETINFO", moved, at=at), asked, second)["ip_change"] == 1
    second.accept("ip_change", line)
    at += timedelta(minutes=10)
    assert values(row("NETINFO", moved, at=at), asked, second)["ip_change"] == 0
