"""How well a path is, from 0 to 100, in NetWatcher's weights. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from statistics import fmean
from typing import Final

from forepost.controller.series.port import Row

Curve = Sequence[tuple[float, float]]
"""(value, score), by rising value; between two points a straight line."""

LATENCY: Final[Curve] = ((0, 100), (30, 95), (80, 80), (150, 60), (300, 30), (500, 0))
JITTER: Final[Curve] = ((0, 100), (5, 90), (15, 80), (30, 60), (50, 40), (100, 0))
LOSS: Final[Curve] = ((0, 100), (0.1, 95), (1, 85), (3, 70), (5, 50), (15, 0))
HOPELESS_R: Final = 0.0


def on(curve: Curve, value: float) -> float:
    place = bisect_right(curve, value, key=lambda point: point[0])
    if place == 0:
        return curve[0][1]
    if place == len(curve):
        return curve[-1][1]
    (low, from_score), (high, to_score) = curve[place - 1], curve[place]
    return from_score + (to_score - from_score) * (value - low) / (high - low)


def mos(latency_ms: float, jitter_ms: float, loss_pct: float) -> float:
    """1 to 4.5, from an R factor without a codec of its own."""
    r = 93.2 - (latency_ms + 2 * jitter_ms + 10) / 40 - 2.5 * loss_pct
    r = min(max(r, HOPELESS_R), 100.0)
    return min(max(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1.0), 4.5)


def health(rows: Sequence[Row]) -> float | None:
    """Of results of one line; None where they say nothing. No data is not excellent.

    Route stability has no part in it: it is not known here, and the other weights make up for it.
    """
    losses = [row.loss_pct for row in rows if row.loss_pct is not None]
    rtts = sorted(row.rtt_ms for row in rows if row.rtt_ms is not None)
    if not losses and not rtts:
        return None
    loss = fmean(losses) if losses else 0.0
    if not rtts:
        return 0.0 if loss >= 100 else on(LOSS, loss)
    jitters = [row.jitter_ms for row in rows if row.jitter_ms is not None]
    jitter = fmean(jitters) if jitters else 0.0
    mean, p95 = fmean(rtts), rtts[min(len(rtts) - 1, round(0.95 * (len(rtts) - 1)))]
    latency = 0.5 * on(LATENCY, mean) + 0.3 * on(LATENCY, p95) + 0.2 * on(JITTER, jitter)
    voice = (mos(mean, jitter, loss) - 1) / 3.5 * 100
    return (0.30 * latency + 0.35 * on(LOSS, loss) + 0.20 * voice) / 0.85
