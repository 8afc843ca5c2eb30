"""Figures as scores, in NetWatcher's weights. Pure. What is not known is no score: not 100."""

from collections.abc import Sequence
from statistics import fmean
from typing import Final

from forepost.controller.payloads.scores import JITTER, LATENCY, LOSS, mos, on
from forepost.wire.rest.analysis import AnalysisMetrics, Grade, HealthVector

WEIGHTS: Final = (0.30, 0.35, 0.15, 0.20)
"""Of latency, loss, the stability of the route, and MOS."""
GRADES: Final[tuple[tuple[float, Grade], ...]] = (
    (90, "excellent"),
    (75, "good"),
    (55, "fair"),
    (35, "poor"),
    (0, "critical"),
)
UNKNOWN: Final = HealthVector(
    latency_score=0.0,
    packet_loss_score=0.0,
    route_stability=0.0,
    mos_score=0.0,
    overall_health=0.0,
    grade="unknown",
)
NO_METRICS: Final = AnalysisMetrics(
    avg_latency=0.0,
    median_latency=0.0,
    p95_latency=0.0,
    packet_loss=0.0,
    jitter_avg=0.0,
    jitter=0.0,
    sample_count=0,
)


def vector_of(metrics: AnalysisMetrics, stability_pct: float = 100.0) -> HealthVector:
    """`stability_pct`: of the route; 100 where no other is known."""
    if not metrics.sample_count:
        return UNKNOWN
    latency = (
        0.5 * on(LATENCY, metrics.avg_latency)
        + 0.3 * on(LATENCY, metrics.p95_latency)
        + 0.2 * on(JITTER, metrics.jitter_avg)
    )
    loss = on(LOSS, metrics.packet_loss)
    if metrics.packet_loss >= 100:
        latency, voice = 0.0, 1.0
    else:
        voice = mos(metrics.avg_latency, metrics.jitter_avg, metrics.packet_loss)
    parts = (latency, loss, stability_pct, (voice - 1) / 3.5 * 100)
    overall = sum(part * weight for part, weight in zip(parts, WEIGHTS, strict=True))
    return HealthVector(
        latency_score=round(latency, 1),
        packet_loss_score=round(loss, 1),
        route_stability=round(stability_pct, 1),
        mos_score=round(voice, 2),
        overall_health=round(overall, 1),
        grade=grade_of(overall),
    )


def mean_of(vectors: Sequence[HealthVector]) -> HealthVector:
    """Of those that are known."""
    known = [one for one in vectors if one.grade != "unknown"]
    if not known:
        return UNKNOWN
    overall = fmean(one.overall_health for one in known)
    return HealthVector(
        latency_score=round(fmean(one.latency_score for one in known), 1),
        packet_loss_score=round(fmean(one.packet_loss_score for one in known), 1),
        route_stability=round(fmean(one.route_stability for one in known), 1),
        mos_score=round(fmean(one.mos_score for one in known), 2),
        overall_health=round(overall, 1),
        grade=grade_of(overall),
    )


def grade_of(overall: float) -> Grade:
    return next(grade for least, grade in GRADES if overall >= least)
