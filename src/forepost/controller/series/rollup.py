"""How wide the buckets of charts are, and histograms of rounds: of results whose packets are not
known, as all were in files of version 1. Pure.

A histogram's buckets are fixed and log-spaced, so that any two can be merged and a percentile
read from it is within 2 % of the true one.
"""

import math
import struct
from collections.abc import Iterable
from typing import Final

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


def pack(counts: dict[int, int]) -> bytes:
    """Little-endian: all indices as uint16, then all counts as uint32, in the same order."""
    size = len(counts)
    return struct.pack(f"<{size}H{size}I", *counts, *counts.values())


def unpack(histogram: bytes) -> Iterable[tuple[int, int]]:
    size = len(histogram) // 6
    numbers = struct.unpack(f"<{size}H{size}I", histogram)
    return zip(numbers[:size], numbers[size:], strict=True)
