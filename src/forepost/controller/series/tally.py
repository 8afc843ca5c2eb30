"""The sums of one bucket of a chart, being added up: packets, rounds, least and greatest.

A result that says how many packets it sent and received counts by packets; one that does not (of
before they were kept, or of an agent that leaves them out) is a round. Where both are in one
bucket, a round weighs as much as the mean of the others. Nothing here knows where the sums are
kept.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import mul
from typing import Any, Final

from forepost.controller.series.packets import MIDDLE_MS
from forepost.controller.series.sums import Moments, PacketTally, Result, ResultSums, RoundTally
from forepost.wire.rest.bodies import Point

_ROUNDING: Final = 1e-6
"""What is left over when fractions are added up."""


class Tally:
    __slots__ = (
        *("by_packets", "by_rounds", "results", "rtt_max", "rtt_min"),
        *("jitter_max", "jitter_sum", "jitters", "mos_min", "mos_sum", "scores"),
    )

    def __init__(self) -> None:
        self.results = 0
        self.rtt_min, self.rtt_max = math.inf, -math.inf
        self.by_packets, self.by_rounds = PacketTally(), RoundTally()
        self.jitters = self.scores = 0
        self.jitter_sum = self.mos_sum = 0.0
        self.jitter_max, self.mos_min = -math.inf, math.inf

    def add(self, result: Result) -> None:
        self.add_all((result,))

    def add_all(self, results: Iterable[Result]) -> None:
        """A result without RTT and loss is no point of a chart, and is not counted."""
        rows = [row for row in results if row[0] is not None or row[4] is not None]
        if not rows:
            return
        columns: Sequence[Sequence[Any]] = tuple(zip(*rows, strict=True))
        rtts, lows, highs, jitters, _, scores, sent, received, _ = columns
        # Nearly always all of them are there; whether one is missing is seen by adding them up.
        try:
            least, greatest = min(*rtts, *lows), max(*rtts, *highs)
            all_sent, all_received = sum(sent), sum(received)
            weights = received if 0 not in received else [packets or 1 for packets in received]
            jitter_sum = sum(map(mul, jitters, weights))
        except TypeError:
            self._add_incomplete(rows, columns)
            return
        self.results += len(rows)
        self.rtt_min, self.rtt_max = min(self.rtt_min, least), max(self.rtt_max, greatest)
        packets = self.by_packets
        packets.counted += len(rows)
        packets.sent += all_sent
        packets.received += all_received
        packets.add_rtts(rows, columns[-1])
        self.jitters += sum(weights)
        self.jitter_sum += jitter_sum
        self.jitter_max = max(self.jitter_max, *jitters)
        self._add_scores(scores, weights)

    def _add_incomplete(self, rows: list[Result], columns: Sequence[Sequence[Any]]) -> None:
        self.results += len(rows)
        _, _, _, jitters, _, scores, _, received, _ = columns
        answered = [row for row in rows if row[0] is not None]
        if answered:
            # The round's own extremes, but never a least that is above the RTT itself.
            rtts = [row[0] for row in answered]
            lows = [row[1] for row in answered if row[1] is not None]
            highs = [row[2] for row in answered if row[2] is not None]
            self.rtt_min = min(self.rtt_min, *rtts, *lows)
            self.rtt_max = max(self.rtt_max, *rtts, *highs)
        counted = [row for row in rows if row[6] is not None]
        if counted:
            packets = self.by_packets
            packets.counted += len(counted)
            packets.sent += sum([row[6] for row in counted])
            packets.received += sum([row[7] for row in counted])
            packets.add_rtts(counted, [row[8] for row in counted])
        if len(counted) != len(rows):
            self.by_rounds.add_all([row for row in rows if row[6] is None])
        weights = [packets or 1 for packets in received]
        known = [(one, n) for one, n in zip(jitters, weights, strict=True) if one is not None]
        if known:
            self.jitters += sum([weight for _, weight in known])
            self.jitter_sum += sum([jitter * weight for jitter, weight in known])
            self.jitter_max = max(self.jitter_max, *[jitter for jitter, _ in known])
        self._add_scores(scores, weights)

    def _add_scores(self, scores: Sequence[float | None], weights: Sequence[int]) -> None:
        known = [(one, n) for one, n in zip(scores, weights, strict=True) if one is not None]
        if known:
            self.scores += sum([weight for _, weight in known])
            self.mos_sum += sum([mos * weight for mos, weight in known])
            self.mos_min = min(self.mos_min, *[mos for mos, _ in known])

    def merge(self, sums: ResultSums) -> None:
        self.results += sums.results
        if sums.rtt_min is not None and sums.rtt_max is not None:
            self.rtt_min = min(self.rtt_min, sums.rtt_min)
            self.rtt_max = max(self.rtt_max, sums.rtt_max)
        if sums.counted:
            self.by_packets.merge(sums)
        if sums.counted != sums.results:
            self.by_rounds.merge(sums)
        if sums.jitter_max is not None:
            self.jitters += sums.jitters
            self.jitter_sum += sums.jitter_sum
            self.jitter_max = max(self.jitter_max, sums.jitter_max)
        if sums.mos_min is not None:
            self.scores += sums.scores
            self.mos_sum += sums.mos_sum
            self.mos_min = min(self.mos_min, sums.mos_min)

    def sums(self) -> ResultSums:
        packets, rounds = self.by_packets, self.by_rounds
        total, squares, _ = packets.moments()
        has_rtt = self.rtt_min <= self.rtt_max
        return ResultSums(
            results=self.results,
            rtts=rounds.rtts,
            rtt_sum=rounds.rtt_sum,
            rtt_min=self.rtt_min if has_rtt else None,
            rtt_max=self.rtt_max if has_rtt else None,
            losses=rounds.losses,
            loss_sum=rounds.loss_sum,
            histogram=rounds.histogram(),
            counted=packets.counted,
            answered=packets.answered,
            sent=packets.sent,
            received=packets.received,
            packets=packets.packets,
            packet_sum=total,
            packet_squares=squares,
            packet_histogram=packets.histogram(),
            jitters=self.jitters,
            jitter_sum=self.jitter_sum,
            jitter_max=self.jitter_max if self.jitters else None,
            scores=self.scores,
            mos_sum=self.mos_sum,
            mos_min=self.mos_min if self.scores else None,
        )

    @property
    def answered(self) -> int:
        """Results that have an RTT."""
        return self.by_packets.answered + self.by_rounds.rtts

    @property
    def with_loss(self) -> int:
        """Results that say how much was lost."""
        return self.by_packets.counted + self.by_rounds.losses

    def percentiles(self, *shares: float) -> list[float | None]:
        """`shares` from 0 to 1; ms, None where there is no RTT."""
        values, reached = self._ladder()
        if not values:
            return [None] * len(shares)
        found: list[float | None] = []
        for share in shares:
            nearest_rank = max(math.ceil(share * reached[-1] - _ROUNDING), 1)
            place = min(bisect_left(reached, nearest_rank - _ROUNDING), len(values) - 1)
            found.append(min(max(values[place], self.rtt_min), self.rtt_max))
        return found

    def _ladder(self) -> tuple[Sequence[float], Sequence[float]]:
        """Values in order, and how many RTTs there are up to each."""
        if not self.by_rounds.rtts and (counts := self.by_packets.counts()) is not None:
            buckets = sorted(counts)
            values = [MIDDLE_MS[bucket] for bucket in buckets]
            return values, list(accumulate(map(counts.__getitem__, buckets)))
        weights = self.by_packets.weights()
        if self.by_rounds.rtts:
            self.by_rounds.weigh(weights, self.by_packets.round_packets)
        ordered = sorted(weights)
        return ordered, list(accumulate(map(weights.__getitem__, ordered)))

    def percentile(self, share: float) -> float | None:
        return self.percentiles(share)[0]

    def mean_and_deviation(self) -> tuple[float, float] | None:
        """In ms; None where there is no RTT. Each value may be as far off as the histogram that it
        is in.
        """
        total, squares, weight = self._moments()
        if not weight:
            return None
        # Of values that are nearly known, it must not be outside of them.
        mean = min(max(total / weight, self.rtt_min), self.rtt_max)
        return mean, math.sqrt(max(squares / weight - (total / weight) ** 2, 0.0))

    @property
    def loss_pct(self) -> float | None:
        packets, rounds = self.by_packets, self.by_rounds
        lost, sent = float(packets.sent - packets.received), float(packets.sent)
        if rounds.losses:
            weight = packets.sent / packets.counted if packets.counted else 1.0
            lost += weight * rounds.loss_sum / 100
            sent += weight * rounds.losses
        return 100 * lost / sent if sent else None

    def point(self, start_sec: int) -> Point:
        middle, high = self.percentiles(0.5, 0.95)
        mean, deviation = self.mean_and_deviation() or (None, None)
        packets = self.by_packets
        is_counted = packets.counted == self.results
        return Point(
            time=start_sec,
            count=self.results,
            sent=packets.sent if is_counted else None,
            received=packets.received if is_counted else None,
            rtt_min_ms=None if mean is None else self.rtt_min,
            rtt_mean_ms=mean,
            rtt_stddev_ms=deviation,
            rtt_p50_ms=middle,
            rtt_p95_ms=high,
            rtt_max_ms=None if mean is None else self.rtt_max,
            loss_pct=self.loss_pct,
            jitter_ms=self.jitter_sum / self.jitters if self.jitters else None,
            jitter_max_ms=self.jitter_max if self.jitters else None,
            mos=self.mos_sum / self.scores if self.scores else None,
            mos_min=self.mos_min if self.scores else None,
        )

    def _moments(self) -> Moments:
        by_packets = self.by_packets.moments()
        if not self.by_rounds.rtts:
            return by_packets
        by_rounds = self.by_rounds.moments(self.by_packets.round_packets)
        total, squares, weight = map(sum, zip(by_packets, by_rounds, strict=True))
        return total, squares, weight
