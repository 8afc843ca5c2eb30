"""Keeps the roll-ups up to date, a bounded piece of work at a time.

The unit is one line and one whole hour: its rows are read once, and give the hour and, where they
are many, its minutes. A persisted mark (hour, line) says how far this has come; a row that arrives
behind the mark is noted as dirty in its own transaction, and that whole unit is made again from
the rows. So the roll-ups are exact whatever is replayed, late or killed; what is not rolled up is
read raw.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

import apsw

from forepost.controller.series.rollup import SPARSE
from forepost.controller.series.schema import (
    HOUR_SEC,
    HOUR_US,
    MINUTE_SEC,
    NEXT_LINE,
    POINTS,
    SECOND_US,
    days_of,
    on,
)
from forepost.controller.series.tally import Tally
from forepost.kit.clock import Clock

GRACE_US: Final = 60 * SECOND_US
"""How long after its end an hour is rolled up."""
SWEEP_SEC: Final = 60.0
"""Late rows come in crowds: no unit is made again more often than this."""
TURN_ROWS: Final = 4_000
_TURN_UNITS = 400
_INSERT = (
    "INSERT OR REPLACE INTO r_@ VALUES"
    " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _minute(row: tuple[Any, ...]) -> int:
    created_us: int = row[0]
    return created_us // (MINUTE_SEC * SECOND_US)


class Roller:
    """For the writer's thread. `turn` inside a transaction, and `revert` when it fails."""

    def __init__(self, connection: apsw.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self.mark = self._read_mark()
        self._swept_sec: float | None = None
        self._sweep_from: tuple[int, int] | None = None

    def due(self, *, at_once: bool = False) -> bool:
        """Whether a turn has something to do. `at_once`: without the pause between sweeps."""
        if self.mark[0] < self._end_hour():
            return True
        if self._sweep_from is not None:
            return True
        now_sec = self._clock.monotonic()
        if at_once or self._swept_sec is None or now_sec - self._swept_sec >= SWEEP_SEC:
            self._swept_sec = now_sec
            if self._dirty((0, 0), 1):
                self._sweep_from = (0, 0)
                return True
        return False

    def turn(self) -> None:
        budget = _Budget()
        self._advance(budget)
        if not budget.spent:
            self._sweep(budget)

    def revert(self) -> None:
        """The transaction was rolled back."""
        self.mark = self._read_mark()
        self._sweep_from = None

    def _read_mark(self) -> tuple[int, int]:
        hour, line = self._connection.execute("SELECT hour, line FROM rolled").get
        return int(hour), int(line)

    def _end_hour(self) -> int:
        """Hours before it have ended."""
        now_us = int(self._clock.now().timestamp()) * SECOND_US
        return (now_us - GRACE_US) // HOUR_US

    def _advance(self, budget: "_Budget") -> None:
        end = self._end_hour()
        hour, line = self.mark
        if hour >= end:
            return
        days = days_of(self._connection, hour // 24, end // 24)
        for day in days:
            if hour < day * 24:
                hour, line = day * 24, 0
            while hour < min(end, day * 24 + 24):
                for next_line in self._lines_after(day, line):
                    line = next_line
                    budget.spend(self._roll(line, hour))
                    if budget.spent:
                        self._move((hour, line))
                        return
                hour, line = hour + 1, 0
        self._move((end, 0))

    def _move(self, mark: tuple[int, int]) -> None:
        self._connection.execute("UPDATE rolled SET hour = ?, line = ?", mark)
        self.mark = mark

    def _lines_after(self, day: int, line: int) -> Iterable[int]:
        sql = on(day, NEXT_LINE)
        while (found := self._connection.execute(sql, (line,)).get) is not None:
            line = int(found)
            yield line

    def _dirty(self, after: tuple[int, int], limit: int) -> list[tuple[int, int]]:
        """Dirty (line, hour) whose hour has ended; others are charted from their rows anyway."""
        found = self._connection.execute(
            "SELECT line, hour FROM dirty WHERE (line, hour) > (?, ?) AND hour < ?"
            " ORDER BY line, hour LIMIT ?",
            (*after, self._end_hour(), limit),
        )
        return [(int(line), int(hour)) for line, hour in found]

    def _sweep(self, budget: "_Budget") -> None:
        if self._sweep_from is None:
            return
        units = self._dirty(self._sweep_from, _TURN_UNITS)
        for line, hour in units:
            self._connection.execute("DELETE FROM dirty WHERE line = ? AND hour = ?", (line, hour))
            budget.spend(self._roll(line, hour))
            if budget.spent:
                self._sweep_from = (line, hour)
                return
        self._sweep_from = units[-1] if len(units) == _TURN_UNITS else None

    def _roll(self, line: int, hour: int) -> int:
        """Make one unit from its rows; return how many there were."""
        day = hour // 24
        rows: list[tuple[Any, ...]] = self._connection.execute(
            on(day, POINTS), (line, hour * HOUR_US, (hour + 1) * HOUR_US)
        ).fetchall()
        if not rows:
            return 0
        whole = Tally()
        whole.add_all(row[1:] for row in rows)
        if not whole.results:
            return len(rows)
        made = [(line, HOUR_SEC, hour * HOUR_SEC, *whole.sums())]
        if whole.results > SPARSE:
            for minute, of_minute in groupby(rows, _minute):
                tally = Tally()
                tally.add_all(row[1:] for row in of_minute)
                if tally.results:
                    made.append((line, MINUTE_SEC, minute * MINUTE_SEC, *tally.sums()))
        self._connection.executemany(on(day, _INSERT), made)
        return len(rows)


class _Budget:
    """What one turn may do, so that an add never waits long behind it."""

    def __init__(self) -> None:
        self._rows = 0
        self._units = 0

    def spend(self, rows: int) -> None:
        self._rows += rows
        self._units += 1

    @property
    def spent(self) -> bool:
        return self._rows >= TURN_ROWS or self._units >= _TURN_UNITS
