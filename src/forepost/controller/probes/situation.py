"""SQL of what decides one agent's list: its probes, those towards it, and where everybody is."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.presence import agent_exists
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.probes.addresses import Whereabouts
from forepost.controller.probes.expansion import compatible
from forepost.controller.probes.peers import Peer, address_of
from forepost.controller.probes.rows import peers_of, whole
from forepost.controller.probes.secrets import without_settings
from forepost.controller.probes.wanted import Situation
from forepost.wire.probes.probe import Probe


class Situations:
    def __init__(self, db: Database, whereabouts: Callable[[int], Whereabouts]) -> None:
        self._db, self._whereabouts = db, whereabouts

    async def of(self, workspace_id: int, agent_id: int) -> Situation:
        """Raises NotFound."""
        own = (
            select(probes)
            .where(probes.c.workspace_id == workspace_id, probes.c.agent_id == agent_id)
            .order_by(probes.c.id.desc())
        )
        async with self._db.read() as connection:
            await agent_exists(connection, workspace_id, agent_id)
            found = await whole(connection, (await connection.execute(own)).all())
            clients = [
                probe
                for probe in await _towards(connection, workspace_id, agent_id)
                if probe.enabled and probe.type in ("AGENT", "TRAFFICSIM")
            ]
            towards = {
                probe.agent_id: probe.type == "AGENT" and probe.bidirectional for probe in clients
            }
            near = {agent_id, *towards, *(peer for probe in found for peer in peers_of(probe))}
            peers = await self._peers(connection, workspace_id, near)
        return Situation(
            workspace_id=workspace_id,
            agent_id=agent_id,
            own=found,
            towards=towards,
            compatible=frozenset(one.agent_id for one in clients if compatible(one.metadata)),
            peers=peers,
        )

    async def towards(self, workspace_id: int, agent_id: int) -> list[tuple[Probe, str]]:
        """Probes of other agents towards this one, with the names of those agents."""
        async with self._db.read() as connection:
            await agent_exists(connection, workspace_id, agent_id)
            found = await _towards(connection, workspace_id, agent_id)
            query = select(agents.c.id, agents.c.name).where(
                agents.c.workspace_id == workspace_id,
                agents.c.id.in_({probe.agent_id for probe in found}),
            )
            names: dict[int, str] = {
                row.id: row.name for row in (await connection.execute(query)).all()
            }
        return [(probe, names.get(probe.agent_id, "")) for probe in found]

    async def for_strangers(self, workspace_id: int, agent_id: int) -> list[tuple[Probe, str]]:
        """As `towards`, without settings."""
        found = await self.towards(workspace_id, agent_id)
        return [(without_settings(probe), name) for probe, name in found]

    async def watching(self, agent_id: int) -> set[int]:
        """Agents whose lists depend on where this one is."""
        query = (
            select(probes.c.agent_id)
            .join(probe_targets, probe_targets.c.probe_id == probes.c.id)
            .where(probe_targets.c.agent_id == agent_id)
            .distinct()
        )
        async with self._db.read() as connection:
            return set((await connection.scalars(query)).all())

    async def around(self, agent_id: int) -> set[int]:
        """Agents that this one measures towards, or that measure towards it."""
        query = (
            select(probe_targets.c.agent_id)
            .join(probes, probe_targets.c.probe_id == probes.c.id)
            .where(probes.c.agent_id == agent_id, probe_targets.c.agent_id.is_not(None))
            .distinct()
        )
        async with self._db.read() as connection:
            targets = set((await connection.scalars(query)).all())
        return targets | await self.watching(agent_id)

    async def reach(self, workspace_id: int, agent_id: int, target_id: int) -> str:
        """How one agent of the workspace reaches another; "" where it is not known."""
        async with self._db.read() as connection:
            peers = await self._peers(connection, workspace_id, (agent_id, target_id))
        if {agent_id, target_id} - peers.keys():
            return ""
        return address_of(peers[target_id], peers[agent_id])

    async def _peers(
        self, connection: AsyncConnection, workspace_id: int, ids: Iterable[int]
    ) -> dict[int, Peer]:
        query = select(agents).where(
            agents.c.workspace_id == workspace_id,
            agents.c.id.in_(set(ids)),
            agents.c.deleted_at.is_(None),
        )
        return {row.id: self._peer(row) for row in (await connection.execute(query)).all()}

    def _peer(self, row: Row[Any]) -> Peer:
        where = self._whereabouts(row.id)
        return Peer(
            agent_id=row.id,
            override=row.public_ip_override,
            public=where.public,
            private=where.private,
            trafficsim=row.trafficsim_enabled,
            trafficsim_host=row.trafficsim_host,
            trafficsim_port=row.trafficsim_port,
        )


async def _towards(connection: AsyncConnection, workspace_id: int, agent_id: int) -> list[Probe]:
    query = (
        select(probes)
        .join(probe_targets, probe_targets.c.probe_id == probes.c.id)
        .where(probes.c.workspace_id == workspace_id, probe_targets.c.agent_id == agent_id)
        .order_by(probes.c.id.desc())
    )
    return await whole(connection, (await connection.execute(query)).all())
