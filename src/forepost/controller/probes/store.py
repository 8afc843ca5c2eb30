"""SQL of probes, one agent's at a time."""

from datetime import datetime

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import EXTERNAL_ID_TAKEN, Database, unique
from forepost.controller.db.presence import agent_exists
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.probes import pairs, room
from forepost.controller.probes.rows import (
    hosts_of,
    insert_probe,
    one,
    peers_of,
    set_targets,
    whole,
)
from forepost.controller.probes.secrets import without_settings
from forepost.wire.base import patched
from forepost.wire.probes.probe import NewProbe, Probe, ProbePatch


class Changed(msgspec.Struct, frozen=True):
    """A probe as it is now, and whom to tell: agents whose list changed with it."""

    probe: Probe
    others: frozenset[int]


class Probes:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_agent(self, workspace_id: int, agent_id: int) -> list[Probe]:
        """Newest first."""
        query = (
            select(probes)
            .where(probes.c.workspace_id == workspace_id, probes.c.agent_id == agent_id)
            .order_by(probes.c.id.desc())
        )
        async with self._db.read() as connection:
            await agent_exists(connection, workspace_id, agent_id)
            return await whole(connection, (await connection.execute(query)).all())

    async def for_strangers(self, workspace_id: int, agent_id: int) -> list[Probe]:
        """As `of_agent`, without settings."""
        return [without_settings(probe) for probe in await self.of_agent(workspace_id, agent_id)]

    async def get(self, workspace_id: int, agent_id: int, probe_id: int) -> Probe:
        async with self._db.read() as connection:
            return await one(connection, workspace_id, agent_id, probe_id)

    async def add(self, workspace_id: int, agent_id: int, new: NewProbe, now: datetime) -> Changed:
        """Add a probe, and where it is bidirectional those of the other way: all or none."""
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write_more(probes, workspace_id) as connection:
                await agent_exists(connection, workspace_id, agent_id)
                probe_id = await insert_probe(connection, workspace_id, agent_id, new, now)
                probe = await one(connection, workspace_id, agent_id, probe_id)
                await room.check(connection, probe)
                others = await pairs.match(connection, probe, now)
        return Changed(probe, frozenset(others | set(peers_of(probe))))

    async def change(
        self, workspace_id: int, agent_id: int, probe_id: int, patch: ProbePatch, now: datetime
    ) -> Changed:
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write() as connection:
                old = await one(connection, workspace_id, agent_id, probe_id)
                new = patched(old, without_targets(patch))
                await connection.execute(
                    update(probes)
                    .where(probes.c.workspace_id == workspace_id, probes.c.id == probe_id)
                    .values(
                        enabled=new.enabled,
                        interval_sec=new.interval_sec,
                        timeout_sec=new.timeout_sec,
                        count=new.count,
                        duration_sec=new.duration_sec,
                        bind_interface=new.bind_interface,
                        external_id=new.external_id,
                        labels=new.labels,
                        metadata=new.metadata,
                        updated_at=now,
                    )
                )
                hosts, peers = patch.replace_targets, patch.replace_agent_targets
                if hosts is not msgspec.UNSET or peers is not msgspec.UNSET:
                    await set_targets(
                        connection,
                        workspace_id,
                        agent_id,
                        probe_id,
                        hosts_of(old) if hosts is msgspec.UNSET else hosts,
                        peers_of(old) if peers is msgspec.UNSET else peers,
                        now,
                    )
                probe = await one(connection, workspace_id, agent_id, probe_id)
                await room.check(connection, probe, old)
                others = await pairs.match(connection, probe, now)
        return Changed(probe, frozenset(others | set(peers_of(old)) | set(peers_of(probe))))

    async def delete(self, workspace_id: int, agent_id: int, probe_id: int) -> Changed:
        """Its targets go with it, and the probes of its other way."""
        async with self._db.write() as connection:
            probe = await one(connection, workspace_id, agent_id, probe_id)
            await connection.execute(
                delete(probes).where(probes.c.workspace_id == workspace_id, probes.c.id == probe_id)
            )
        return Changed(probe, frozenset(peers_of(probe)))

    async def clear(self, workspace_id: int, agent_id: int) -> list[Changed]:
        """Delete all probes of an agent."""
        query = delete(probes).where(
            probes.c.workspace_id == workspace_id, probes.c.agent_id == agent_id
        )
        gone = await self.of_agent(workspace_id, agent_id)
        async with self._db.write() as connection:
            await connection.execute(query)
        return [Changed(probe, frozenset(peers_of(probe))) for probe in gone]

    async def way_back(self, workspace_id: int, probe_id: int, agent_id: int) -> int:
        """The AGENT probe by which an agent measures towards the owner of another one that measures
        towards it; 0: there is none.
        """
        there, back = probe_targets.alias(), probes.alias()
        query = (
            select(back.c.id)
            .join(probe_targets, probe_targets.c.probe_id == back.c.id)
            .join(probes, probes.c.agent_id == probe_targets.c.agent_id)
            .join(there, there.c.probe_id == probes.c.id)
            .where(
                probes.c.workspace_id == workspace_id,
                probes.c.id == probe_id,
                probes.c.type == "AGENT",
                there.c.agent_id == agent_id,
                back.c.workspace_id == workspace_id,
                back.c.agent_id == agent_id,
                back.c.type == "AGENT",
            )
            .order_by(back.c.id)
            .limit(1)
        )
        async with self._db.read() as connection:
            return (await connection.scalar(query)) or 0

    async def ids_in(self, workspace_id: int) -> tuple[list[int], list[int]]:
        """The ids of a workspace's probes, and of its agents: which series it may see."""
        own_probes = select(probes.c.id).where(probes.c.workspace_id == workspace_id)
        own_agents = select(agents.c.id).where(agents.c.workspace_id == workspace_id)
        async with self._db.read() as connection:
            return (
                list((await connection.scalars(own_probes)).all()),
                list((await connection.scalars(own_agents)).all()),
            )


async def drop_of_agent(connection: AsyncConnection, agent_id: int) -> None:
    """Drop the probes of an agent that is deleted, those of others that measured towards it alone,
    and all targets that are this agent.
    """
    of = probe_targets.c
    elsewhere = select(of.probe_id).where(of.agent_id.is_(None) | (of.agent_id != agent_id))
    towards = select(of.probe_id).where(of.agent_id == agent_id, of.probe_id.not_in(elsewhere))
    own = probes.c.agent_id == agent_id
    await connection.execute(probes.delete().where(own | probes.c.id.in_(towards)))
    await connection.execute(probe_targets.delete().where(of.agent_id == agent_id))


def without_targets(patch: ProbePatch) -> ProbePatch:
    unset = dict.fromkeys(
        ("targets", "agent_targets", "replace_targets", "replace_agent_targets"), msgspec.UNSET
    )
    return msgspec.structs.replace(patch, **unset)
