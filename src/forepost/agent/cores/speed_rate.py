"""From counts of bytes to a rate, and from round trips to figures. Pure."""

import statistics
from collections.abc import Sequence
from typing import Final

import msgspec

from forepost.wire.probes.speedtest import SpeedLatency

SLICE_SEC: Final = 0.1
SETTLED: Final = 0.8
"""The warm-up is over with the first slice that has so much of the later median rate."""
TRIM: Final = 0.1
"""Of the time, at either end."""

Sample = tuple[float, int]
"""Seconds on any clock, and the bytes that had arrived by then."""


class Slice(msgspec.Struct, frozen=True):
    sec: float
    bytes: int

    @property
    def rate(self) -> float:
        return self.bytes / self.sec


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes per second; 0 where there is nothing to count."""

    trimmed: float
    mean: float
    median: float
    warm_up_sec: float


def slices(samples: Sequence[Sample]) -> list[Slice]:
    """Between samples, none shorter than 0.1 s; the last one is left out where it would be."""
    found: list[Slice] = []
    if not samples:
        return found
    since, had = samples[0]
    for at, count in samples[1:]:
        if at - since >= SLICE_SEC * 0.9:
            found.append(Slice(at - since, max(0, count - had)))
            since, had = at, max(had, count)
    return found


def rate(found: Sequence[Slice]) -> Rate:
    counted = found[warm_up(found) :]
    sec = sum(one.sec for one in counted)
    return Rate(
        trimmed=_trimmed(counted),
        mean=sum(one.bytes for one in counted) / sec if sec else 0.0,
        median=statistics.median(one.rate for one in counted) if counted else 0.0,
        warm_up_sec=sum(one.sec for one in found) - sec,
    )


def warm_up(found: Sequence[Slice]) -> int:
    """How many slices do not count: half of them at most."""
    half = len(found) // 2
    if not half:
        return 0
    later = statistics.median(one.rate for one in found[half:])
    return next((at for at in range(half) if found[at].rate >= SETTLED * later), half)


def _trimmed(counted: Sequence[Slice]) -> float:
    """Mean rate without the slowest and the fastest tenth of the time."""
    in_order = sorted(counted, key=lambda one: one.rate)
    total = sum(one.sec for one in in_order)
    first, last = TRIM * total, (1 - TRIM) * total
    at = count = kept = 0.0
    for one in in_order:
        part = max(0.0, min(at + one.sec, last) - max(at, first))
        count, kept, at = count + part * one.rate, kept + part, at + one.sec
    return count / kept if kept else 0.0


def latency(rtts_ns: Sequence[int]) -> SpeedLatency | None:
    if not rtts_ns:
        return None
    in_order = sorted(rtts_ns)
    steps = [abs(one - other) for one, other in zip(rtts_ns[1:], rtts_ns[:-1], strict=True)]
    return SpeedLatency(
        count=len(in_order),
        min=in_order[0],
        median=round(statistics.median(in_order)),
        mean=round(statistics.fmean(in_order)),
        p95=in_order[min(len(in_order) - 1, int(0.95 * len(in_order)))],
        max=in_order[-1],
        jitter=round(statistics.fmean(steps)) if steps else 0,
    )
