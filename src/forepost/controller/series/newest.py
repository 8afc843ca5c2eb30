"""The newest row of many lines at once: a seek for each."""

from collections.abc import Sequence

import apsw

from forepost.controller.series.lines import Lines
from forepost.controller.series.payloads import Unpacker
from forepost.controller.series.port import Find, Row
from forepost.controller.series.schema import DAY_US, SKEWED, days_of, on, snapshot
from forepost.controller.series.search import SELECT, heads, row_of

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
        waiting = list(known)
        for day in reversed(days_of(connection, low // DAY_US, high // DAY_US)):
            for us, line in heads(connection, day, waiting, low, high, "DESC"):
                found[line] = (us, day)
            waiting = [line for line in waiting if line not in found]
        for us, line in heads(connection, SKEWED, known, low, high, "DESC"):
            found[line] = max(found.get(line, (us, SKEWED)), (us, SKEWED))
        return [
            row_of(connection, unpacker, known, row)
            for line, (us, partition) in found.items()
            for row in connection.execute(on(partition, _NEWEST), (partition, line, us))
        ]
