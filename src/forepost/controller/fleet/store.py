"""SQL of agents."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import EXTERNAL_ID_TAKEN, Database, unique
from forepost.controller.db.tables.fleet import agent_documents, agents, pins
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.fleet.pins import Pins
from forepost.controller.fleet.rows import agent_in, agent_of
from forepost.wire.base import patched
from forepost.wire.rest.bodies import Agent, AgentPatch, NewAgent


class Enrolled(msgspec.Struct, frozen=True):
    """What a connection of an agent is checked against."""

    agent_id: int
    workspace_id: int
    psk_sha256: str
    deleted: bool
    version: str
    capabilities: frozenset[str] = frozenset()
    """What it said in its last `hello`; empty for NetWatcher's agent."""
    last_seen_at: datetime | None = None
    """Before it came; None: it never was here."""


OnDeleted = Callable[[AsyncConnection, int], Awaitable[None]]
"""Drops what a slice keeps of one agent, in the transaction that deletes the agent."""


class Agents:
    """SQL of agents. `on_deleted`: of the slices that keep rows about agents."""

    def __init__(self, db: Database, on_deleted: Sequence[OnDeleted] = ()) -> None:
        self._db, self._on_deleted = db, on_deleted
        self.pins = Pins(db)

    async def of(self, workspace_id: int, limit: int, offset: int) -> tuple[list[Agent], int]:
        mine = select(agents).where(
            agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None)
        )
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            page = mine.order_by(agents.c.id).limit(limit).offset(offset)
            rows = (await connection.execute(page)).all()
        return [agent_of(row) for row in rows], total or 0

    async def add(self, workspace_id: int, new: NewAgent, now: datetime) -> Agent:
        statement = (
            insert(agents)
            .values(
                workspace_id=workspace_id,
                name=new.name,
                description=new.description,
                location=new.location,
                public_ip_override=new.public_ip_override,
                version=new.version,
                psk_sha256="",
                trafficsim_enabled=new.trafficsim_enabled,
                trafficsim_host=new.trafficsim_host,
                trafficsim_port=new.trafficsim_port,
                external_id=new.external_id,
                labels=new.labels,
                metadata=new.metadata,
                created_at=now,
                updated_at=now,
            )
            .returning(*agents.c)
        )
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write_more(agents, workspace_id) as connection:
                return agent_of((await connection.execute(statement)).one())

    async def get(self, workspace_id: int, agent_id: int) -> Agent:
        async with self._db.read() as connection:
            return await agent_in(connection, workspace_id, agent_id)

    async def change(
        self, workspace_id: int, agent_id: int, patch: AgentPatch, now: datetime
    ) -> Agent:
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write() as connection:
                new = patched(await agent_in(connection, workspace_id, agent_id), patch)
                statement = (
                    update(agents)
                    .where(agents.c.workspace_id == workspace_id, agents.c.id == agent_id)
                    .values(
                        name=new.name,
                        description=new.description,
                        location=new.location,
                        public_ip_override=new.public_ip_override,
                        trafficsim_enabled=new.trafficsim_enabled,
                        trafficsim_host=new.trafficsim_host,
                        trafficsim_port=new.trafficsim_port,
                        external_id=new.external_id,
                        labels=new.labels,
                        metadata=new.metadata,
                        updated_at=now,
                    )
                    .returning(*agents.c)
                )
                return agent_of((await connection.execute(statement)).one())

    async def delete(self, workspace_id: int, agent_id: int, now: datetime) -> None:
        """A soft delete: what hangs on the agent is gone at once, its results stay."""
        async with self._db.write() as connection:
            await agent_in(connection, workspace_id, agent_id)
            for table in (pins, agent_documents):
                await connection.execute(table.delete().where(table.c.agent_id == agent_id))
            for drop in self._on_deleted:
                await drop(connection, agent_id)
            await connection.execute(
                update(agents)
                .where(agents.c.workspace_id == workspace_id, agents.c.id == agent_id)
                .values(deleted_at=now, psk_sha256="")
            )

    async def enrolled(self, agent_id: int) -> Enrolled | None:
        async with self._db.read() as connection:
            row = (await connection.execute(_ENROLLED.where(agents.c.id == agent_id))).one_or_none()
        return None if row is None else _enrolled(row)

    async def all_enrolled(self) -> dict[int, Enrolled]:
        """Of all agents that are not deleted."""
        async with self._db.read() as connection:
            rows = (await connection.execute(_ENROLLED.where(_GONE.is_(None)))).all()
        return {row.id: _enrolled(row) for row in rows}

    async def enrolled_in(self, workspace_id: int) -> list[Enrolled]:
        """All agents of a workspace that are not deleted, in order; of one that was never here
        the texts are empty.
        """
        query = _ENROLLED.where(
            agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None)
        ).order_by(agents.c.id)
        async with self._db.read() as connection:
            return [_enrolled(row) for row in (await connection.execute(query)).all()]

    async def set_version(self, agent_id: int, version: str) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                update(agents).where(agents.c.id == agent_id).values(version=version)
            )

    async def set_capabilities(self, agent_id: int, capabilities: Iterable[str]) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                update(agents)
                .where(agents.c.id == agent_id)
                .values(capabilities=sorted(capabilities))
            )

    async def seen(self, times: Mapping[int, datetime]) -> None:
        """Keep when agents were last heard from, all in one transaction."""
        if not times:
            return
        statement = (
            update(agents)
            .where(agents.c.id == bindparam("of"))
            .values(last_seen_at=bindparam("at"))
        )
        async with self._db.write() as connection:
            await connection.execute(statement, [{"of": a, "at": t} for a, t in times.items()])


# An agent goes with its workspace.
_GONE = func.coalesce(agents.c.deleted_at, workspaces.c.deleted_at)
_ENROLLED = select(
    agents.c.id,
    agents.c.workspace_id,
    agents.c.psk_sha256,
    _GONE.label("deleted_at"),
    agents.c.version,
    agents.c.capabilities,
    agents.c.last_seen_at,
).join(workspaces, workspaces.c.id == agents.c.workspace_id)


def _enrolled(row: Row[*tuple[Any, ...]]) -> Enrolled:
    return Enrolled(
        row.id,
        row.workspace_id,
        row.psk_sha256,
        row.deleted_at is not None,
        row.version,
        frozenset(row.capabilities),
        row.last_seen_at,
    )
