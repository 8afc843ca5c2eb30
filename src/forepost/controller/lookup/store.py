"""SQL of what registries said."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.lookup import registry_answers
from forepost.wire.rest.lookup import Registration

MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 64 << 20


class RegistryText(msgspec.Struct, frozen=True):
    raw: str
    parsed: Registration

    @property
    def found(self) -> bool:
        """Whether anything is known; a server that refuses to answer says that in words."""
        return self.parsed != Registration()


class StoredRegistration(msgspec.Struct, frozen=True):
    said: RegistryText
    said_at: datetime


class Answers:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, query: str) -> StoredRegistration | None:
        wanted = select(registry_answers).where(registry_answers.c.query == query)
        async with self._db.read() as connection:
            row = (await connection.execute(wanted)).one_or_none()
        if row is None:
            return None
        return StoredRegistration(
            RegistryText(row.raw, msgspec.convert(row.parsed, Registration)), row.said_at
        )

    async def keep(self, query: str, said: RegistryText, now: datetime) -> None:
        values = {
            "raw": said.raw,
            "parsed": msgspec.to_builtins(said.parsed),
            "size": len(said.raw.encode()),
            "said_at": now,
        }
        changed = update(registry_answers).where(registry_answers.c.query == query).values(values)
        added = insert(registry_answers).values(query=query, **values)
        try:
            async with self._db.write() as connection:
                if (await connection.execute(changed)).rowcount == 0:
                    await connection.execute(added)
        except IntegrityError:
            return  # another controller has just kept the same

    async def prune(self, most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES) -> None:
        """Drop the oldest beyond so many rows or bytes."""
        newest_first = select(registry_answers.c.said_at, registry_answers.c.size).order_by(
            registry_answers.c.said_at.desc()
        )
        total = 0
        async with self._db.write() as connection:
            for number, row in enumerate(await connection.execute(newest_first)):
                total += row.size
                if number >= most_rows or total > most_bytes:
                    beyond = registry_answers.c.said_at <= row.said_at
                    await connection.execute(delete(registry_answers).where(beyond))
                    return
