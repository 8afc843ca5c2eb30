"""The two kinds of sums that a tally has: by packets, and by rounds. Pure."""

import math
from collections.abc import Sequence
from operator import mul
from typing import Any, Final, NamedTuple

from forepost.controller.series import packets as of_packets
from forepost.controller.series.packets import MIDDLE_MS
from forepost.controller.series.rollup import index_of, pack, unpack, value_of

Result = Sequence[Any]
"""Of one result: rtt_ms, rtt_min_ms, rtt_max_ms, jitter_ms, loss_pct, mos, sent, received, rtts."""
Moments = tuple[float, float, float]
"""Sum, sum of squares and number of RTTs in ms."""
NOTHING: Final[Moments] = (0.0, 0.0, 0.0)


class ResultSums(NamedTuple):
    """A tally at rest, in the order of its columns. Histograms are None for one RTT or none."""

    results: int
    rtts: int
    """Rounds that have one; so the five that follow but for least and greatest, which are of all.
    """
    rtt_sum: float
    rtt_min: float | None
    rtt_max: float | None
    losses: int
    loss_sum: float
    histogram: bytes | None
    counted: int
    """Results by packets."""
    answered: int
    """Those of them that have an RTT."""
    sent: int
    received: int
    packets: int
    """That have an RTT."""
    packet_sum: float
    packet_squares: float
    packet_histogram: bytes | None
    jitters: int
    """Packets of the results that have a jitter: its weight."""
    jitter_sum: float
    jitter_max: float | None
    scores: int
    """Packets of the results that have a MOS."""
    mos_sum: float
    mos_min: float | None


class PacketTally:
    """Results that say how many packets they sent and received."""

    __slots__ = (
        *("_histogram", "_known", "_squares", "_sum"),
        *("answered", "counted", "packets", "received", "sent"),
    )

    def __init__(self) -> None:
        self.counted = self.answered = self.sent = self.received = self.packets = 0
        self._known: dict[float, int] = {}
        """RTTs in ms that stand for so many packets each, until they are rolled up."""
        self._histogram: dict[int, int] = {}
        self._sum = self._squares = 0.0
        """Of what is in the histogram."""

    def add_rtts(self, rows: Sequence[Result], rtts: Sequence[bytes | None]) -> None:
        """`rtts`: the last column of the rows."""
        there = [those for those in rtts if those is not None]
        if len(there) != len(rows):
            self._add_known(rows)
        if there:
            self.answered += len(there)
            counts = of_packets.counted_rounds(there)
            values = [MIDDLE_MS[bucket] for bucket in counts]
            parts = list(map(mul, values, counts.values()))
            self._sum += sum(parts)
            self._squares += sum(map(mul, values, parts))
            self.packets += sum(counts.values())
            of_packets.add(self._histogram, counts.items())

    def _add_known(self, rows: Sequence[Result]) -> None:
        for rtt, *_, received, rtts in rows:
            if rtts is None and rtt is not None:
                self.answered += 1
                # An answer that was not as it should be is a loss, and has a time.
                self.packets += received or 1
                self._known[rtt] = self._known.get(rtt, 0) + (received or 1)

    def merge(self, sums: ResultSums) -> None:
        self.counted += sums.counted
        self.answered += sums.answered
        self.sent += sums.sent
        self.received += sums.received
        if not sums.packets:
            return
        self.packets += sums.packets
        if sums.packet_histogram is None:
            value = sums.packet_sum / sums.packets
            self._known[value] = self._known.get(value, 0) + sums.packets
            return
        self._sum += sums.packet_sum
        self._squares += sums.packet_squares
        of_packets.add(self._histogram, of_packets.unpacked(sums.packet_histogram))

    @property
    def round_packets(self) -> float:
        """How many RTTs a result has, in the mean."""
        return self.packets / self.answered if self.answered else 1.0

    def moments(self) -> Moments:
        total, squares = self._sum, self._squares
        for value, count in self._known.items():
            total += value * count
            squares += value * value * count
        return total, squares, self.packets

    def counts(self) -> dict[int, int] | None:
        """How many packets are in each bucket; None: not all of them are in one."""
        return None if self._known else self._histogram

    def weights(self) -> dict[float, float]:
        """How many packets there are of values in ms."""
        weights: dict[float, float] = {MIDDLE_MS[n]: count for n, count in self._histogram.items()}
        for value, count in self._known.items():
            weights[value] = weights.get(value, 0) + count
        return weights

    def histogram(self) -> bytes | None:
        """None: there is no RTT, or one that all have."""
        counts = self._histogram
        if not counts and len(self._known) <= 1:
            return None
        if self._known:
            counts = dict(counts)
            for value, count in self._known.items():
                bucket = of_packets.bucket_of(value)
                counts[bucket] = counts.get(bucket, 0) + count
        return of_packets.packed(counts)


class RoundTally:
    """Results that do not say how many packets they had."""

    __slots__ = ("_histogram", "_values", "loss_sum", "losses", "rtt_sum", "rtts")

    def __init__(self) -> None:
        self.rtts = self.losses = 0
        self.rtt_sum = self.loss_sum = 0.0
        self._values: list[float] = []
        self._histogram: dict[int, int] = {}

    def add_all(self, rows: Sequence[Result]) -> None:
        rtts = [row[0] for row in rows if row[0] is not None]
        self._values += rtts
        self.rtts += len(rtts)
        self.rtt_sum += math.fsum(rtts)
        losses = [row[4] for row in rows if row[4] is not None]
        self.losses += len(losses)
        self.loss_sum += sum(losses)

    def merge(self, sums: ResultSums) -> None:
        self.losses += sums.losses
        self.loss_sum += sums.loss_sum
        if not sums.rtts:
            return
        self.rtts += sums.rtts
        self.rtt_sum += sums.rtt_sum
        if sums.histogram is None:
            self._values.append(sums.rtt_sum)
            return
        mine = self._histogram
        for index, count in unpack(sums.histogram):
            mine[index] = mine.get(index, 0) + count

    def moments(self, weight: float) -> Moments:
        """`weight`: of each round."""
        if not self.rtts:
            return NOTHING
        total = math.fsum(self._values)
        squares = math.fsum(value * value for value in self._values)
        if self._histogram:
            for index, count in self._histogram.items():
                part = count * value_of(index)
                total += part
                squares += part * value_of(index)
            # The sum is exact, the histogram nearly: its squares are moved to where the sum is.
            squares *= (self.rtt_sum / total) ** 2
        return weight * self.rtt_sum, weight * squares, weight * self.rtts

    def weigh(self, weights: dict[float, float], weight: float) -> None:
        for value in self._values:
            weights[value] = weights.get(value, 0) + weight
        for index, count in self._histogram.items():
            value = value_of(index)
            weights[value] = weights.get(value, 0) + weight * count

    def histogram(self) -> bytes | None:
        if self.rtts <= 1:
            return None
        counts = dict(self._histogram)
        for value in self._values:
            index = index_of(value)
            counts[index] = counts.get(index, 0) + 1
        return pack(counts)
