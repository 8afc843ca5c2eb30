"""How the lines of one stream were over time, in runs of results that are alike."""

import heapq
from collections.abc import Iterable, Iterator
from typing import Any, Final

import apsw

from forepost.controller.series.lines import KnownLines, Lines
from forepost.controller.series.payloads import Unpacker
from forepost.controller.series.port import Measured, Run, Trace, TraceOf
from forepost.controller.series.schema import DAY_US, days_of, on, snapshot

_ROWS: Final = (
    "SELECT created_us, rtt_ms, jitter_ms, loss_pct, mos, sent, payload FROM m_@"
    " WHERE line = ? AND created_us >= ? AND created_us < ? ORDER BY created_us"
)


def traces(
    connection: apsw.Connection, unpacker: Unpacker, lines: Lines, query: TraceOf
) -> list[Trace]:
    """Rows whose time cannot be true are left out."""
    curves: dict[tuple[int, str, str, int], list[KnownLines]] = {}
    for line in lines.of_stream(query.stream):
        of = line.of
        curves.setdefault((line.agent_id, of.type, of.target, of.target_agent), []).append(line)
    with snapshot(connection):
        return [
            Trace(
                agent_id=agent_id,
                type=type_,
                target=target,
                target_agent=target_agent,
                runs=list(_runs(connection, unpacker, those, query)),
            )
            for (agent_id, type_, target, target_agent), those in sorted(curves.items())
        ]


def _runs(
    connection: apsw.Connection, unpacker: Unpacker, lines: list[KnownLines], query: TraceOf
) -> Iterator[Run]:
    kind = lines[0].of.type
    gap_us = query.gap_us(kind)
    first_us = last_us = count = 0
    state = ""
    for day in days_of(connection, query.from_us // DAY_US, (query.to_us - 1) // DAY_US):
        for row in _of_day(connection, day, lines, query):
            now_us = row[0]

            def payload(day: int = day, number: int = row[6]) -> bytes:
                sql = on(day, "SELECT body FROM p_@ WHERE id = ?")
                return unpacker.unpack(connection.execute(sql, (number,)).get)

            is_now = query.judge(kind, Measured(*row[1:6]), payload)
            if count and is_now == state and now_us - last_us <= gap_us:
                last_us = now_us
                count += 1
                continue
            if count:
                yield Run(first_us, last_us, state, count)
            first_us, last_us, state, count = now_us, now_us, is_now, 1
    if count:
        yield Run(first_us, last_us, state, count)


def _of_day(
    connection: apsw.Connection, day: int, lines: list[KnownLines], query: TraceOf
) -> Iterable[tuple[Any, ...]]:
    sql = on(day, _ROWS)
    found = [
        connection.cursor().execute(sql, (line.line, query.from_us, query.to_us)) for line in lines
    ]
    return found[0] if len(found) == 1 else heapq.merge(*found, key=lambda row: row[0])
