"""SQL of the audit log: rows are added and, after a year or so, dropped; never changed."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, insert, select

from forepost.controller.access.actor import Actor
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.access import ADDRESS, audit
from forepost.wire.rest.access import AuditRow

LONGEST_NAME = 254
LONGEST_DETAIL = 300


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    workspace_id: int | None
    actor: Actor
    action: str
    object_kind: str
    object_id: int | None
    address: str
    status: int
    detail: str = ""


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows; None: whatever. `end` is not included."""

    user_id: int | None = None
    action: str | None = None
    start: datetime | None = None
    end: datetime | None = None


class AuditLog:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, entry: Entry) -> None:
        """Committed when it returns."""
        statement = insert(audit).values(
            at=entry.at,
            workspace_id=entry.workspace_id,
            user_id=entry.actor.user_id,
            api_key_id=entry.actor.api_key_id,
            agent_id=entry.actor.agent_id,
            actor=entry.actor.name[:LONGEST_NAME],
            action=entry.action,
            object_kind=entry.object_kind,
            object_id=entry.object_id,
            address=entry.address[:ADDRESS],
            status=entry.status,
            detail=entry.detail[:LONGEST_DETAIL],
        )
        async with self._db.write() as connection:
            await connection.execute(statement)

    async def of_workspace(
        self, workspace_id: int, asked: AuditQuery, limit: int, offset: int
    ) -> tuple[list[AuditRow], int]:
        """A page, newest first, and how many there are in all."""
        return await self._page(audit.c.workspace_id == workspace_id, asked, limit, offset)

    async def of_account(
        self, user_id: int, asked: AuditQuery, limit: int, offset: int
    ) -> tuple[list[AuditRow], int]:
        """What an account did outside of workspaces, and who tried to log in to it."""
        own = (audit.c.user_id == user_id) & audit.c.workspace_id.is_(None)
        return await self._page(own, asked, limit, offset)

    async def forget(self, before: datetime) -> None:
        async with self._db.write() as connection:
            await connection.execute(delete(audit).where(audit.c.at < before))

    async def _page(
        self, which: Any, asked: AuditQuery, limit: int, offset: int
    ) -> tuple[list[AuditRow], int]:
        rows = select(audit).where(which)
        if asked.user_id is not None:
            rows = rows.where(audit.c.user_id == asked.user_id)
        if asked.action is not None:
            rows = rows.where(audit.c.action == asked.action)
        if asked.start is not None:
            rows = rows.where(audit.c.at >= asked.start)
        if asked.end is not None:
            rows = rows.where(audit.c.at < asked.end)
        page = rows.order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit).offset(offset)
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(rows.subquery()))
            found = (await connection.execute(page)).all()
        return [_row(row) for row in found], total or 0


def _row(row: Row[Any]) -> AuditRow:
    return AuditRow(
        id=row.id,
        at=row.at,
        workspace_id=row.workspace_id,
        user_id=row.user_id,
        api_key_id=row.api_key_id,
        agent_id=row.agent_id,
        actor=row.actor,
        action=row.action,
        object_kind=row.object_kind,
        object_id=row.object_id,
        address=row.address,
        status=row.status,
        detail=row.detail,
    )
