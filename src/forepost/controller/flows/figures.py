"""The figures of one step: its traffic, and what was and was not seen. Pure."""

from collections.abc import Iterable
from typing import Final

from forepost.controller.flows.rollup import LARGEST, Counts
from forepost.wire.flows.history import FlowHonesty
from forepost.wire.flows.rollup import FlowMinute, Traffic

FIGURES: Final = (
    "bytes_in",
    "bytes_out",
    "packets_in",
    "packets_out",
    "flows",
    "reports",
    "packets",
    "bytes",
    "other_packets",
    "other_bytes",
    "missed",
    "refused_packets",
    "refused_bytes",
    "lost",
    "gap_ms",
    "uninspected_ms",
)
"""Names of the columns, in the order in which they are kept here."""

Figures = tuple[int, ...]
NONE: Final[Figures] = (0,) * len(FIGURES)


def of_minute(minute: FlowMinute) -> Figures:
    seen = minute.honesty
    return (
        *counts_of(minute.total),
        1,
        seen.packets,
        seen.bytes,
        seen.other_packets,
        seen.other_bytes,
        seen.missed,
        seen.refused_packets,
        seen.refused_bytes,
        seen.lost,
        _ms(seen.gap_sec),
        _ms(seen.uninspected_sec),
    )


def _ms(seconds: float) -> int:
    return round(min(seconds, 1e9) * 1_000)


def counts_of(traffic: Traffic) -> Counts:
    return (
        traffic.bytes_in,
        traffic.bytes_out,
        traffic.packets_in,
        traffic.packets_out,
        traffic.flows,
    )


def traffic_of(counts: Counts) -> Traffic:
    return Traffic(
        bytes_in=counts[0],
        bytes_out=counts[1],
        packets_in=counts[2],
        packets_out=counts[3],
        flows=counts[4],
    )


def total(figures: Figures) -> Counts:
    return figures[0], figures[1], figures[2], figures[3], figures[4]


def summed(many: Iterable[Figures]) -> Figures:
    sums = [min(sum(column), LARGEST) for column in zip(*many, strict=True)]
    return tuple(sums) if sums else NONE


def honesty(figures: Figures) -> FlowHonesty:
    of = dict(zip(FIGURES, figures, strict=True))
    packets, lost, refused = of["packets"], of["lost"], of["refused_packets"]
    return FlowHonesty(
        reports=of["reports"],
        packets=packets,
        bytes=of["bytes"],
        other_packets=of["other_packets"],
        other_bytes=of["other_bytes"],
        missed=of["missed"],
        refused_packets=refused,
        refused_bytes=of["refused_bytes"],
        lost=lost,
        gap_sec=of["gap_ms"] / 1_000,
        uninspected_sec=of["uninspected_ms"] / 1_000,
        drop_rate=_share(refused + lost, packets + lost),
        missed_rate=_share(of["missed"], packets),
    )


def _share(part: int, whole: int) -> float:
    return min(1.0, part / whole) if whole else 0.0
