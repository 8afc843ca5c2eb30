"""Rows in the order in which they came, for whoever reads all of them a page at a time.

A row that was made shortly before it was received is found by its time of creation. One that came
late, or whose clock was ahead, and one whose time of receipt is not after that of an earlier commit
(the controller's clock was set back), is noted in a log of its own when it is stored. Both grow at
their end only, so a place in each says what has been read, whatever is stored meanwhile. Rows of
before there was a log come first, in the order of their key: none is added to them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import apsw
import msgspec

from forepost.controller.series.lines import KnownLines, Lines, load_after
from forepost.controller.series.payloads import Unpacker
from forepost.controller.series.port import Arrived, Find, Key, PageOf, Place, Row, size_of
from forepost.controller.series.schema import (
    DAY_US,
    LAST_US,
    SECOND_US,
    SKEWED,
    days_of,
    on,
    snapshot,
)
from forepost.controller.series.search import SELECT, Found, row_of

ON_TIME_US: Final = 300 * SECOND_US
AHEAD_US: Final = 60 * SECOND_US
"""A row is on time that was made so long before it was received, or after."""
_FIRST_US, _LEAST_US = 60 * SECOND_US, 1
"""Of a span of time that is looked through at once."""
_LOG_ROWS = 1_000
_GREATEST = (1 << 63) - 1

_IN_TIME: Final = (
    f" WHERE line = ? AND created_us BETWEEN ? AND ? AND delay_us BETWEEN {-AHEAD_US} AND"
    f" {ON_TIME_US} AND created_us + delay_us >= ? AND created_us + delay_us < ? LIMIT ?"
)
_OF_BEFORE: Final = (
    " WHERE line = ? AND (created_us, identity) > (?, ?) AND created_us + delay_us <= ?"
    " ORDER BY created_us, identity LIMIT ?"
)
_ONE: Final = " WHERE line = ? AND created_us = ? AND identity = ?"
_LOGGED: Final = (
    "SELECT EXISTS (SELECT 1 FROM late WHERE line = ? AND created_us = ? AND identity = ?)"
)


class ArrivalLog:
    """For the writer: notes what comes out of order."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._until_us = self._pending_us = int(connection.execute("SELECT us FROM arrived").get)

    def note(self, partition: int, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows of one partition, as they were stored; inside the transaction."""
        if not rows:
            return
        until_us = self._until_us
        delays = [row[4] for row in rows]
        received = [row[1] + row[4] for row in rows]
        if min(delays) >= -AHEAD_US and max(delays) <= ON_TIME_US and min(received) > until_us:
            self._pending_us = max(self._pending_us, *received)
            return
        late = [
            (partition, *row[:3], -AHEAD_US <= row[4] <= ON_TIME_US)
            for row in rows
            if not -AHEAD_US <= row[4] <= ON_TIME_US or row[1] + row[4] <= until_us
        ]
        if late:
            self._connection.executemany(
                "INSERT OR REPLACE INTO late (day, line, created_us, identity, on_time)"
                " VALUES (?, ?, ?, ?, ?)",
                late,
            )
        if len(late) != len(rows):
            newest_us = max([row[1] + row[4] for row in rows if -AHEAD_US <= row[4] <= ON_TIME_US])
            self._pending_us = max(self._pending_us, newest_us)

    def save(self) -> None:
        """Inside the transaction, after all partitions."""
        if self._pending_us != self._until_us:
            self._connection.execute("UPDATE arrived SET us = ?", (self._pending_us,))

    def settle(self) -> None:
        self._until_us = self._pending_us

    def revert(self) -> None:
        self._pending_us = self._until_us


def page(connection: apsw.Connection, unpacker: Unpacker, lines: Lines, query: PageOf) -> Arrived:
    with snapshot(connection):
        known = _known(connection, lines, query.streams)
        return _Pages(connection, unpacker, known, lines, query).read()


def _known(
    connection: apsw.Connection, lines: Lines, streams: Sequence[int]
) -> dict[int, KnownLines]:
    """Return all lines that have rows in this snapshot: one that was made just now may be in it
    before it is in RAM, and its rows would be passed over.
    """
    known_until = lines.published
    newer = load_after(connection, known_until)
    known = {line.line: line for line in lines.matching(Find(streams=streams))}
    wanted = frozenset(streams)
    return known | {line.line: line for line in newer if line.stream in wanted}


class _Pages:
    def __init__(
        self,
        connection: apsw.Connection,
        unpacker: Unpacker,
        known: dict[int, KnownLines],
        lines: Lines,
        query: PageOf,
    ) -> None:
        self._connection = connection
        self._unpacker = unpacker
        self._known, self._lines = known, lines
        self._left, self._left_bytes = query.limit, query.most_bytes
        until_us, since_us = next(iter(connection.execute("SELECT us, since_us FROM arrived")))
        self._until_us, self._since_us = int(until_us), int(since_us)
        self._last_logged = int(connection.execute("SELECT max(seq) FROM late").get or 0)
        self._has_stragglers = bool(
            connection.execute("SELECT EXISTS (SELECT 1 FROM late WHERE on_time = 1)").get
        )
        start: Place | None = query.after
        if start is None:
            before = (SKEWED - 1, 0, 0, 0) if self._since_us else None
            start = Place(before, (self._since_us, _GREATEST, _GREATEST, _GREATEST), 0)
        self._at = start
        self._rows: list[Row] = []

    @property
    def is_of_another_store(self) -> bool:
        """Whether more has been read than there ever was: a store was put back from a backup."""
        highest = self._connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'late'"
        ).get
        return self._at.came[0] > self._until_us or self._at.logged > int(highest or 0)

    def read(self) -> Arrived:
        if self.is_of_another_store:
            return Arrived(rows=[], next=None)
        if self._at.before is not None:
            self._read_before()
        if self._at.before is None:
            self._read_since()
        self._rows.sort(key=lambda row: (row.received_us, row.identity))
        return Arrived(rows=self._rows, next=self._at)

    def _has_room(self) -> bool:
        return self._left > 0 and self._left_bytes > 0

    def _take(self, found: Found) -> None:
        row = row_of(self._connection, self._unpacker, self._known, found)
        self._rows.append(row)
        self._left -= 1
        self._left_bytes -= size_of(row)

    def _read_before(self) -> None:
        assert self._at.before is not None
        from_day, from_line, created_us, identity = self._at.before
        after = (created_us, identity)
        days = [SKEWED, *days_of(self._connection, 0, LAST_US // DAY_US)]
        for day in (day for day in days if day >= from_day):
            sql = on(day, SELECT + _OF_BEFORE)
            for line in sorted(self._known):
                if day == from_day and line < from_line:
                    continue
                at = after if (day, line) == (from_day, from_line) else (-_GREATEST, -1)
                while True:
                    values = (day, line, *at, self._since_us, self._left)
                    found: list[Found] = self._connection.execute(sql, values).fetchall()
                    for row in found:
                        at = row[0], row[1]
                        self._at = msgspec.structs.replace(self._at, before=(day, line, *at))
                        if not self._is_logged(row):
                            self._take(row)
                        if not self._has_room():
                            return
                    if not found:
                        break
        self._at = msgspec.structs.replace(self._at, before=None)

    def _read_since(self) -> None:
        """By the time of receipt, as far as both are in that order."""
        logged, in_time = self._logged(), self._in_time()
        entry, came = next(logged, None), next(in_time, None)
        while self._has_room() and (entry or came):
            if came is None or (entry is not None and entry[0] <= came[0][0]):
                assert entry is not None
                _, seq, row = entry
                self._at = msgspec.structs.replace(self._at, logged=seq)
                entry = next(logged, None)
            else:
                key, row = came
                self._at = msgspec.structs.replace(self._at, came=key)
                came = next(in_time, None)
            if row is not None:
                self._take(row)

    def _logged(self) -> Iterator[tuple[int, int, Found | None]]:
        """When it was received, number, and the row, unless that is gone or another workspace's."""
        at = self._at.logged
        while at < self._last_logged:
            entries: list[tuple[Any, ...]] = self._connection.execute(
                "SELECT seq, day, line, created_us, identity FROM late WHERE seq > ?"
                " ORDER BY seq LIMIT ?",
                (at, _LOG_ROWS),
            ).fetchall()
            if not entries:
                return
            for at, day, *key in entries:
                row = self._row_at(day, key) if key[0] in self._known else None
                yield (-_GREATEST if row is None else row[0] + row[5]), at, row

    def _row_at(self, day: int, key: Sequence[int]) -> Found | None:
        if day != SKEWED and not days_of(self._connection, day, day):
            return None
        return next(iter(self._connection.execute(on(day, SELECT + _ONE), (day, *key))), None)

    def _in_time(self) -> Iterator[tuple[Key, Found | None]]:
        """Rows, and places up to which there is none."""
        came, width_us, end_us = self._at.came, _FIRST_US, self._until_us + 1
        while True:
            low_us = came[0] + 1 if came[1] == _GREATEST else came[0]
            if low_us >= end_us:
                return
            high_us = min(low_us + width_us, end_us)
            most = None if high_us - low_us <= _LEAST_US else 4 * max(self._left, 1)
            found = self._between(low_us, high_us, most)
            if found is None:
                width_us = max((high_us - low_us) // 8, _LEAST_US)
                continue
            for key, row in sorted(found):
                if key > came:
                    is_logged = self._has_stragglers and self._is_logged(row)
                    yield key, None if is_logged else row
            came = (high_us - 1, _GREATEST, _GREATEST, _GREATEST)
            yield came, None
            width_us *= 2

    def _between(
        self, low_us: int, high_us: int, most: int | None
    ) -> list[tuple[Key, Found]] | None:
        """What was received then; None: more than wanted."""
        from_us, to_us = low_us - ON_TIME_US, high_us + AHEAD_US
        found: list[tuple[Key, Found]] = []
        lines = list(self._awake(from_us))
        for day in days_of(self._connection, from_us // DAY_US, to_us // DAY_US):
            sql = on(day, SELECT + _IN_TIME)
            for line in lines:
                room = -1 if most is None else most - len(found) + 1
                values = (day, line, from_us, to_us, low_us, high_us, room)
                rows: Iterable[Found] = self._connection.execute(sql, values)
                found += [((row[0] + row[5], row[1], row[2], row[0]), row) for row in rows]
                if most is not None and len(found) > most:
                    return None
        return found

    def _awake(self, from_us: int) -> Iterator[int]:
        """Lines that have rows as new."""
        of = self._lines.recency.of
        for line in self._known:
            newest_us = of(line)
            if newest_us is None or newest_us >= from_us:
                yield line

    def _is_logged(self, row: Found) -> bool:
        return bool(self._connection.execute(_LOGGED, (row[2], row[0], row[1])).get)
