"""Rows by time over many lines and days, reading little more than what is returned."""

import heapq
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, Final

import apsw
import msgspec
from msgspec.structs import replace

from forepost.controller.series.lines import KnownLines, Lines, Of, admits
from forepost.controller.series.payloads import Unpacker
from forepost.controller.series.port import Find, Row, size_of
from forepost.controller.series.recency import NEVER, Recency
from forepost.controller.series.schema import (
    DAY_US,
    LAST_US,
    NEXT_LINE,
    SKEWED,
    days_of,
    on,
    snapshot,
)
from forepost.kit.errors import Invalid

Found = tuple[Any, ...]
"""created_us, identity, line, partition: these order a row, name it; then what `row_of` reads."""

_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1
_FIRST_FEW = 8
SELECT: Final = (
    "SELECT created_us, identity, line, ?, payload, delay_us, triggered, reason, own,"
    " rtt_ms, rtt_min_ms, rtt_max_ms, jitter_ms, loss_pct, mos, sent, received, rtts FROM m_@"
)
_HEADS: Final = (
    "SELECT value, (SELECT created_us FROM m_@ WHERE line = value"
    " AND created_us BETWEEN ? AND ? ORDER BY created_us %s LIMIT 1) FROM carray(?)"
)


def find(connection: apsw.Connection, unpacker: Unpacker, lines: Lines, query: Find) -> list[Row]:
    known = {line.line: line for line in lines.matching(query)}
    low = _LEAST if query.from_us is None else max(query.from_us, _LEAST)
    high = _GREATEST if query.to_us is None else min(query.to_us, _GREATEST)
    if not known or low > high or query.limit <= 0:
        return []
    with snapshot(connection):
        search = _Search(connection, known, lines.recency, query, low, high)
        chosen = search.sparse() if query.every_us else search.run()
        rows = (row_of(connection, unpacker, known, found) for found in chosen)
        return list(rows if query.most_bytes is None else _bounded(rows, query.most_bytes))


def _bounded(rows: Iterable[Row], most_bytes: int) -> Iterator[Row]:
    left = most_bytes
    for row in rows:
        left -= size_of(row)
        if left < 0:
            raise Invalid(
                f"these rows have more than {most_bytes} bytes: ask for fewer (limit), or for a"
                " shorter time (from, to)"
            )
        yield row


class _Search:
    def __init__(
        self,
        connection: apsw.Connection,
        known: dict[int, KnownLines],
        recency: Recency,
        query: Find,
        low: int,
        high: int,
    ) -> None:
        self._connection = connection
        self._known = known
        self._recency = recency
        self._query = query
        self._low, self._high = low, high
        self._filter_rows = any(line.shared for line in known.values())

    def sparse(self) -> Iterator[Found]:
        """The newest row of each span, newest first: what lies between is not read."""
        every_us, high = self._query.every_us, self._high
        one = replace(self._query, limit=1, ascending=False)
        for _ in range(self._query.limit):
            search = _Search(self._connection, self._known, self._recency, one, self._low, high)
            newest = next(iter(search.run()), None)
            if newest is None:
                return
            yield newest
            high = newest[0] // every_us * every_us - 1

    def run(self) -> Iterable[Found]:
        query = self._query
        days = days_of(self._connection, self._low // DAY_US, self._high // DAY_US)
        if not query.ascending:
            days.reverse()
        found: Iterator[Found] = chain.from_iterable(self._partition(day) for day in days)
        if self._connection.execute("SELECT EXISTS (SELECT 1 FROM m_skewed)").get:
            found = iter(heapq.merge(found, self._partition(SKEWED), reverse=not query.ascending))
        return islice(found, query.limit)

    def _partition(self, partition: int) -> Iterator[Found]:
        """Rows of one partition in order; nothing is read before the first is asked for."""
        if self._query.triggered:
            # They are rare and have an index of their own by time, over all lines.
            found = self._walk(self._statement(partition, of="triggered = 1"), (partition,), None)
        else:
            of = "line = ?" if self._query.triggered is None else "line = ? AND triggered = 0"
            sql = self._statement(partition, of=of)
            found = self._over_lines(partition, sql)
        return filter(self._admits, found) if self._filter_rows else found

    def _over_lines(self, partition: int, sql: str) -> Iterator[Found]:
        """Rows of all lines in order. A line is walked only when its turn has come."""
        if len(self._known) == 1:
            yield from self._walk(sql, (partition, *self._known), self._query.limit)
            return
        sign = 1 if self._query.ascending else -1
        few = max(_FIRST_FEW, 2 * self._query.limit // len(self._known))
        waiting = self._fronts(partition)
        heap: list[tuple[int, int, int, Found, Iterator[Found]]] = []
        while waiting or heap:
            while waiting and (not heap or waiting[0][0] <= heap[0][0]):
                line = heapq.heappop(waiting)[1]
                walk = self._walk(sql, (partition, line), few)
                if (row := next(walk, None)) is not None:
                    heapq.heappush(heap, (sign * row[0], sign * row[1], line, row, walk))
            if not heap:
                return
            _, _, line, row, walk = heap[0]
            yield row
            if (row := next(walk, None)) is not None:
                heapq.heapreplace(heap, (sign * row[0], sign * row[1], line, row, walk))
            else:
                heapq.heappop(heap)

    def _fronts(self, partition: int) -> list[tuple[int, int]]:
        """Lines that may have rows here, each with a time that none of them is in front of, the
        first in order first (as a heap, times negated where the newest are first).
        """
        sign = 1 if self._query.ascending else -1
        asked: Iterable[int] = self._known
        fronts: list[tuple[int, int]] = []
        if partition == SKEWED:
            asked = self._known.keys() & set(self._skewed())
        elif not self._query.ascending:
            fronts, asked = self._newest(partition)
        order = "ASC" if self._query.ascending else "DESC"
        found = heads(self._connection, partition, asked, self._low, self._high, order)
        fronts += [(sign * us, line) for us, line in found]
        heapq.heapify(fronts)
        return fronts

    def _newest(self, partition: int) -> tuple[list[tuple[int, int]], list[int]]:
        """Fronts, as far as they are in RAM, and the lines that have to be asked for: those that
        go on beyond what is looked for, and may begin anywhere within it.
        """
        self._look_up()
        begin, end = max(partition * DAY_US, self._low), (partition + 1) * DAY_US
        beyond = min(self._high + 1, end)
        fronts, asked = [], []
        of = self._recency.of
        for line in self._known:
            us = of(line)
            if us is None or us >= beyond:
                asked.append(line)
            elif us >= begin:
                fronts.append((-us, line))
        return fronts, asked

    def _skewed(self) -> Iterator[int]:
        """Lines with rows whose time cannot be true: few, where nobody makes them up."""
        line = 0
        sql = on(SKEWED, NEXT_LINE)
        while (found := self._connection.execute(sql, (line,)).get) is not None:
            line = int(found)
            yield line

    def _look_up(self) -> None:
        """How new each line is, once in the life of a process."""
        unknown = self._recency.unknown(self._known)
        if not unknown:
            return
        times = dict.fromkeys(unknown, NEVER)
        days = days_of(self._connection, 0, LAST_US // DAY_US)
        while unknown and days:
            rows = heads(self._connection, days.pop(), unknown, _LEAST, _GREATEST, "DESC")
            times.update((line, us) for us, line in rows)
            unknown = [line for line in unknown if times[line] == NEVER]
        self._recency.found(times)

    def _walk(self, sql: str, of: tuple[int, ...], few: int | None) -> Iterator[Found]:
        """Rows of one line, or of all (`few` is None), some at a time along the key."""
        if self._query.ascending:
            bound, place = self._high, (max(self._low - 1, _LEAST), _GREATEST)
        else:
            bound, place = self._low, (min(self._high + 1, _GREATEST), _LEAST)
        size = self._query.limit if few is None else min(few, self._query.limit)
        while True:
            rows: list[Found] = self._connection.execute(sql, (*of, bound, *place, size)).fetchall()
            yield from rows if few is not None else (r for r in rows if r[2] in self._known)
            if len(rows) < size:
                return
            place = rows[-1][0], rows[-1][1]
            size = min(4 * size, max(self._query.limit, _FIRST_FEW))

    def _statement(self, partition: int, *, of: str) -> str:
        if self._query.ascending:
            edge, compare, order = "created_us <= ?", ">", "ASC"
        else:
            edge, compare, order = "created_us >= ?", "<", "DESC"
        if self._query.received_from_us is not None:
            edge += f" AND created_us + delay_us >= {int(self._query.received_from_us)}"
        return (
            f"{on(partition, SELECT)} WHERE {of} AND {edge}"
            f" AND (created_us, identity) {compare} (?, ?)"
            f" ORDER BY created_us {order}, identity {order} LIMIT ?"
        )

    def _admits(self, found: Found) -> bool:
        own = found[8]
        return own is None or admits(self._query, _of(own))


def heads(
    connection: apsw.Connection,
    partition: int,
    lines: Iterable[int],
    low: int,
    high: int,
    order: str,
) -> Iterator[tuple[int, int]]:
    """(time, line) of the first row of each line in order: a seek each, in one statement."""
    asked = array("q", lines)
    if not asked:
        return iter(())
    found = connection.execute(on(partition, _HEADS) % order, (low, high, apsw.carray(asked)))
    return ((us, line) for line, us in found if us is not None)


def _of(own: str) -> Of:
    return msgspec.json.decode(own, type=Of)


def row_of(
    connection: apsw.Connection, unpacker: Unpacker, known: dict[int, KnownLines], found: Found
) -> Row:
    created_us, identity, number, partition, payload, delay_us, triggered, reason, own = found[:9]
    line = known[number]
    of = line.of if own is None else _of(own)
    frame = connection.execute(on(partition, "SELECT body FROM p_@ WHERE id = ?"), (payload,)).get
    rtt_ms, rtt_min_ms, rtt_max_ms, jitter_ms, loss_pct, mos, sent, received, rtts = found[9:]
    return Row(
        identity=identity,
        probe_id=line.probe_id,
        probe_agent_id=of.probe_agent_id,
        agent_id=line.agent_id,
        created_us=created_us,
        received_us=created_us + delay_us,
        type=of.type,
        payload=unpacker.unpack(frame),
        target=of.target,
        target_agent=of.target_agent,
        triggered=bool(triggered),
        triggered_reason=reason or "",
        rtt_ms=rtt_ms,
        rtt_min_ms=rtt_min_ms,
        rtt_max_ms=rtt_max_ms,
        jitter_ms=jitter_ms,
        loss_pct=loss_pct,
        mos=mos,
        sent=sent,
        received=received,
        rtts=rtts,
    )
