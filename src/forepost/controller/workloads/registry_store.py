"""SQL of the registries of a workspace."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET
from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database, unique
from forepost.controller.db.tables.workloads import (
    image_registries,
    microservice_rollouts,
    microservices,
)
from forepost.controller.workloads.heads import RUNNING
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.workloads.delivery import Registry
from forepost.wire.workloads.rest import FROM_CACHE, ImageRegistry, NewRegistry, RegistryPatch

TAKEN: Final = "name: a registry of this workspace has it, or its external_id"


class RegistryStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(
        self, workspace_id: int, limit: int, offset: int
    ) -> tuple[list[ImageRegistry], int]:
        """By name, and how many there are in all."""
        mine = select(image_registries).where(image_registries.c.workspace_id == workspace_id)
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            page = mine.order_by(image_registries.c.name).limit(limit).offset(offset)
            return [_shown(row) for row in await connection.execute(page)], total or 0

    async def get(self, workspace_id: int, registry_id: int) -> ImageRegistry:
        async with self._db.read() as connection:
            return _shown(await _one(connection, workspace_id, registry_id))

    async def add(self, workspace_id: int, new: NewRegistry, now: datetime) -> ImageRegistry:
        _check_name(new.name)
        statement = (
            insert(image_registries)
            .values(
                workspace_id=workspace_id,
                name=new.name,
                url=new.url,
                username=new.username,
                password=new.password,
                external_id=new.external_id,
                revision=1,
                created_at=now,
                updated_at=now,
            )
            .returning(*image_registries.c)
        )
        with unique(TAKEN):
            async with self._db.write_more(image_registries, workspace_id) as connection:
                return _shown((await connection.execute(statement)).one())

    async def change(
        self, workspace_id: int, registry_id: int, patch: RegistryPatch, now: datetime
    ) -> ImageRegistry:
        """Raises Conflict for another name of one that is used: who names it would lose it."""
        named = {
            field: value
            for field in patch.__struct_fields__
            if (value := getattr(patch, field)) is not UNSET
        }
        with unique(TAKEN):
            async with self._db.write() as connection:
                old = await _one(connection, workspace_id, registry_id, held=True)
                if named.get("name", old.name) != old.name:
                    _check_name(named["name"])
                    await _unused(connection, workspace_id, old.name)
                moves = named.get("url", old.url) != old.url
                if moves and old.password and "password" not in named:
                    raise Invalid("password: has to be said again for another url")
                statement = (
                    update(image_registries)
                    .where(image_registries.c.id == registry_id)
                    .values(**named, revision=image_registries.c.revision + 1, updated_at=now)
                    .returning(*image_registries.c)
                )
                return _shown((await connection.execute(statement)).one())

    async def delete(self, workspace_id: int, registry_id: int) -> None:
        """Raises Conflict while a microservice names it."""
        async with self._db.write() as connection:
            old = await _one(connection, workspace_id, registry_id, held=True)
            await _unused(connection, workspace_id, old.name)
            await connection.execute(
                delete(image_registries).where(image_registries.c.id == registry_id)
            )


async def registries_named(
    connection: AsyncConnection, workspace_id: int, names: Collection[str]
) -> list[Registry]:
    """As agents get them, with their passwords; of those that are there, by name."""
    if not names:
        return []
    query = (
        select(image_registries)
        .where(image_registries.c.workspace_id == workspace_id, image_registries.c.name.in_(names))
        .order_by(image_registries.c.name)
    )
    return [
        Registry(name=row.name, url=row.url, username=row.username, password=row.password)
        for row in await connection.execute(query)
    ]


async def registry_exists(connection: AsyncConnection, workspace_id: int, name: str) -> None:
    """Raises Invalid where a manifest names one that there is not."""
    if name in ("", FROM_CACHE):
        return
    query = select(image_registries.c.id).where(
        image_registries.c.workspace_id == workspace_id, image_registries.c.name == name
    )
    if await connection.scalar(query) is None:
        raise Invalid(f"registry: this workspace has no registry {name!r}")


def _check_name(name: str) -> None:
    if name == FROM_CACHE:
        raise Invalid(f"name: {FROM_CACHE} means that an image is never pulled")


async def _unused(connection: AsyncConnection, workspace_id: int, name: str) -> None:
    query = (
        select(microservices.c.name)
        .outerjoin(
            microservice_rollouts,
            (microservice_rollouts.c.microservice_id == microservices.c.id)
            & (microservice_rollouts.c.state == RUNNING),
        )
        .where(
            microservices.c.workspace_id == workspace_id,
            or_(
                microservices.c.registry == name,
                microservice_rollouts.c.former_registry == name,
            ),
        )
        .order_by(microservices.c.id)
        .limit(1)
    )
    user = await connection.scalar(query)
    if user is not None:
        raise Conflict(f"the microservice {user!r} names this registry")


async def _one(
    connection: AsyncConnection, workspace_id: int, registry_id: int, *, held: bool = False
) -> Any:
    """`held`: it is about to be changed."""
    query = select(image_registries).where(
        image_registries.c.workspace_id == workspace_id, image_registries.c.id == registry_id
    )
    if held:
        query = query.with_for_update()
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("registry not found")
    return row


def _shown(row: Row[*tuple[Any, ...]]) -> ImageRegistry:
    return ImageRegistry(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        url=row.url,
        username=row.username,
        has_password=bool(row.password),
        external_id=row.external_id,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
