"""Charts, from roll-ups as far as they go and from rows for the rest: a chart misses no row."""

from collections.abc import Iterator
from itertools import groupby
from statistics import fmean, pstdev
from typing import NamedTuple

import apsw

from forepost.controller.series.lines import Lines
from forepost.controller.series.port import ChartOf, Spread, SpreadOf
from forepost.controller.series.rollup import SPARSE, ResultSums, Tally, rank, width_sec
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
from forepost.wire.rest.bodies import Line

_DAY_HOURS = 24
_FAR_US = 1 << 62

_ROLLED = (
    "SELECT start, results, rtts, rtt_sum, rtt_min, rtt_max, losses, loss_sum, histogram"
    " FROM r_@ WHERE line = ? AND step = ? AND start >= ? AND start < ?"
)
_SPARSE_HOURS = (
    "SELECT start FROM r_@ WHERE line = ? AND step = ? AND start >= ? AND start < ?"
    " AND results <= ?"
)

Curve = tuple[int, str, str, int]
"""agent_id, type, target, target_agent"""


class _Span(NamedTuple):
    """What a chart covers: whole buckets."""

    low_us: int
    high_us: int
    """Not included."""
    width_us: int


def chart(
    connection: apsw.Connection, lines: Lines, query: ChartOf, *, raw: bool = False
) -> tuple[int, list[Line]]:
    """`raw`: from rows alone, to compare with."""
    # Nothing was measured before 1970; no date is after _FAR_US.
    from_sec = max(query.from_us, 0) // SECOND_US
    to_sec = min(query.to_us, _FAR_US) // SECOND_US
    if to_sec < from_sec:
        return 1, []
    width = query.bucket_sec or width_sec(from_sec, to_sec, max(query.points, 1))
    low_sec, high_sec = from_sec // width * width, (to_sec // width + 1) * width
    span = _Span(low_sec * SECOND_US, high_sec * SECOND_US, width * SECOND_US)
    step = next((s for s in (HOUR_SEC, MINUTE_SEC) if width % s == 0 and not raw), None)
    curves: dict[Curve, dict[int, Tally]] = {}
    with snapshot(connection):
        reader = _Reader(connection, span, step)
        for line in lines.of_stream(query.stream):
            of = line.of
            if query.type is None or of.type == query.type:
                curve = (line.agent_id, of.type, of.target, of.target_agent)
                reader.read(line.line, curves.setdefault(curve, {}))
    return width, [
        Line(
            agent_id=agent_id,
            type=type_,
            target=target,
            target_agent=target_agent,
            points=[
                buckets[bucket].point(bucket * width)
                for bucket in sorted(buckets)
                if buckets[bucket].results
            ],
        )
        for (agent_id, type_, target, target_agent), buckets in sorted(curves.items())
        if any(tally.results for tally in buckets.values())
    ]


def spread(connection: apsw.Connection, lines: Lines, query: SpreadOf) -> list[Spread]:
    low, high = max(query.from_us, 0) // HOUR_US, -(-min(query.to_us, _FAR_US) // HOUR_US)
    if high <= low:
        return []
    span = _Span(low * HOUR_US, high * HOUR_US, HOUR_US)
    curves: dict[Curve, dict[int, Tally]] = {}
    with snapshot(connection):
        reader = _Reader(connection, span, HOUR_SEC)
        for line in lines.of_stream(query.stream):
            of = line.of
            curve = (line.agent_id, of.type, of.target, of.target_agent)
            reader.read(line.line, curves.setdefault(curve, {}))
    return [
        _spread(curve, list(hours.values()), query.share)
        for curve, hours in sorted(curves.items())
        if any(tally.results for tally in hours.values())
    ]


def _spread(curve: Curve, hours: list[Tally], share: float) -> Spread:
    whole = Tally()
    for hour in hours:
        whole.merge(hour.sums())
    losses = sorted(hour.loss_sum / hour.losses for hour in hours if hour.losses)
    agent_id, type_, target, target_agent = curve
    return Spread(
        agent_id=agent_id,
        type=type_,
        target=target,
        target_agent=target_agent,
        rtts=whole.rtts,
        rtt_mean_ms=whole.mean or 0.0,
        rtt_stddev_ms=whole.deviation() or 0.0,
        rtt_percentile_ms=whole.percentile(share) or 0.0,
        losses=whole.losses,
        loss_mean=fmean(losses) if losses else 0.0,
        loss_stddev=pstdev(losses) if losses else 0.0,
        loss_percentile=losses[rank(share, len(losses))] if losses else 0.0,
    )


class _Reader:
    """Reads one line after the other into buckets, by the number of the bucket since 1970."""

    def __init__(self, connection: apsw.Connection, span: _Span, step: int | None) -> None:
        self._connection = connection
        self._span = span
        self._step = step
        self._low_hour, self._high_hour = span.low_us // HOUR_US, -(-span.high_us // HOUR_US)
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
        width = self._span.width_us // SECOND_US
        found = self._connection.execute(
            on(day, _ROLLED),
            (line, self._step, hours[0] * HOUR_SEC, hours[1] * HOUR_SEC),
        )
        low, high = self._span.low_us // SECOND_US, self._span.high_us // SECOND_US
        for start, *sums in found:
            if low <= start < high and start // HOUR_SEC not in without:
                _bucket(buckets, start // width).merge(ResultSums(*sums))

    def _add_rows(
        self, line: int, partition: int, hours: tuple[int, int], buckets: dict[int, Tally]
    ) -> None:
        span = self._span
        low, high = max(hours[0] * HOUR_US, span.low_us), min(hours[1] * HOUR_US, span.high_us)
        found = self._connection.execute(
            on(partition, POINTS),
            (line, low, high),
        )
        for number, rows in groupby(found, lambda row: row[0] // span.width_us):
            _bucket(buckets, number).add_all(row[1:] for row in rows)


def _runs(hours: set[int]) -> Iterator[tuple[int, int]]:
    """Hours that follow each other, as (first, end)."""
    ordered = sorted(hours)
    first = 0
    for place in range(1, len(ordered) + 1):
        if place == len(ordered) or ordered[place] != ordered[place - 1] + 1:
            yield ordered[first], ordered[place - 1] + 1
            first = place


def _bucket(buckets: dict[int, Tally], number: int) -> Tally:
    tally = buckets.get(number)
    if tally is None:
        tally = buckets[number] = Tally()
    return tally
