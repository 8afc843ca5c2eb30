"""SQL of API keys. Of a secret only its SHA-256 is kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from forepost.controller.access.guard import Caller
from forepost.controller.db.derived import ADMIN, end_of_key, still_may
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.access import api_keys
from forepost.kit.errors import NotFound
from forepost.wire.base import patched
from forepost.wire.rest.access import ApiKey, ApiKeyPatch, NewApiKey
from forepost.wire.rest.derived import Derived


class ApiKeys:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: int, limit: int, offset: int) -> tuple[list[ApiKey], int]:
        mine = select(api_keys).where(api_keys.c.workspace_id == workspace_id)
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            page = mine.order_by(api_keys.c.id).limit(limit).offset(offset)
            rows = (await connection.execute(page)).all()
        return [_key(row) for row in rows], total or 0

    async def add(
        self, workspace_id: int, maker: Caller, new: NewApiKey, sha256: str, now: datetime
    ) -> ApiKey:
        """Raises Unauthenticated."""
        statement = (
            insert(api_keys)
            .values(
                workspace_id=workspace_id,
                created_by=maker.user_id,
                name=new.name,
                role=new.role,
                scopes=sorted(set(new.scopes)),
                secret_sha256=sha256,
                expires_at=new.expires_at,
                last_address="",
                created_at=now,
                updated_at=now,
            )
            .returning(*api_keys.c)
        )
        async with self._db.write_more(api_keys, workspace_id) as connection:
            await still_may(connection, maker, ADMIN, workspace_id, now)
            return _key((await connection.execute(statement)).one())

    async def get(self, workspace_id: int, key_id: int) -> ApiKey:
        async with self._db.read() as connection:
            return await _get(connection, workspace_id, key_id)

    async def change(
        self, workspace_id: int, key_id: int, patch: ApiKeyPatch, now: datetime
    ) -> ApiKey:
        async with self._db.write() as connection:
            new = patched(await _get(connection, workspace_id, key_id), patch)
            values = {"name": new.name, "expires_at": new.expires_at, "updated_at": now}
            return await _update(connection, workspace_id, key_id, values)

    async def rotate(self, workspace_id: int, key_id: int, sha256: str, now: datetime) -> ApiKey:
        """From here on another secret is its; the earlier one is nobody's."""
        async with self._db.write() as connection:
            await _get(connection, workspace_id, key_id)
            values = {"secret_sha256": sha256, "updated_at": now}
            return await _update(connection, workspace_id, key_id, values)

    async def delete(self, workspace_id: int, key_id: int) -> list[Derived]:
        """And what was made with it, which is the answer."""
        async with self._db.write() as connection:
            await _get(connection, workspace_id, key_id)
            await connection.execute(delete(api_keys).where(*_is(workspace_id, key_id)))
            return await end_of_key(connection, key_id)


def _is(workspace_id: int, key_id: int) -> tuple[Any, Any]:
    return api_keys.c.workspace_id == workspace_id, api_keys.c.id == key_id


async def _get(connection: Any, workspace_id: int, key_id: int) -> ApiKey:
    query = select(api_keys).where(*_is(workspace_id, key_id))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("API key not found")
    return _key(row)


async def _update(
    connection: Any, workspace_id: int, key_id: int, values: dict[str, Any]
) -> ApiKey:
    statement = (
        update(api_keys).where(*_is(workspace_id, key_id)).values(values).returning(*api_keys.c)
    )
    return _key((await connection.execute(statement)).one())


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        role=row.role,
        scopes=row.scopes,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        last_address=row.last_address,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
