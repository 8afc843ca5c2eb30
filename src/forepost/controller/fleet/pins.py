"""SQL of PINs: who may become which agent, once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, update

from forepost.controller.access.guard import Caller
from forepost.controller.db.derived import ADMIN, ISSUES, maker_may, still_may
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents, pins
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.fleet.rows import agent_in, agent_of
from forepost.kit.errors import NotFound
from forepost.wire.rest.bodies import Agent


class NewPin(msgspec.Struct, frozen=True, kw_only=True):
    hashed: str
    expires_at: datetime
    created_at: datetime
    by: Caller
    """Whose right it is."""


class Pins:
    """The PINs of agents, and the PSKs that they are given for."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, workspace_id: int, agent_id: int, new: NewPin) -> None:
        """Keep a PIN; earlier ones that are still open end here. Raises Unauthenticated."""
        async with self._db.write() as connection:
            await still_may(connection, new.by, ISSUES, workspace_id, new.created_at)
            await agent_in(connection, workspace_id, agent_id)
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
        return agent_of(row)

    async def leave(self, agent_id: int, psk_sha256: str, now: datetime) -> str | None:
        """End this PSK of an agent, and no other one; its name, None where it has another. A PIN
        that is open stays: somebody wants another host to become the agent.
        """
        statement = (
            update(agents)
            .where(
                agents.c.id == agent_id,
                agents.c.psk_sha256 == psk_sha256,
                agents.c.deleted_at.is_(None),
            )
            .values(psk_sha256="", updated_at=now)
            .returning(agents.c.name)
        )
        async with self._db.write() as connection:
            name: str | None = await connection.scalar(statement)
        return name

    async def open(self, workspace_id: int, agent_id: int, now: datetime) -> Mapping[int, str]:
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

    async def used(
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
            return agent_of((await connection.execute(statement)).one())


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
