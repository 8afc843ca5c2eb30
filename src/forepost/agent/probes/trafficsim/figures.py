"""What a cycle of TRAFFICSIM says: loss, order, jitter, bursts, one-way delays. Pure."""

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby, pairwise
from typing import Final

import msgspec

from forepost.agent.probes.trafficsim.flight import Flight, Sent

MS: Final = 1e6
_LATENCY: Final = ((50, "excellent"), (100, "good"), (200, "fair"), (400, "poor"))
"""Mean RTT in ms up to which a word is said; "bad" above."""


class OneWay(msgspec.Struct, frozen=True):
    """Medians in ms, and the bound of their error."""

    forward: float
    backward: float
    error: float


def ms(ns: float) -> float:
    return ns / MS


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Between the two nearest; 0 of nothing."""
    if not ordered:
        return 0.0
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def mean_of(values: Collection[float]) -> float:
    """0 of nothing."""
    return math.fsum(values) / len(values) if values else 0.0


def deviation(values: Collection[float], mean: float) -> float:
    """Of the whole population."""
    return math.sqrt(mean_of([(value - mean) ** 2 for value in values]))


def reordered(arrivals: Iterable[int]) -> int:
    """How many came after one with a higher number (RFC 4737, 3.3)."""
    count = highest = 0
    for seq in arrivals:
        count += seq < highest
        highest = max(highest, seq)
    return count


def steps(rtts: Sequence[float | None]) -> list[float]:
    """Differences of the RTTs of neighbours, without sign; a lost one has no neighbours."""
    return [abs(b - a) for a, b in pairwise(rtts) if a is not None and b is not None]


def rfc3550(transits: Sequence[float]) -> float | None:
    """RFC 3550, 6.4.1 and A.8: J += (|D| - J) / 16, transits in order of arrival."""
    if len(transits) < 2:
        return None
    jitter = 0.0
    for before, after in pairwise(transits):
        jitter += (abs(after - before) - jitter) / 16
    return jitter


def bursts(rtts: Sequence[float | None]) -> list[int]:
    """Lengths of all runs of lost packets, in the order of their numbers."""
    return [len(list(run)) for lost, run in groupby(rtt is None for rtt in rtts) if lost]


def burst_ratio(rtts: Sequence[float | None]) -> float:
    """ITU-T G.107, 7.5: mean length of the bursts over 1 / (1 - p), that of loss by chance."""
    lengths = bursts(rtts)
    lost = sum(lengths)
    if not lost or lost == len(rtts):
        return 1.0
    return max(1.0, lost / len(lengths) * (1 - lost / len(rtts)))


def one_way(flight: Flight, own_error_ns: int | None) -> OneWay | None:
    """None unless both clocks' errors are bounded.

    Every packet bounds the offset of the clocks too: nothing arrives before it was sent. The error
    that is left is half of what both leave open, or less.
    """
    pairs = [
        (one.forward_ns, one.backward_ns, one.bound_ns)
        for one in flight.packets
        if one.forward_ns is not None and one.backward_ns is not None and one.bound_ns is not None
    ]
    if own_error_ns is None or not pairs:
        return None
    error = own_error_ns + max(bound for _, _, bound in pairs)
    # Target's clock less ours: from below by the way back, from above by the way there.
    low = max(-error, *(-back for _, back, _ in pairs))
    high = min(error, *(there for there, _, _ in pairs))
    if low > high:
        return None  # a clock that is more wrong than its host believes
    offset = (low + high) / 2
    return OneWay(
        forward=ms(percentile(sorted(there for there, _, _ in pairs), 50) - offset),
        backward=ms(percentile(sorted(back for _, back, _ in pairs), 50) + offset),
        error=ms((high - low) / 2),
    )


def transits(flight: Flight, way: str) -> list[float]:
    """What passed on one way, in the order of arrival, in ms; by two clocks."""
    first = flight.next_seq - len(flight.packets)
    ordered: list[Sent] = [flight.packets[seq - first] for seq in flight.arrivals]
    found = [getattr(one, f"{way}_ns") for one in ordered]
    return [ms(ns) for ns in found if ns is not None]


def latency_word(mean_ms: float) -> str:
    return next((word for most, word in _LATENCY if mean_ms <= most), "bad")


def score(value: float, best: float, worst: float) -> float:
    """100 at `best` or below, 0 at `worst` or above, a straight line between."""
    return max(0.0, min(100.0, 100 * (worst - value) / (worst - best)))
