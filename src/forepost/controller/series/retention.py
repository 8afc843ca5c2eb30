"""Retention: whole days go at once, one type sooner; with them lines that have no rows any more."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import apsw

from forepost.controller.series.ingest import RowIngest
from forepost.controller.series.lines import Lines
from forepost.controller.series.schema import (
    DAY_US,
    NEXT_LINE,
    SKEWED,
    days_of,
    drop_day,
    on,
    transaction,
)

Place = tuple[int, int, int]
"""line, created_us, identity"""
FIRST: Final[Place] = (-1, 0, 0)
DayAndLine = tuple[int, int]
FIRST_DAY: Final[DayAndLine] = (-1, -1)
_THIN_ROWS = 2_000


class Retention:
    """For the writer's thread; each call is a transaction of its own."""

    def __init__(self, connection: apsw.Connection, ingest: RowIngest, lines: Lines) -> None:
        self._connection = connection
        self._ingest = ingest
        self._lines = lines

    def drop_oldest(self, before_us: int) -> bool:
        """Drop the oldest day if all of it is before; whether there was one."""
        day = self._connection.execute("SELECT min(day) FROM days").get
        if day is None or (day + 1) * DAY_US > before_us:
            return False
        with transaction(self._connection):
            lines = list(self._lines_of(day))
            drop_day(self._connection, day)
            gone = self._forget_lines(lines)
        self._ingest.dropped(day)
        self._lines.drop(gone)
        return True

    def thin_skewed(self, before_us: int, after: Place) -> Place | None:
        """Delete skewed rows received before; their own time says nothing.

        Looks at some rows after a place, and returns the place to go on from.
        """
        rows: list[tuple[Any, ...]] = self._connection.execute(
            "SELECT line, created_us, identity, payload, created_us + delay_us FROM m_skewed"
            " WHERE (line, created_us, identity) > (?, ?, ?)"
            " ORDER BY line, created_us, identity LIMIT ?",
            (*after, _THIN_ROWS),
        ).fetchall()
        old = [row for row in rows if row[4] < before_us]
        if old:
            self._delete(SKEWED, old)
        if len(rows) < _THIN_ROWS:
            return None
        line, created_us, identity = rows[-1][:3]
        return line, created_us, identity

    def thin(
        self, type_: str, after: DayAndLine, before_us: int, received_before_us: int
    ) -> tuple[int, DayAndLine | None]:
        """Delete rows of the first line of no probe and of this type that has some in a day whose
        whole is before. Returns how many, and the place to go on after.
        """
        lines = self._lines.of_no_probe(type_)
        for day in days_of(self._connection, after[0], before_us // DAY_US - 1):
            for line in lines:
                if (day, line) > after and (rows := self._old(day, line, received_before_us)):
                    self._delete(day, rows)
                    done = len(rows) < _THIN_ROWS
                    return len(rows), (day, line if done else line - 1)
        return 0, None

    def _old(self, day: int, line: int, received_before_us: int) -> list[tuple[Any, ...]]:
        return self._connection.execute(
            on(
                day,
                "SELECT line, created_us, identity, payload FROM m_@"
                " WHERE line = ? AND created_us + delay_us < ? LIMIT ?",
            ),
            (line, received_before_us, _THIN_ROWS),
        ).fetchall()

    def _delete(self, partition: int, rows: Sequence[tuple[Any, ...]]) -> None:
        """`rows`: place and payload of each."""
        with transaction(self._connection):
            self._connection.executemany(
                on(partition, "DELETE FROM m_@ WHERE line = ? AND created_us = ? AND identity = ?"),
                [row[:3] for row in rows],
            )
            self._connection.executemany(
                on(partition, "DELETE FROM p_@ WHERE id = ?"), [(row[3],) for row in rows]
            )
            self._connection.executemany(
                "DELETE FROM late WHERE line = ? AND created_us = ? AND identity = ?",
                [row[:3] for row in rows],
            )
            gone = self._forget_lines({row[0] for row in rows})
        self._lines.drop(gone)

    def _lines_of(self, day: int) -> Iterable[int]:
        sql = on(day, NEXT_LINE)
        line = -1
        while (found := self._connection.execute(sql, (line,)).get) is not None:
            line = int(found)
            yield line

    def _forget_lines(self, lines: Iterable[int]) -> list[int]:
        newest_first = self._connection.execute("SELECT day FROM days ORDER BY day DESC")
        days = [int(day) for (day,) in newest_first]
        partitions = [*days, SKEWED]
        gone = [line for line in lines if not any(self._has(at, line) for at in partitions)]
        self._connection.executemany("DELETE FROM lines WHERE line = ?", [(line,) for line in gone])
        return gone

    def _has(self, partition: int, line: int) -> bool:
        sql = on(partition, "SELECT EXISTS (SELECT 1 FROM m_@ WHERE line = ?)")
        return bool(self._connection.execute(sql, (line,)).get)
