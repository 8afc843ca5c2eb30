"""How every line of results, and every agent, was in each quarter of an hour of the last day. Pure.

A line is one target of one probe. What was committed since the start is counted as it comes, in
any order; what was there before is filled in beside it. About 2 KB a line, at most `MOST_LINES`.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final

from forepost.controller.payloads import TYPES, grade_of, said_by
from forepost.controller.payloads.grade import Grade
from forepost.controller.series.port import Row
from forepost.controller.sites.slots import (
    DOWN,
    FINE,
    SIZE,
    SLOT_US,
    UNMEASURED,
    WARNING,
    SlotRing,
)

MOST_LINES: Final = 30_000
_NETWORK: Final = frozenset(kind for kind, payload in TYPES.items() if payload.IS_OF_NETWORK)

Key = tuple[int, str, str]
"""probe, type, target"""


class LineCells:
    __slots__ = (
        *("agent_id", "failed_us", "figure", "figure_loss", "is_of_network", "newest_us"),
        *("probe_id", "ring", "target", "target_agent", "type"),
    )

    def __init__(self, agent_id: int, key: Key, target_agent: int, slot: int) -> None:
        self.probe_id, self.type, self.target = key
        self.agent_id, self.target_agent = agent_id, target_agent
        self.is_of_network = self.type in _NETWORK
        self.ring = SlotRing(slot)
        self.newest_us = self.failed_us = 0
        """When the newest result was made, and the last of those that fail now; 0: none does."""
        self.figure: float | None = None
        """Of the newest result, and its loss."""
        self.figure_loss: float | None = None

    @property
    def last_at(self) -> datetime | None:
        """When the newest result was made."""
        return datetime.fromtimestamp(self.newest_us / 1e6, UTC) if self.newest_us else None

    def note(self, row: Row, at_us: int) -> None:
        """Keep the figure of a result, if none is newer."""
        if at_us < self.newest_us:
            return
        self.newest_us = at_us
        self.figure_loss = row.loss_pct
        if self.is_of_network:
            self.figure = row.rtt_ms
        else:
            said = said_by(row)
            self.figure = None if said is None else said.main_figure(row)

    def state_of(self, grade: Grade, at_us: int) -> int:
        """A try that failed alone is an outage when the next one fails too."""
        if grade.status == "unknown":
            return UNMEASURED
        if grade.failed:
            again = self.failed_us > 0
            self.failed_us = max(self.failed_us, at_us)
            return DOWN if grade.is_sure or again else WARNING
        if at_us >= self.failed_us:
            self.failed_us = 0
        return FINE if grade.status == "healthy" else WARNING


class AgentCells:
    """The lines of one agent, and all of them together."""

    __slots__ = ("lines", "ring")

    def __init__(self, slot: int) -> None:
        self.lines: dict[Key, LineCells] = {}
        self.ring = SlotRing(slot)

    def without(self, gone: Collection[Key]) -> None:
        """Forget lines, and what they were for the whole."""
        self.ring = SlotRing(self.ring.slot)
        for key in gone:
            del self.lines[key]
        for line in self.lines.values():
            self.ring.merge(line.ring)


class CellBook:
    """All agents."""

    def __init__(self) -> None:
        self._agents: dict[int, AgentCells] = {}
        self.lines = self.left_out = 0
        """Held now, and results that found no room since the start."""

    def consider(self, _workspace_id: int, rows: Sequence[Row]) -> None:
        """Called between two commits, with rows in any order."""
        for row in rows:
            if row.probe_id:
                self._take(row)

    def _take(self, row: Row) -> None:
        at_us = min(row.created_us, row.received_us)
        slot = at_us // SLOT_US
        agent = self._agents.get(row.agent_id)
        line = None if agent is None else agent.lines.get((row.probe_id, row.type, row.target))
        if agent is None or line is None:
            key = (row.probe_id, row.type, row.target)
            both = self.line(row.agent_id, key, row.target_agent, slot)
            if both is None:
                return
            agent, line = both
        grade = grade_of(row)
        if grade.status != "unknown":
            line.note(row, at_us)
            state = line.state_of(grade, at_us)
            line.ring.mark(slot, state)
            agent.ring.mark(slot, state)
        if line.is_of_network:
            sent, lost = _losses(row)
            line.ring.add(slot, sent, lost, row.rtt_ms)
            agent.ring.add(slot, sent, lost, row.rtt_ms)

    def line(
        self, agent_id: int, key: Key, target_agent: int, slot: int
    ) -> tuple[AgentCells, LineCells] | None:
        """Return a line with its agent, made where there is none; None where there is no room."""
        agent = self._agents.get(agent_id)
        line = None if agent is None else agent.lines.get(key)
        if line is None and self.lines >= MOST_LINES:
            self.left_out += 1
            return None
        if agent is None:
            agent = self._agents[agent_id] = AgentCells(slot)
        if line is None:
            line = agent.lines[key] = LineCells(agent_id, key, target_agent, slot)
            self.lines += 1
        return agent, line

    def of(self, agent_id: int) -> AgentCells | None:
        return self._agents.get(agent_id)

    def keep(self, agent_id: int, probes: Collection[int]) -> None:
        """Forget lines of other probes: they were removed."""
        agent = self._agents.get(agent_id)
        if agent is not None:
            gone = [key for key in agent.lines if key[0] not in probes]
            self._drop(agent_id, agent, gone)

    def expire(self, now_us: int) -> None:
        """Forget lines that say nothing of the last day."""
        oldest = now_us // SLOT_US - SIZE
        for agent_id, agent in list(self._agents.items()):
            silent = [key for key, line in agent.lines.items() if line.ring.slot <= oldest]
            self._drop(agent_id, agent, silent)

    def _drop(self, agent_id: int, agent: AgentCells, gone: Collection[Key]) -> None:
        if not gone:
            return
        agent.without(gone)
        self.lines -= len(gone)
        if not agent.lines:
            del self._agents[agent_id]


def _losses(row: Row) -> tuple[float, float]:
    if row.sent:
        return row.sent, row.sent - min(row.received or 0, row.sent)
    return (1.0, row.loss_pct / 100) if row.loss_pct is not None else (0.0, 0.0)
