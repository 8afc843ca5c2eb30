"""The newest row of many lines at once: a seek for each."""

from array import array
from collections.abc import Sequence

import apsw

from forepost.controller.series.lines import Lines
from forepost.controller.series.payloads import Unpacker
from forepost.controller.series.port import Find, Row
from forepost.controller.series.schema import DAY_US, SKEWED, days_of, on, snapshot
from forepost.controller.series.search import HEADS, SELECT, row_of

_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1
_NEWEST = SELECT + " WHERE line = ? AND created_us = ? ORDER BY identity DESC LIMIT 1"


def newest(
    connection: apsw.Connection,
    unpacker: Unpacker,
    lines: Lines,
    streams: Sequence[int],
    from_us: int,
    to_us: int,
) -> list[Row]:
    known = {line.line: line for line in lines.matching(Find(streams=streams))}
    low, high = max(from_us, _LEAST), min(to_us, _GREATEST)
    found: dict[int, tuple[int, int]] = {}
    with snapshot(connection):
        waiting = array("q", known)
        for day in reversed(days_of(connection, low // DAY_US, high // DAY_US)):
            for line, us in _heads(connection, day, waiting, low, high):
                found[line] = (us, day)
            waiting = array("q", (line for line in waiting if line not in found))
        for line, us in _heads(connection, SKEWED, array("q", known), low, high):
            found[line] = max(found.get(line, (us, SKEWED)), (us, SKEWED))
        return [
            row_of(connection, unpacker, known, row)
            for line, (us, partition) in found.items()
            for row in connection.execute(on(partition, _NEWEST), (partition, line, us))
        ]


def _heads(
    connection: apsw.Connection, partition: int, lines: "array[int]", low: int, high: int
) -> list[tuple[int, int]]:
    """Line and time of its newest row in the partition."""
    if not lines:
        return []
    rows = connection.execute(on(partition, HEADS) % "DESC", (low, high, apsw.carray(lines)))
    return [(line, us) for line, us in rows if us is not None]
