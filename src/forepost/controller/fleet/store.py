"""SQL of agents and their PINs."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.access.guard import Caller
from forepost.controller.db.derived import ADMIN, ISSUES, maker_may, still_may
from forepost.controller.db.engine import EXTERNAL_ID_TAKEN, Database, unique
from forepost.controller.db.tables.fleet import agent_documents, agents, pins
from forepost.controller.db.tables.workspaces import workspaces
from forepost.kit.errors import NotFound
from forepost.wire.base import NEVER, patched
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


class NewPin(msgspec.Struct, frozen=True, kw_only=True):
    hashed: str
    expires_at: datetime
    created_at: datetime
    by: Caller
    """Whose right it is."""


OnDeleted = Callable[[AsyncConnection, int], Awaitable[None]]
"""Drops what a slice keeps of one agent, in the transaction that deletes the agent."""


class Agents:
    """SQL of agents. `on_deleted`: of the slices that keep rows about agents."""

    def __init__(self, db: Database, on_deleted: Sequence[OnDeleted] = ()) -> None:
        self._db, self._on_deleted = db, on_deleted

    async def of(self, workspace_id: int, limit: int, offset: int) -> tuple[list[Agent], int]:
        mine = select(agents).where(
            agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None)
        )
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            page = mine.order_by(agents.c.id).limit(limit).offset(offset)
            rows = (await connection.execute(page)).all()
        return [_agent(row) for row in rows], total or 0

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
            async with self._db.write() as connection:
                return _agent((await connection.execute(statement)).one())

    async def get(self, workspace_id: int, agent_id: int) -> Agent:
        async with self._db.read() as connection:
            return await _get(connection, workspace_id, agent_id)

    async def change(
        self, workspace_id: int, agent_id: int, patch: AgentPatch, now: datetime
    ) -> Agent:
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write() as connection:
                new = patched(await _get(connection, workspace_id, agent_id), patch)
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
                return _agent((await connection.execute(statement)).one())

    async def delete(self, workspace_id: int, agent_id: int, now: datetime) -> None:
        """A soft delete: what hangs on the agent is gone at once, its results stay."""
        async with self._db.write() as connection:
            await _get(connection, workspace_id, agent_id)
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

    async def add_pin(self, workspace_id: int, agent_id: int, new: NewPin) -> None:
        """Keep a PIN; earlier ones that are still open end here. Raises Unauthenticated."""
        async with self._db.write() as connection:
            await still_may(connection, new.by, ISSUES, workspace_id, new.created_at)
            await _get(connection, workspace_id, agent_id)
            await _replace_pins(connection, agent_id, new)

    async def disown(self, workspace_id: int, agent_id: int, new: NewPin) -> Agent:
        """The PSK ends, and a PIN is kept instead; earlier ones end too. Raises Unauthenticated."""
        statement = (
            update(agents)
            .where(
                agents.c.workspace_id == workspace_id,
                agents.c.id == agent_id,
                agents.c.deleted_at.is_(None),
            )
            .values(psk_sha256="", updated_at=new.created_at)
            .returning(*agents.c)
        )
        async with self._db.write() as connection:
            await still_may(connection, new.by, ADMIN, workspace_id, new.created_at)
            row = (await connection.execute(statement)).one_or_none()
            if row is None:
                raise NotFound("agent not found")
            await _replace_pins(connection, agent_id, new)
        return _agent(row)

    async def open_pins(self, workspace_id: int, agent_id: int, now: datetime) -> Mapping[int, str]:
        """Id and hash of every PIN that could still be used."""
        query = (
            select(pins.c.id, pins.c.pin_hash)
            .join(agents, agents.c.id == pins.c.agent_id)
            .join(workspaces, workspaces.c.id == agents.c.workspace_id)
            .where(
                agents.c.workspace_id == workspace_id,
                agents.c.id == agent_id,
                agents.c.deleted_at.is_(None),
                workspaces.c.deleted_at.is_(None),
                *_good(workspace_id, now),
                pins.c.id > agents.c.psk_pin_id,
            )
        )
        async with self._db.read() as connection:
            return {row.id: row.pin_hash for row in (await connection.execute(query)).all()}

    async def used_pin(
        self, workspace_id: int, agent_id: int, nonce_sha256: str, now: datetime
    ) -> tuple[int, str, str] | None:
        """Id and hash of the PIN that this agent's PSK was given for, and the PSK's hash; where it
        was used with this nonce and would still be good: in time, and the newest.
        """
        newest = select(func.max(pins.c.id)).where(pins.c.agent_id == agent_id)
        query = (
            select(pins.c.id, pins.c.pin_hash, agents.c.psk_sha256)
            .join(agents, agents.c.psk_pin_id == pins.c.id)
            .join(workspaces, workspaces.c.id == agents.c.workspace_id)
            .where(
                agents.c.workspace_id == workspace_id,
                agents.c.id == agent_id,
                agents.c.psk_sha256 != "",
                agents.c.deleted_at.is_(None),
                workspaces.c.deleted_at.is_(None),
                pins.c.id == newest.scalar_subquery(),
                pins.c.consumed_at.is_not(None),
                pins.c.nonce_sha256 == nonce_sha256,
                *_in_force(workspace_id, now),
            )
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else (row.id, row.pin_hash, row.psk_sha256)

    async def enrol(
        self,
        workspace_id: int,
        agent_id: int,
        pin_id: int,
        psk_sha256: str,
        now: datetime,
        nonce_sha256: str = "",
    ) -> Agent | None:
        """Use up a PIN and keep the PSK, in one step: of two at once, one gets None. A PIN that is
        no newer than the one the agent's PSK was given for shuts nobody out.
        """
        before = select(agents.c.psk_pin_id).where(agents.c.id == agent_id).scalar_subquery()
        async with self._db.write() as connection:
            used = await connection.execute(
                update(pins)
                .where(pins.c.id == pin_id, pins.c.id > before, *_good(workspace_id, now))
                .values(consumed_at=now, nonce_sha256=nonce_sha256)
            )
            if used.rowcount != 1:
                return None
            statement = (
                update(agents)
                .where(agents.c.workspace_id == workspace_id, agents.c.id == agent_id)
                .values(psk_sha256=psk_sha256, psk_pin_id=pin_id, last_seen_at=now, updated_at=now)
                .returning(*agents.c)
            )
            return _agent((await connection.execute(statement)).one())

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
).join(workspaces, workspaces.c.id == agents.c.workspace_id)


def _good(workspace_id: int, now: datetime) -> tuple[Any, ...]:
    """A PIN that nobody used, in time, of somebody who could issue it now."""
    return pins.c.consumed_at.is_(None), *_in_force(workspace_id, now)


def _in_force(workspace_id: int, now: datetime) -> tuple[Any, ...]:
    """A PIN, used or not, in time, of somebody who could issue it now."""
    return (
        pins.c.expires_at > now,
        maker_may(ISSUES, workspace_id, pins.c.created_by, pins.c.api_key_id, now),
    )


async def _replace_pins(connection: Any, agent_id: int, new: NewPin) -> None:
    """The used one stays, for it says who let the agent in."""
    await connection.execute(
        pins.delete().where(pins.c.agent_id == agent_id, pins.c.consumed_at.is_(None))
    )
    await connection.execute(
        insert(pins).values(
            agent_id=agent_id,
            pin_hash=new.hashed,
            expires_at=new.expires_at,
            created_at=new.created_at,
            created_by=new.by.user_id,
            api_key_id=new.by.key_id or None,
        )
    )


def _enrolled(row: Row[*tuple[Any, ...]]) -> Enrolled:
    return Enrolled(
        row.id,
        row.workspace_id,
        row.psk_sha256,
        row.deleted_at is not None,
        row.version,
        frozenset(row.capabilities),
    )


async def _get(connection: Any, workspace_id: int, agent_id: int) -> Agent:
    query = select(agents).where(
        agents.c.workspace_id == workspace_id,
        agents.c.id == agent_id,
        agents.c.deleted_at.is_(None),
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("agent not found")
    return _agent(row)


def _agent(row: Row[Any]) -> Agent:
    return Agent(
        id=row.id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        workspace_id=row.workspace_id,
        name=row.name,
        description=row.description,
        location=row.location,
        public_ip_override=row.public_ip_override,
        version=row.version,
        last_seen_at=row.last_seen_at or NEVER,
        initialized=bool(row.psk_sha256),
        trafficsim_enabled=row.trafficsim_enabled,
        trafficsim_host=row.trafficsim_host,
        trafficsim_port=row.trafficsim_port,
        external_id=row.external_id,
        labels=row.labels,
        metadata=row.metadata,
    )
