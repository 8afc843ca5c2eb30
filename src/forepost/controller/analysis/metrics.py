"""Figures of charts and of verdicts as those of an analysis. Pure."""

from collections.abc import Sequence

from forepost.controller.analysis.vector import NO_METRICS
from forepost.wire.rest.analysis import AnalysisMetrics
from forepost.wire.rest.bodies import Point
from forepost.wire.rest.topology import ProbeHealth, ProbeStatus


def of_point(point: Point) -> AnalysisMetrics:
    jitter = point.jitter_ms or 0.0
    return AnalysisMetrics(
        avg_latency=point.rtt_mean_ms or 0.0,
        median_latency=point.rtt_p50_ms or 0.0,
        p95_latency=point.rtt_p95_ms or 0.0,
        packet_loss=point.loss_pct or 0.0,
        jitter_avg=jitter,
        jitter=jitter,
        sample_count=point.count,
    )


def of_probe(probe: ProbeHealth) -> AnalysisMetrics:
    """Of means alone: where nothing is said of the spread, there is none."""
    return _of_means([(probe.avg_latency, probe.packet_loss, probe.jitter)])


def mean_metrics(types: Sequence[ProbeStatus]) -> AnalysisMetrics:
    return _of_means([(one.avg_latency, one.packet_loss, one.jitter) for one in types])


def _of_means(
    figures: Sequence[tuple[float | None, float | None, float | None]],
) -> AnalysisMetrics:
    said = [one for one in figures if one[0] is not None or one[1] is not None]
    if not said:
        return NO_METRICS
    latency, loss, jitter = (
        sum(values) / len(values) if values else 0.0
        for values in ([v for v in column if v is not None] for column in zip(*said, strict=True))
    )
    return AnalysisMetrics(
        avg_latency=latency,
        median_latency=latency,
        p95_latency=latency,
        packet_loss=loss,
        jitter_avg=jitter,
        jitter=jitter,
        sample_count=len(said),
    )
