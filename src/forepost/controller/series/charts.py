"""Charts, from roll-ups as far as they go and from rows for the rest: a chart misses no row."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from statistics import fmean, pstdev
from typing import Final

import apsw

from forepost.controller.series import history
from forepost.controller.series.buckets import Buckets, buckets_of
from forepost.controller.series.lines import KnownLines, Lines
from forepost.controller.series.port import ChartOf, Spread, SpreadOf
from forepost.controller.series.rollup import SPARSE, rank
from forepost.controller.series.schema import (
    HOUR_SEC,
    HOUR_US,
    MINUTE_SEC,
    POINTS,
    SECOND_US,
    SKEWED,
    days_of,
    on,
    snapshot,
)
from forepost.controller.series.sums import ResultSums
from forepost.controller.series.tally import Tally
from forepost.wire.rest.bodies import Chart, Line

_DAY_HOURS = 24
_FAR_US = 1 << 62
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_ROLLED: Final = (
    "SELECT start, results, rtts, rtt_sum, rtt_min, rtt_max, losses, loss_sum, histogram, counted,"
    " answered, sent, received, packets, packet_sum, packet_squares, packet_histogram, jitters,"
    " jitter_sum, jitter_max, scores, mos_sum, mos_min"
    " FROM r_@ WHERE line = ? AND step = ? AND start >= ? AND start < ?"
)
_SPARSE_HOURS = (
    "SELECT start FROM r_@ WHERE line = ? AND step = ? AND start >= ? AND start < ?"
    " AND results <= ?"
)

Curve = tuple[int, str, str, int]
"""agent_id, type, target, target_agent"""


def chart(connection: apsw.Connection, lines: Lines, query: ChartOf, *, raw: bool = False) -> Chart:
    """`raw`: from rows alone, to compare with."""
    # Nothing was measured before 1970; no date is after _FAR_US.
    from_sec = max(query.from_us, 0) // SECOND_US
    to_sec = min(query.to_us, _FAR_US) // SECOND_US
    if to_sec < from_sec:
        return Chart(bucket_sec=1, lines=[])
    if query.as_one:
        buckets = Buckets(to_sec + 1 - from_sec, from_sec, to_sec + 1, (from_sec,), is_one=True)
    else:
        buckets = buckets_of(from_sec, to_sec, max(query.points, 1), query.bucket_sec, query.zone)
    curves: dict[Curve, dict[int, Tally]] = {}
    numbers: dict[Curve, list[int]] = {}
    with snapshot(connection):
        reader = _Reader(connection, buckets, None if raw else buckets.step())
        for line in lines.of_stream(query.stream):
            if query.type is None or line.of.type == query.type:
                curve = _curve(line)
                reader.read(line.line, curves.setdefault(curve, {}))
                numbers.setdefault(curve, []).append(line.line)
        oldest = history.begins(connection, numbers)
        since_us = history.by_packets_since(connection)
    return Chart(
        bucket_sec=buckets.width_sec,
        history_since=_instant(min(oldest.values(), default=None)),
        by_packets_since=_instant(since_us),
        lines=[
            Line(
                agent_id=curve[0],
                type=curve[1],
                target=curve[2],
                target_agent=curve[3],
                history_since=_instant(oldest.get(curve)),
                points=[
                    tallies[start].point(start)
                    for start in sorted(tallies)
                    if tallies[start].results
                ],
            )
            for curve, tallies in sorted(curves.items())
            if any(tally.results for tally in tallies.values())
        ],
    )


def spread(connection: apsw.Connection, lines: Lines, query: SpreadOf) -> list[Spread]:
    low, high = max(query.from_us, 0) // HOUR_US, -(-min(query.to_us, _FAR_US) // HOUR_US)
    if high <= low:
        return []
    buckets = Buckets(HOUR_SEC, low * HOUR_SEC, high * HOUR_SEC)
    curves: dict[Curve, dict[int, Tally]] = {}
    with snapshot(connection):
        reader = _Reader(connection, buckets, HOUR_SEC)
        for line in lines.of_stream(query.stream):
            reader.read(line.line, curves.setdefault(_curve(line), {}))
    wanted = None if query.hours is None else {hour * HOUR_SEC for hour in query.hours}
    found = {
        curve: [
            tally
            for start, tally in hours.items()
            if tally.results and (wanted is None or start in wanted)
        ]
        for curve, hours in curves.items()
    }
    return [_spread(curve, hours, query.share) for curve, hours in sorted(found.items()) if hours]


def _curve(line: KnownLines) -> Curve:
    of = line.of
    return line.agent_id, of.type, of.target, of.target_agent


def _instant(us: int | None) -> datetime | None:
    return None if us is None else _EPOCH + timedelta(microseconds=us)


def _spread(curve: Curve, hours: list[Tally], share: float) -> Spread:
    whole = Tally()
    for hour in hours:
        whole.merge(hour.sums())
    losses = sorted(hour.loss_pct or 0.0 for hour in hours if hour.with_loss)
    mean, deviation = whole.mean_and_deviation() or (0.0, 0.0)
    agent_id, type_, target, target_agent = curve
    return Spread(
        agent_id=agent_id,
        type=type_,
        target=target,
        target_agent=target_agent,
        rtts=whole.answered,
        rtt_mean_ms=mean,
        rtt_stddev_ms=deviation,
        rtt_percentile_ms=whole.percentile(share) or 0.0,
        losses=whole.with_loss,
        loss_mean=fmean(losses) if losses else 0.0,
        loss_stddev=pstdev(losses) if losses else 0.0,
        loss_percentile=losses[rank(share, len(losses))] if losses else 0.0,
        hours=len(hours),
    )


class _Reader:
    """Reads one line after the other into buckets, by the start of the bucket."""

    def __init__(self, connection: apsw.Connection, buckets: Buckets, step: int | None) -> None:
        self._connection = connection
        self._buckets = buckets
        self._step = step
        self._low_hour = buckets.low_sec // HOUR_SEC
        self._high_hour = -(-buckets.high_sec // HOUR_SEC)
        self._cut_hours = {
            second // HOUR_SEC
            for second in (buckets.low_sec, buckets.high_sec)
            if second % HOUR_SEC and buckets.is_one
        }
        """Of which only a part is wanted."""
        last_hour = self._high_hour - 1
        self._days = days_of(connection, self._low_hour // _DAY_HOURS, last_hour // _DAY_HOURS)
        self._mark: tuple[int, int] = connection.execute("SELECT hour, line FROM rolled").get
        self._skewed = bool(connection.execute("SELECT EXISTS (SELECT 1 FROM m_skewed)").get)

    def read(self, line: int, buckets: dict[int, Tally]) -> None:
        hour, last_line = self._mark
        rolled_hour = hour + 1 if line <= last_line else hour
        dirty = self._dirty_hours(line) if self._step else frozenset()
        for day in self._days:
            low = max(day * _DAY_HOURS, self._low_hour)
            high = min((day + 1) * _DAY_HOURS, self._high_hour)
            rolled = max(low, min(high, rolled_hour)) if self._step else low
            as_rows = set(range(rolled, high))
            if rolled > low:
                as_rows |= {late for late in dirty if low <= late < rolled}
                as_rows |= {cut for cut in self._cut_hours if low <= cut < rolled}
                if self._step == MINUTE_SEC:
                    as_rows |= self._sparse_hours(line, day, (low, rolled))
                self._add_rollups(line, day, (low, rolled), as_rows, buckets)
            for first, end in _runs(as_rows):
                self._add_rows(line, day, (first, end), buckets)
        if self._skewed:
            self._add_rows(line, SKEWED, (self._low_hour, self._high_hour), buckets)

    def _sparse_hours(self, line: int, day: int, hours: tuple[int, int]) -> set[int]:
        """Rolled hours that have no minutes."""
        found = self._connection.execute(
            on(day, _SPARSE_HOURS),
            (line, HOUR_SEC, hours[0] * HOUR_SEC, hours[1] * HOUR_SEC, SPARSE),
        )
        return {start // HOUR_SEC for (start,) in found}

    def _dirty_hours(self, line: int) -> frozenset[int]:
        found = self._connection.execute(
            "SELECT hour FROM dirty WHERE line = ? AND hour >= ? AND hour < ?",
            (line, self._low_hour, self._high_hour),
        )
        return frozenset(int(hour) for (hour,) in found)

    def _add_rollups(
        self,
        line: int,
        day: int,
        hours: tuple[int, int],
        without: set[int],
        buckets: dict[int, Tally],
    ) -> None:
        start_of = self._buckets.start_of
        found = self._connection.execute(
            on(day, _ROLLED),
            (line, self._step, hours[0] * HOUR_SEC, hours[1] * HOUR_SEC),
        )
        low, high = self._buckets.low_sec, self._buckets.high_sec
        for start, *sums in found:
            if low <= start < high and start // HOUR_SEC not in without:
                _bucket(buckets, start_of(start)).merge(ResultSums(*sums))

    def _add_rows(
        self, line: int, partition: int, hours: tuple[int, int], buckets: dict[int, Tally]
    ) -> None:
        low = max(hours[0] * HOUR_US, self._buckets.low_us)
        high = min(hours[1] * HOUR_US, self._buckets.high_us)
        start_of = self._buckets.start_of
        found = self._connection.execute(
            on(partition, POINTS),
            (line, low, high),
        )
        for start, rows in groupby(found, lambda row: start_of(row[0] // SECOND_US)):
            _bucket(buckets, start).add_all(row[1:] for row in rows)


def _runs(hours: set[int]) -> Iterator[tuple[int, int]]:
    """Hours that follow each other, as (first, end)."""
    ordered = sorted(hours)
    first = 0
    for place in range(1, len(ordered) + 1):
        if place == len(ordered) or ordered[place] != ordered[place - 1] + 1:
            yield ordered[first], ordered[place - 1] + 1
            first = place


def _bucket(buckets: dict[int, Tally], start: int) -> Tally:
    tally = buckets.get(start)
    if tally is None:
        tally = buckets[start] = Tally()
    return tally
