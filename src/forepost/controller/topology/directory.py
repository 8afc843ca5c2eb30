"""Names: the agents and probes of a workspace, in RAM until they change. SQL."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.wire.disclosure import public_target
from forepost.wire.probes import line_interval_sec

MOST: Final = 200
"""Workspaces in RAM; when full the one that was asked for longest ago is read again."""


class NamedTarget(msgspec.Struct, frozen=True, array_like=True, gc=False):
    text: str
    agent_id: int
    """0: none; `text` says where."""

    @property
    def key(self) -> str:
        return f"agent:{self.agent_id}" if self.agent_id else self.text

    @property
    def node(self) -> str:
        return f"agent:{self.agent_id}" if self.agent_id else f"dest:{self.text}"


class KnownAgent(msgspec.Struct, frozen=True):
    id: int
    name: str
    last_seen_at: datetime | None
    """As stored; what the fleet knows in RAM is newer."""


class KnownProbe(msgspec.Struct, frozen=True):
    id: int
    agent_id: int
    type: str
    enabled: bool
    interval_sec: int
    targets: list[NamedTarget]

    def due_us(self, kind: str) -> int:
        """Return how often a result of a type should come: of an AGENT probe there are several."""
        return line_interval_sec(self.type, kind, self.interval_sec) * 1_000_000


class Directory(msgspec.Struct, frozen=True):
    """One workspace."""

    agents: dict[int, KnownAgent]
    probes: dict[int, KnownProbe]
    """Those of agents that are there."""
    generation: int
    """Another one after every change."""

    def name(self, agent_id: int) -> str:
        agent = self.agents.get(agent_id)
        return "" if agent is None else agent.name


class Directories:
    def __init__(self, db: Database, loaded: Callable[[int, Directory], None]) -> None:
        """`loaded`: told of every directory that was read anew."""
        self._db, self._loaded = db, loaded
        self._known: OrderedDict[int, Directory] = OrderedDict()
        self._changes = 0

    def forget(self, workspace_id: int) -> None:
        """An agent or a probe of it was added, changed or removed."""
        self._changes += 1
        self._known.pop(workspace_id, None)

    def forget_agents(self, agent_ids: Iterable[int]) -> None:
        """Probes of these agents changed."""
        self._changes += 1
        ids = set(agent_ids)
        for workspace_id, directory in list(self._known.items()):
            if not ids.isdisjoint(directory.agents):
                del self._known[workspace_id]

    async def of(self, workspace_id: int) -> Directory:
        known = self._known.get(workspace_id)
        if known is not None:
            self._known.move_to_end(workspace_id)
            return known
        at_first = self._changes
        found = await self._read(workspace_id, at_first)
        # What changed while it was read may have been read as it was before.
        if at_first == self._changes:
            if len(self._known) >= MOST:
                self._known.popitem(last=False)
            self._known[workspace_id] = found
            self._loaded(workspace_id, found)
        return found

    async def workspaces(self) -> dict[int, int]:
        """Of every probe that is on."""
        query = select(probes.c.id, probes.c.workspace_id).where(probes.c.enabled)
        async with self._db.read() as connection:
            return {row.id: row.workspace_id for row in (await connection.execute(query)).all()}

    async def _read(self, workspace_id: int, generation: int) -> Directory:
        of_agents = (
            select(agents.c.id, agents.c.name, agents.c.last_seen_at)
            .where(agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None))
            .order_by(agents.c.id)
        )
        of_probes = (
            select(
                probes.c.id,
                probes.c.agent_id,
                probes.c.type,
                probes.c.enabled,
                probes.c.interval_sec,
                probe_targets.c.target,
                probe_targets.c.agent_id.label("target_agent"),
            )
            .outerjoin(probe_targets, probe_targets.c.probe_id == probes.c.id)
            .where(probes.c.workspace_id == workspace_id)
            .order_by(probes.c.id, probe_targets.c.id)
        )
        async with self._db.read() as connection:
            known = {
                row.id: KnownAgent(row.id, row.name, row.last_seen_at)
                for row in (await connection.execute(of_agents)).all()
            }
            rows = (await connection.execute(of_probes)).all()
        found: dict[int, KnownProbe] = {}
        for probe_id, agent_id, kind, enabled, interval_sec, text, target_agent in rows:
            probe = found.get(probe_id)
            if probe is None:
                if agent_id not in known:
                    continue
                probe = found[probe_id] = KnownProbe(
                    probe_id, agent_id, kind, enabled, interval_sec, []
                )
            if text is not None:
                probe.targets.append(
                    NamedTarget("" if target_agent else public_target(text), target_agent or 0)
                )
        return Directory(known, found, generation)
