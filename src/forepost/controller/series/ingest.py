"""Rows into their tables, each once, inside the writer's transaction."""

from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter

import apsw
import msgspec

from forepost.controller.series import lines as lines_table
from forepost.controller.series import payloads as dictionaries
from forepost.controller.series.arrivals import ArrivalLog
from forepost.controller.series.lines import Lines
from forepost.controller.series.payloads import Packer
from forepost.controller.series.port import Row
from forepost.controller.series.schema import (
    DAY_US,
    FUTURE_US,
    HOUR_US,
    LAST_US,
    PAST_US,
    SKEWED,
    make_day,
    on,
)

Real = float | None
Count = int | None
Metrics = tuple[
    *tuple[int, int, int, int, int, int, str | None, str | None],
    *tuple[Real, Real, Real, Real, Real, Real, Count, Count, bytes | None],
]
"""A row of `m_`, in the order of its columns."""
_STORED = "SELECT payload FROM m_@ WHERE line = ? AND created_us = ? AND identity = ?"
# Not OR IGNORE: that would let a row with a missing value vanish.
_INSERT_METRICS = (
    "INSERT INTO m_@ VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
# One statement for all: a step for each would give the interpreter lock away as often.
_INSERT_PAYLOADS = "INSERT INTO p_@ SELECT ? + rowid, value FROM carray(?)"
_KEY = itemgetter(0, 1)


class _Part:
    """What goes into one partition: three lists of the same length."""

    __slots__ = ("first", "metrics", "owners", "payloads")

    def __init__(self, first: int) -> None:
        self.first = first
        """Number of the first payload."""
        self.metrics: list[Metrics] = []
        self.payloads: list[bytes] = []
        self.owners: list[int] = []

    def where(self, keep: Callable[[Metrics], bool]) -> "_Part":
        kept = _Part(self.first)
        for place, metrics in enumerate(self.metrics):
            if keep(metrics):
                kept.metrics.append(metrics)
                kept.payloads.append(self.payloads[place])
                kept.owners.append(self.owners[place])
        return kept


class RowIngest:
    """`store` on the loop, inside a transaction of the writer; then `settle` or `revert`."""

    def __init__(self, connection: apsw.Connection, lines: Lines, packer: Packer) -> None:
        self._connection = connection
        self._lines = lines
        self._packer = packer
        self._arrivals = ArrivalLog(connection)
        self._days = {int(day) for (day,) in connection.execute("SELECT day FROM days")}
        self._new_days: list[int] = []
        self._next_payload: dict[int, int] = {}
        self._skewed_lines = {
            int(line) for (line,) in connection.execute("SELECT DISTINCT line FROM m_skewed")
        }
        self._dictionary: tuple[int, bytes] | None = None

    def store(self, group: Sequence[Sequence[Row]], rolled: tuple[int, int]) -> list[int]:
        """Return how many rows of each add were new.

        `rolled` is (hour, line): up to where roll-ups were made. Rows before it are noted, so
        that the buckets they belong to are made again.
        """
        parts = self._divide(group)
        new = [0] * len(group)
        # The skewed first: their twins among the others are then seen.
        for partition in sorted(parts):
            part = self._without_twins(partition, parts[partition])
            part = self._insert(partition, part)
            for owner in part.owners:
                new[owner] += 1
            self._arrivals.note(partition, part.metrics)
            if partition != SKEWED:
                self._note_late(part, rolled)
        self._arrivals.save()
        lines_table.save(self._connection, self._lines.pending())
        fresh = chain.from_iterable(part.payloads for part in parts.values())
        if dictionary := self._packer.learn(fresh):
            dictionaries.save(self._connection, dictionary)
            self._dictionary = dictionary
        return new

    def settle(self) -> None:
        """The transaction is committed."""
        self._arrivals.settle()
        self._lines.settle()
        self._new_days.clear()
        if self._dictionary is not None:
            self._packer.adopt(self._dictionary)
            self._dictionary = None

    def revert(self) -> None:
        """The transaction was rolled back."""
        self._arrivals.revert()
        self._lines.revert()
        self._days.difference_update(self._new_days)
        self._new_days.clear()
        self._dictionary = None

    def dropped(self, day: int) -> None:
        self._days.discard(day)
        self._next_payload.pop(day, None)

    def _divide(self, group: Sequence[Sequence[Row]]) -> dict[int, _Part]:
        parts: dict[int, _Part] = {}
        ids, intern = self._lines.ids, self._lines.intern
        for owner, rows in enumerate(group):
            for row in rows:
                key = (
                    row.probe_id or -row.agent_id,
                    row.agent_id,
                    row.probe_agent_id,
                    row.type,
                    row.target,
                    row.target_agent,
                )
                line = ids.get(key)
                own = None
                if line is None:
                    line, of = intern(key)
                    if of is not None:
                        own = msgspec.json.encode(of).decode()
                created = row.created_us
                delay = row.received_us - created
                # Days apart from its receipt, its time cannot be true: no table is made for it.
                if -FUTURE_US <= delay <= PAST_US and 0 <= created < LAST_US:
                    partition = created // DAY_US
                else:
                    partition = SKEWED
                part = parts.get(partition)
                if part is None:
                    part = parts[partition] = _Part(self._payload_number(partition))
                part.metrics.append(
                    (
                        line,
                        created,
                        row.identity,
                        part.first + len(part.metrics),
                        delay,
                        1 if row.triggered else 0,
                        row.triggered_reason or None,
                        own,
                        row.rtt_ms,
                        row.rtt_min_ms,
                        row.rtt_max_ms,
                        row.jitter_ms,
                        row.loss_pct,
                        row.mos,
                        row.sent,
                        row.received,
                        row.rtts,
                    )
                )
                part.payloads.append(row.payload)
                part.owners.append(owner)
        return parts

    def _payload_number(self, partition: int) -> int:
        number = self._next_payload.get(partition)
        if number is not None:
            return number
        if partition != SKEWED and partition not in self._days:
            return 1
        last = self._connection.execute(on(partition, "SELECT max(id) FROM p_@")).get
        return int(last or 0) + 1

    def _without_twins(self, partition: int, part: _Part) -> _Part:
        """Leave out rows that are stored on the other side of what counts as skewed.

        A row that is sent again has a later time of receipt, which can carry it across.
        """
        if partition == SKEWED:
            days = self._days
            return part.where(
                lambda row: row[1] // DAY_US not in days or not self._has(row[1] // DAY_US, row)
            )
        skewed = self._skewed_lines
        if not skewed:
            return part
        return part.where(lambda row: row[0] not in skewed or not self._has(SKEWED, row))

    def _has(self, partition: int, row: Metrics) -> bool:
        return self._stored_payload(partition, row) is not None

    def _stored_payload(self, partition: int, row: Metrics) -> int | None:
        number: int | None = self._connection.execute(on(partition, _STORED), row[:3]).get
        return number

    def _insert(self, partition: int, part: _Part) -> _Part:
        """Store the rows that are not there yet, and return them."""
        if not part.metrics:
            return part
        if partition == SKEWED:
            self._skewed_lines.update(row[0] for row in part.metrics)
        elif partition not in self._days:
            make_day(self._connection, partition)
            self._days.add(partition)
            self._new_days.append(partition)
        connection = self._connection
        before = connection.total_changes()
        # Sorted, neighbours of the key meet in the same pages, and of a line the newest is last.
        ordered = sorted(part.metrics, key=_KEY)
        if partition != SKEWED:
            self._lines.recency.wrote(dict(map(_KEY, ordered)))
        connection.executemany(on(partition, _INSERT_METRICS), ordered)
        self._next_payload[partition] = part.first + len(part.metrics)
        if connection.total_changes() - before == len(part.metrics):
            frames = tuple(self._packer.pack(part.payloads))
            connection.execute(
                on(partition, _INSERT_PAYLOADS), (part.first - 1, apsw.carray(frames))
            )
            return part
        new = part.where(lambda row: self._stored_payload(partition, row) == row[3])
        connection.executemany(
            on(partition, "INSERT INTO p_@ VALUES (?, ?)"),
            zip([row[3] for row in new.metrics], self._packer.pack(new.payloads), strict=True),
        )
        return new

    def _note_late(self, part: _Part, rolled: tuple[int, int]) -> None:
        end_us = (rolled[0] + 1) * HOUR_US
        late = {(row[0], row[1] // HOUR_US) for row in part.metrics if row[1] < end_us}
        pairs = [(line, hour) for line, hour in late if (hour, line) <= rolled]
        if pairs:
            self._connection.executemany(
                "INSERT INTO dirty VALUES (?, ?) ON CONFLICT DO NOTHING", pairs
            )
