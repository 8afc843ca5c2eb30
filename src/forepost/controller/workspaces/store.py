"""SQL of workspaces."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alerts import alerts
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.kit.errors import Conflict, NotFound
from forepost.wire.base import patched
from forepost.wire.rest.bodies import NewWorkspace, Workspace, WorkspacePatch

TAKEN = "name: you have a workspace of this name already"

COUNTS: Final = ("agent_count", "online_agents", "member_count", "alert_count")
HEARD_OF: Final = timedelta(minutes=2)
"""An agent speaks every 30 s, and when it did is kept every 30 s."""

Lay = Callable[[AsyncConnection, int, datetime], Awaitable[None]]
"""(connection, workspace id, now)"""


class Workspaces:
    """`lay`: puts into a workspace, as it is made, what every new one has."""

    def __init__(self, db: Database, lay: Lay | None = None) -> None:
        self._db, self._lay = db, lay

    async def of_user(
        self, user_id: int, q: str, limit: int, offset: int, now: datetime
    ) -> tuple[list[Workspace], int]:
        """A page of the user's workspaces with what each has, and how many there are."""
        mine = (
            select(*workspaces.c, members.c.role.label("my_role"), *_counts(now))
            .join(members, members.c.workspace_id == workspaces.c.id)
            .where(members.c.user_id == user_id, workspaces.c.deleted_at.is_(None))
        )
        if q:
            mine = mine.where(workspaces.c.name.icontains(q, autoescape=True))
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            page = mine.order_by(workspaces.c.id).limit(limit).offset(offset)
            rows = (await connection.execute(page)).all()
        return [
            _workspace(row, my_role=row.my_role, **{name: getattr(row, name) for name in COUNTS})
            for row in rows
        ], total or 0

    async def add(self, user_id: int, new: NewWorkspace, now: datetime) -> Workspace:
        """Make a workspace with its owner as first member. Raises Conflict."""
        statement = (
            insert(workspaces)
            .values(
                name=new.name,
                description=new.description,
                settings=new.settings,
                owner_id=user_id,
                created_at=now,
                updated_at=now,
            )
            .returning(*workspaces.c)
        )
        try:
            async with self._db.write_more(workspaces, user_id) as connection:
                row = (await connection.execute(statement)).one()
                await connection.execute(
                    insert(members).values(
                        workspace_id=row.id,
                        user_id=user_id,
                        role="OWNER",
                        accepted_at=now,
                        meta={},
                        created_at=now,
                        updated_at=now,
                    )
                )
                if self._lay is not None:
                    await self._lay(connection, row.id, now)
        except IntegrityError:
            raise Conflict(TAKEN) from None
        return _workspace(row, my_role="OWNER")

    async def get(self, workspace_id: int, my_role: str) -> Workspace:
        counted = select(func.count()).where(
            agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None)
        )
        async with self._db.read() as connection:
            row = (await connection.execute(_one(workspace_id))).one_or_none()
            count = await connection.scalar(counted)
        if row is None:
            raise NotFound("workspace not found")
        return _workspace(row, my_role=my_role, agent_count=count or 0)

    async def change(
        self, workspace_id: int, patch: WorkspacePatch, my_role: str, now: datetime
    ) -> Workspace:
        try:
            async with self._db.write() as connection:
                row = (await connection.execute(_one(workspace_id))).one_or_none()
                if row is None:
                    raise NotFound("workspace not found")
                new = patched(_workspace(row, my_role=my_role), patch)
                statement = (
                    update(workspaces)
                    .where(workspaces.c.id == workspace_id)
                    .values(
                        name=new.name,
                        description=new.description,
                        settings=new.settings,
                        updated_at=now,
                    )
                    .returning(*workspaces.c)
                )
                row = (await connection.execute(statement)).one()
        except IntegrityError:
            raise Conflict(TAKEN) from None
        return _workspace(row, my_role=my_role)

    async def delete(self, workspace_id: int, now: datetime) -> None:
        """A soft delete: the name is free again, and nobody is a member of it any more."""
        async with self._db.write() as connection:
            await connection.execute(
                update(workspaces)
                .where(workspaces.c.id == workspace_id, workspaces.c.deleted_at.is_(None))
                .values(deleted_at=now)
            )


def _counts(now: datetime) -> list[Any]:
    """Of each workspace, by the names of COUNTS."""
    there = agents.c.deleted_at.is_(None)
    of = (
        (agents, there),
        (agents, there & (agents.c.last_seen_at > now - HEARD_OF)),
        (members.alias(), None),
        (alerts, alerts.c.status == "active"),
    )
    return [
        _count(table, condition).label(name)
        for name, (table, condition) in zip(COUNTS, of, strict=True)
    ]


def _count(table: Any, condition: Any) -> Any:
    counted = select(func.count()).where(table.c.workspace_id == workspaces.c.id)
    if "accepted_at" in table.c:
        counted = counted.where(table.c.accepted_at.is_not(None))
    elif condition is not None:
        counted = counted.where(condition)
    return counted.correlate(workspaces).scalar_subquery()


def _one(workspace_id: int) -> Any:
    return select(workspaces).where(
        workspaces.c.id == workspace_id, workspaces.c.deleted_at.is_(None)
    )


def _workspace(row: Row[Any, *tuple[Any, ...]], **more: Any) -> Workspace:
    return Workspace(
        id=row.id,
        name=row.name,
        description=row.description,
        settings=row.settings,
        owner_id=row.owner_id,
        owner_id_camel=row.owner_id,
        created_at=row.created_at,
        created_at_camel=row.created_at,
        updated_at=row.updated_at,
        updated_at_camel=row.updated_at,
        **more,
    )
