"""Sums of results that can be added up again: count, least, greatest, losses and a histogram.

The histogram's buckets are fixed and log-spaced, so that any two can be merged and a percentile
read from it is within 2 % of the true one. Nothing here knows where the sums are kept.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from forepost.wire.rest.bodies import Point

RELATIVE_ERROR: Final = 0.02
LEAST_MS: Final = 1e-4
"""What is smaller, zero and negative included, is counted as this."""
LAST_INDEX: Final = 1_000
SPARSE: Final = 120
"""An hour with no more results has no minutes rolled up: its rows are hardly more than those."""
_GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_PER_LOG = 1 / math.log(_GROWTH)
_MIDDLE = 2 / (1 + _GROWTH)
_GREATEST_MS = LEAST_MS * _GROWTH**LAST_INDEX

_WIDTHS_SEC = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1_800),
    *(3_600, 7_200, 10_800, 14_400, 21_600, 43_200, 86_400),
)


def width_sec(from_sec: int, to_sec: int, points: int) -> int:
    """The least round width that covers both seconds with at most `points` aligned buckets.

    Seconds from 0 on; at least one point.
    """
    for width in _WIDTHS_SEC:
        if to_sec // width - from_sec // width < points:
            return width
    width = 7 * _WIDTHS_SEC[-1]
    while to_sec // width - from_sec // width >= points:
        width *= 2
    return width


def index_of(rtt_ms: float) -> int:
    if rtt_ms <= LEAST_MS:
        return 0
    if rtt_ms >= _GREATEST_MS:
        return LAST_INDEX
    return math.ceil(math.log(rtt_ms / LEAST_MS) * _PER_LOG)


def value_of(index: int) -> float:
    """ms; not farther than RELATIVE_ERROR from anything counted under `index`."""
    return LEAST_MS * _GROWTH**index * _MIDDLE if index else LEAST_MS


def rank(share: float, count: int) -> int:
    """Which of `count` sorted values, from 0, is the percentile (nearest rank)."""
    return max(1, math.ceil(share * count)) - 1


Result = Sequence[float | None]
"""rtt_ms, rtt_min_ms, rtt_max_ms, loss_pct of one result."""


class ResultSums(NamedTuple):
    """A tally at rest, in the order of its columns. `histogram` is None for one RTT or none."""

    results: int
    rtts: int
    rtt_sum: float
    rtt_min: float | None
    rtt_max: float | None
    losses: int
    loss_sum: float
    histogram: bytes | None


class Tally:
    """Results of one bucket, being added up.

    Single RTTs are kept as they are, so that a percentile is exact until the first histogram
    comes in.
    """

    __slots__ = (
        "_histogram",
        "_values",
        "loss_sum",
        "losses",
        "results",
        "rtt_max",
        "rtt_min",
        "rtt_sum",
        "rtts",
    )

    def __init__(self) -> None:
        self.results = 0
        self.rtts = 0
        self.rtt_sum = 0.0
        self.rtt_min = math.inf
        self.rtt_max = -math.inf
        self.losses = 0
        self.loss_sum = 0.0
        self._values: list[float] = []
        self._histogram: dict[int, int] = {}

    def add(self, result: Result) -> None:
        self.add_all((result,))

    def add_all(self, results: Iterable[Result]) -> None:
        """A result without RTT and loss is no point of a chart, and is not counted."""
        values = self._values
        count = losses = 0
        loss_sum, least, greatest = 0.0, self.rtt_min, self.rtt_max
        before = len(values)
        for rtt, rtt_min, rtt_max, loss in results:
            if rtt is not None:
                values.append(rtt)
                # The round's own extremes, but never a least that is above the RTT itself.
                low = rtt if rtt_min is None or rtt_min > rtt else rtt_min
                high = rtt if rtt_max is None or rtt_max < rtt else rtt_max
                least = min(least, low)
                greatest = max(greatest, high)
            elif loss is None:
                continue
            count += 1
            if loss is not None:
                losses += 1
                loss_sum += loss
        self.results += count
        self.losses += losses
        self.loss_sum += loss_sum
        self.rtts += len(values) - before
        self.rtt_sum += math.fsum(values[before:])
        self.rtt_min, self.rtt_max = least, greatest

    def merge(self, sums: ResultSums) -> None:
        self.results += sums.results
        self.losses += sums.losses
        self.loss_sum += sums.loss_sum
        if not sums.rtts or sums.rtt_min is None or sums.rtt_max is None:
            return
        self.rtts += sums.rtts
        self.rtt_sum += sums.rtt_sum
        self.rtt_min = min(self.rtt_min, sums.rtt_min)
        self.rtt_max = max(self.rtt_max, sums.rtt_max)
        if sums.histogram is None:
            self._values.append(sums.rtt_sum)
            return
        mine = self._histogram
        for index, count in unpack(sums.histogram):
            mine[index] = mine.get(index, 0) + count

    def sums(self) -> ResultSums:
        return ResultSums(
            results=self.results,
            rtts=self.rtts,
            rtt_sum=self.rtt_sum,
            rtt_min=self.rtt_min if self.rtts else None,
            rtt_max=self.rtt_max if self.rtts else None,
            losses=self.losses,
            loss_sum=self.loss_sum,
            histogram=pack(self._counts()) if self.rtts > 1 else None,
        )

    def percentile(self, share: float) -> float | None:
        """`share` from 0 to 1; ms, None where there is no RTT."""
        if not self.rtts:
            return None
        place = rank(share, self.rtts)
        if not self._histogram:
            return sorted(self._values)[place]
        counts = self._counts()
        for index in sorted(counts):
            place -= counts[index]
            if place < 0:
                return min(max(value_of(index), self.rtt_min), self.rtt_max)
        raise AssertionError("the histogram has fewer values than were counted")

    @property
    def mean(self) -> float | None:
        return self.rtt_sum / self.rtts if self.rtts else None

    def deviation(self) -> float | None:
        """Standard deviation in ms; None where there is no RTT. From a histogram, each value may
        be RELATIVE_ERROR off.
        """
        mean = self.mean
        if mean is None:
            return None
        if not self._histogram:
            squares = math.fsum((value - mean) ** 2 for value in self._values)
        else:
            squares = math.fsum(
                count * (value_of(index) - mean) ** 2 for index, count in self._counts().items()
            )
        return math.sqrt(squares / self.rtts)

    def point(self, start_sec: int) -> Point:
        return Point(
            time=start_sec,
            count=self.results,
            rtt_min_ms=self.rtt_min if self.rtts else None,
            rtt_p50_ms=self.percentile(0.5),
            rtt_p95_ms=self.percentile(0.95),
            rtt_max_ms=self.rtt_max if self.rtts else None,
            loss_pct=self.loss_sum / self.losses if self.losses else None,
        )

    def _counts(self) -> dict[int, int]:
        counts = dict(self._histogram)
        for value in self._values:
            index = index_of(value)
            counts[index] = counts.get(index, 0) + 1
        return counts


def pack(counts: dict[int, int]) -> bytes:
    """Little-endian: all indices as uint16, then all counts as uint32, in the same order."""
    size = len(counts)
    return struct.pack(f"<{size}H{size}I", *counts, *counts.values())


def unpack(histogram: bytes) -> Iterable[tuple[int, int]]:
    size = len(histogram) // 6
    numbers = struct.unpack(f"<{size}H{size}I", histogram)
    return zip(numbers[:size], numbers[size:], strict=True)
