"""What was usual of one metric of a probe, over its single results. Pure."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from statistics import fmean, pstdev
from typing import Final, Literal

from forepost.controller.series.port import Row
from forepost.wire.rest.agent_results import BaselineFigures

BaselineMetric = Literal["latency", "packet_loss", "jitter", "mos"]
MOST: Final = 10_000
"""Results that a baseline is made of: the newest."""
_COLUMN: Final[dict[BaselineMetric, str]] = {
    "latency": "rtt_ms",
    "packet_loss": "loss_pct",
    "jitter": "jitter_ms",
    "mos": "mos",
}


def baseline_of(
    probe_id: int, metric: BaselineMetric, days: int, rows: Sequence[Row], now: datetime
) -> BaselineFigures:
    said = (getattr(row, _COLUMN[metric]) for row in rows)
    values = sorted(value for value in said if value is not None)
    return BaselineFigures(
        probe_id=probe_id,
        metric=metric,
        window_days=days,
        mean=fmean(values) if values else 0.0,
        std_dev=pstdev(values) if values else 0.0,
        p50=_percentile(values, 50),
        p90=_percentile(values, 90),
        p95=_percentile(values, 95),
        p99=_percentile(values, 99),
        min=values[0] if values else 0.0,
        max=values[-1] if values else 0.0,
        count=len(values),
        computed_at=now,
    )


def _percentile(values: Sequence[float], percent: int) -> float:
    """The nearest rank; 0 of nothing."""
    return values[ceil(percent / 100 * len(values)) - 1] if values else 0.0
