"""What results belong to: (stream, agents, type, target) as a small number, held in RAM.

An agent has at most `per_agent` lines of its own. Past that its further targets share one line
for each stream and type (past another thousand: for each stream), and their rows carry what they
are of themselves: they are found exactly, and drawn as one curve without a target. So an agent
that makes targets up costs itself clear charts, and nobody memory.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Final

import apsw
import msgspec

from forepost.controller.series.port import Find
from forepost.controller.series.recency import Recency
from forepost.kit.one_target import one_target

Key = tuple[int, int, int, str, str, int]
"""stream, agent_id, probe_agent_id, type, target, target_agent"""

PER_AGENT: Final = 20_000
_SHARED_BY_TYPE = 1_000


class Of(msgspec.Struct, frozen=True, array_like=True):
    """What a row on a shared line is of; kept with the row as a JSON array."""

    probe_agent_id: int
    type: str
    target: str
    target_agent: int


class KnownLines(msgspec.Struct, frozen=True):
    line: int
    stream: int
    agent_id: int
    of: Of
    shared: bool = False

    @property
    def probe_id(self) -> int:
        return max(self.stream, 0)

    @property
    def key(self) -> Key:
        of = self.of
        return (
            self.stream,
            self.agent_id,
            of.probe_agent_id,
            of.type,
            of.target,
            of.target_agent,
        )


def admits(query: Find, of: Of) -> bool:
    """Whether the filters that a line decides let `of` through; streams and agent are not asked."""
    return (
        (query.type is None or of.type == query.type)
        and (query.probe_agent_id is None or of.probe_agent_id == query.probe_agent_id)
        and (query.target_agent is None or of.target_agent == query.target_agent)
        and (query.target_prefix is None or of.target.startswith(query.target_prefix))
    )


class Lines:
    """Changed by the writer alone; `of_stream` may be asked by any thread.

    A new line is pending until `settle`: readers see it only when its transaction is committed,
    and `revert` forgets it when it is not.
    """

    def __init__(self, known: Iterable[KnownLines] = (), *, per_agent: int = PER_AGENT) -> None:
        self.ids: dict[Key, int] = {}
        """Own lines only. The writer looks here first, and calls `intern` for what is missing."""
        self.recency = Recency()
        self._shared: dict[tuple[int, int, str], int] = {}
        self._by_stream: dict[int, list[KnownLines]] = {}
        self._by_agent: Counter[int] = Counter()
        self._pending: list[KnownLines] = []
        self._per_agent = per_agent
        self._next = 1
        self.published = 0
        """Readers see all lines up to this one."""
        for line in known:
            self._remember(line)
            self._publish(line)

    def of_stream(self, stream: int) -> Sequence[KnownLines]:
        return tuple(self._by_stream.get(stream, ()))

    def of_no_probe(self, type_: str) -> list[int]:
        """Own lines of agents, in order. For the writer's thread."""
        return sorted(
            line
            for (stream, _, _, of_type, *_), line in self.ids.items()
            if stream < 0 and of_type == type_
        )

    def matching(self, query: Find) -> list[KnownLines]:
        """Lines that may have rows for the query; the rows of a shared one must be asked too."""
        # Lists of lines grow at their end while they are walked, and are never changed otherwise.
        found = chain.from_iterable(
            map(self._by_stream.get, dict.fromkeys(query.streams), repeat(()))
        )
        asked = query.type, query.probe_agent_id, query.target_agent, query.target_prefix
        if query.agent_id is None and asked == (None, None, None, None):
            return list(found)
        return [
            line
            for line in found
            if (query.agent_id is None or line.agent_id == query.agent_id)
            and (line.shared or admits(query, line.of))
        ]

    def intern(self, key: Key) -> tuple[int, Of | None]:
        """The line of a key that is not in `ids`; with what the row must carry if it is shared."""
        stream, agent_id, probe_agent_id, type_, target, target_agent = key
        of = Of(probe_agent_id, type_, one_target(target), target_agent)
        known = self.ids.get((stream, agent_id, probe_agent_id, type_, of.target, target_agent))
        if known is not None:
            return known, None
        count = self._by_agent[agent_id]
        if count < self._per_agent:
            return self._add(stream, agent_id, of, shared=False), None
        by_type = of.type if count < self._per_agent + _SHARED_BY_TYPE else ""
        for type_ in (of.type, by_type):
            if (line := self._shared.get((stream, agent_id, type_))) is not None:
                return line, of
        return self._add(stream, agent_id, Of(0, by_type, "", 0), shared=True), of

    def pending(self) -> Sequence[KnownLines]:
        return self._pending

    def settle(self) -> None:
        for line in self._pending:
            self._publish(line)
        self._pending = []

    def revert(self) -> None:
        for line in self._pending:
            self._forget(line)
        self._pending = []

    def drop(self, gone: Iterable[int]) -> None:
        """Forget lines that have no rows any more."""
        dropped = frozenset(gone)
        for stream, lines in list(self._by_stream.items()):
            if not any(line.line in dropped for line in lines):
                continue
            kept = [line for line in lines if line.line not in dropped]
            for line in lines:
                if line.line in dropped:
                    self._forget(line)
            # A new list, as a reader may be walking the old one.
            if kept:
                self._by_stream[stream] = kept
            else:
                del self._by_stream[stream]

    def _add(self, stream: int, agent_id: int, of: Of, *, shared: bool) -> int:
        line = KnownLines(self._next, stream, agent_id, of, shared)
        self._pending.append(line)
        self._remember(line)
        self.recency.begin(line.line)
        return line.line

    def _remember(self, line: KnownLines) -> None:
        if line.shared:
            self._shared[line.stream, line.agent_id, line.of.type] = line.line
        else:
            # Of lines of before that differ in the spelling of their target, the first goes on.
            self.ids.setdefault(line.key, line.line)
        self._by_agent[line.agent_id] += 1
        self._next = max(self._next, line.line + 1)

    def _publish(self, line: KnownLines) -> None:
        self._by_stream.setdefault(line.stream, []).append(line)
        self.published = max(self.published, line.line)

    def _forget(self, line: KnownLines) -> None:
        if line.shared:
            del self._shared[line.stream, line.agent_id, line.of.type]
        elif self.ids.get(line.key) == line.line:
            del self.ids[line.key]
        self._by_agent[line.agent_id] -= 1
        self.recency.forget(line.line)


def load(connection: apsw.Connection, *, per_agent: int) -> Lines:
    return Lines(load_after(connection, 0), per_agent=per_agent)


def load_after(connection: apsw.Connection, number: int) -> list[KnownLines]:
    """Lines with higher numbers, in their order."""
    rows = connection.execute(
        "SELECT line, stream, agent_id, probe_agent_id, type, target, target_agent, shared"
        " FROM lines WHERE line > ? ORDER BY line",
        (number,),
    )
    return [
        KnownLines(
            line,
            stream,
            agent_id,
            Of(probe_agent_id, type_, one_target(target), target_agent),
            bool(shared),
        )
        for line, stream, agent_id, probe_agent_id, type_, target, target_agent, shared in rows
    ]


def save(connection: apsw.Connection, lines: Iterable[KnownLines]) -> None:
    connection.executemany(
        "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(line.line, *line.key, int(line.shared)) for line in lines],
    )
