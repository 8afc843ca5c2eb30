"""How many rows of a kind a workspace, or an account, may have: counted in the transaction that
makes one more, so that many who ask at the same moment do not get past it together.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables import metadata
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.kit.errors import Conflict

LOCKS: Final = 0x66700000
"""The first number of advisory locks, to which that of the table is added."""


class Bound(msgspec.Struct, frozen=True):
    name: str
    """Of the setting: `limits.most.NAME`."""
    most: int


class Room:
    def __init__(self, bounds: Mapping[str, Bound]) -> None:
        """`bounds`: by the name of the table."""
        self._bounds = bounds
        self._numbers = {name: number for number, name in enumerate(sorted(metadata.tables))}

    async def alone(self, connection: AsyncConnection, table: Table, whose: int) -> None:
        """Wait until nobody else makes rows of a table for the same workspace or account; until the
        transaction ends. SQLite has one writer in any case.
        """
        if connection.dialect.name == "postgresql":
            number = LOCKS + self._numbers[table.name]
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number}, {whose})")

    async def check(
        self, connection: AsyncConnection, table: Table, whose: int, more: int = 0
    ) -> None:
        """Raises Conflict where there are too many, or would be with so many more."""
        bound = self._bounds.get(table.name)
        if bound is None:
            return
        found = int(await connection.scalar(_count(table, whose)) or 0)
        if found + more > bound.most:
            whom = "this account" if table is workspaces else "this workspace"
            has = "has" if more else "would have"
            raise Conflict(
                f"{bound.name}: {whom} {has} {found}, and {bound.most} is the most"
                f" (limits.most.{bound.name})"
            )


def _count(table: Table, whose: int) -> Any:
    if table is workspaces:
        return _owned(whose)
    query = select(func.count()).select_from(table).where(table.c.workspace_id == whose)
    deleted: Column[Any] | None = table.c.get("deleted_at")
    return query if deleted is None else query.where(deleted.is_(None))


def _owned(user_id: int) -> Any:
    return (
        select(func.count())
        .select_from(members)
        .join(workspaces, workspaces.c.id == members.c.workspace_id)
        .where(
            members.c.user_id == user_id,
            members.c.role == "OWNER",
            workspaces.c.deleted_at.is_(None),
        )
    )
