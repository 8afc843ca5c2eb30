"""SQL of address groups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database, unique
from forepost.controller.db.presence import agents_exist
from forepost.controller.db.tables.groups import address_groups
from forepost.controller.groups.members import all_canonical, changed
from forepost.controller.groups.parts import Head
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.flows.groups import Group, GroupPatch, NewGroup
from forepost.wire.uplink.groups import MOST_IN_ALL, GroupEntries

TAKEN: Final = "name: a group of this workspace has it, or its external_id"
NOT_ALL: Final = f"the groups of a workspace have {MOST_IN_ALL} addresses at most"
MOST: Final = 100_000
"""Addresses in one group here; an agent's own groups may be larger."""


class Groups:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: int) -> list[Group]:
        """Without their addresses, by name."""
        wanted = [column for column in address_groups.c if column.name != "addresses"]
        query = (
            select(*wanted)
            .where(address_groups.c.workspace_id == workspace_id)
            .order_by(address_groups.c.name)
        )
        async with self._db.read() as connection:
            return [_group(row) for row in (await connection.execute(query)).all()]

    async def get(self, workspace_id: int, group_id: int) -> Group:
        async with self._db.read() as connection:
            return await _one(connection, workspace_id, group_id)

    async def heads(self, workspace_id: int) -> list[Head]:
        query = select(
            address_groups.c.id,
            address_groups.c.revision,
            address_groups.c.agent_ids,
            address_groups.c.updated_at,
        ).where(address_groups.c.workspace_id == workspace_id)
        async with self._db.read() as connection:
            found = (await connection.execute(query)).all()
        return [
            Head(row.id, row.revision, frozenset(row.agent_ids), row.updated_at) for row in found
        ]

    async def entries(self, workspace_id: int, ids: Sequence[int]) -> list[GroupEntries]:
        """By name; of those that are there."""
        query = (
            select(address_groups.c.name, address_groups.c.addresses)
            .where(address_groups.c.workspace_id == workspace_id, address_groups.c.id.in_(ids))
            .order_by(address_groups.c.name)
        )
        async with self._db.read() as connection:
            found = (await connection.execute(query)).all()
        return [GroupEntries(name=row.name, entries=row.addresses) for row in found]

    async def add(self, workspace_id: int, new: NewGroup, now: datetime) -> Group:
        addresses = all_canonical("addresses", new.addresses)
        statement = (
            insert(address_groups)
            .values(
                workspace_id=workspace_id,
                name=new.name,
                description=new.description,
                addresses=addresses,
                count=len(addresses),
                agent_ids=sorted(set(new.agent_ids)),
                external_id=new.external_id,
                revision=1,
                created_at=now,
                updated_at=now,
            )
            .returning(*address_groups.c)
        )
        with unique(TAKEN):
            async with self._db.write_more(address_groups, workspace_id) as connection:
                await agents_exist(connection, workspace_id, new.agent_ids, "agent_ids")
                await _room(connection, workspace_id, 0, len(addresses), "addresses")
                return _group((await connection.execute(statement)).one())

    async def change(
        self, workspace_id: int, group_id: int, patch: GroupPatch, now: datetime
    ) -> Group:
        with unique(TAKEN):
            async with self._db.write() as connection:
                old = await _one(connection, workspace_id, group_id)
                changes = _changes(old, patch)
                if changes["count"] > old.count:
                    field = "add" if patch.addresses is msgspec.UNSET else "addresses"
                    await _room(connection, workspace_id, group_id, changes["count"], field)
                statement = (
                    update(address_groups)
                    .where(
                        address_groups.c.workspace_id == workspace_id,
                        address_groups.c.id == group_id,
                    )
                    .values(
                        **changes,
                        revision=address_groups.c.revision + 1,
                        updated_at=now,
                    )
                    .returning(*address_groups.c)
                )
                if patch.agent_ids is not msgspec.UNSET:
                    # One that is deleted meanwhile may stay: without it the list could be empty,
                    # and that is all agents.
                    new = set(patch.agent_ids).difference(old.agent_ids)
                    await agents_exist(connection, workspace_id, new, "agent_ids")
                return _group((await connection.execute(statement)).one())

    async def delete(self, workspace_id: int, group_id: int) -> None:
        statement = delete(address_groups).where(
            address_groups.c.workspace_id == workspace_id, address_groups.c.id == group_id
        )
        async with self._db.write() as connection:
            if (await connection.execute(statement)).rowcount != 1:
                raise NotFound("address group not found")


def _changes(old: Group, patch: GroupPatch) -> dict[str, Any]:
    """The columns that a patch sets. Raises Invalid."""
    kept = old.addresses or []
    if patch.addresses is not msgspec.UNSET:
        kept = all_canonical("addresses", patch.addresses)
    kept = changed(kept, patch.add, patch.remove)
    if len(kept) > MOST:
        raise Invalid(f"add: a group has {MOST} addresses at most")
    named = {
        field: value
        for field in ("name", "description", "agent_ids", "external_id")
        if (value := getattr(patch, field)) is not msgspec.UNSET
    }
    if "agent_ids" in named:
        named["agent_ids"] = sorted(set(named["agent_ids"]))
    return {**named, "addresses": kept, "count": len(kept)}


async def _room(
    connection: AsyncConnection, workspace_id: int, group_id: int, count: int, field: str
) -> None:
    """Raises Invalid where the workspace would have too many addresses."""
    query = select(func.sum(address_groups.c["count"])).where(
        address_groups.c.workspace_id == workspace_id, address_groups.c.id != group_id
    )
    if int((await connection.execute(query)).scalar() or 0) + count > MOST_IN_ALL:
        raise Invalid(f"{field}: {NOT_ALL}")


async def _one(connection: AsyncConnection, workspace_id: int, group_id: int) -> Group:
    query = select(address_groups).where(
        address_groups.c.workspace_id == workspace_id, address_groups.c.id == group_id
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("address group not found")
    return _group(row)


def _group(row: Row[Any]) -> Group:
    values = row._mapping  # noqa: SLF001 - Row.count is a method
    return Group(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        description=row.description,
        count=values["count"],
        addresses=values.get("addresses", msgspec.UNSET),
        agent_ids=row.agent_ids,
        external_id=row.external_id,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
