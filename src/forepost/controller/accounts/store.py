"""SQL of accounts."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.email_address import kept_forms
from forepost.kit.errors import Conflict, NotFound
from forepost.wire.rest.bodies import User


class Account(msgspec.Struct, frozen=True):
    user: User
    password_hash: str
    locked: bool


class Accounts:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def any(self) -> bool:
        async with self._db.read() as connection:
            return await connection.scalar(select(users.c.id).limit(1)) is not None

    async def add(
        self,
        *,
        email: str,
        name: str,
        password_hash: str,
        now: datetime,
        verified: bool,
        role: str = "USER",
        labels: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> User:
        """`verified`: the address is this person's for certain. Raises Conflict when it has an
        account.
        """
        statement = (
            insert(users)
            .values(
                email=email,
                name=name,
                role=role,
                password_hash=password_hash,
                verified=verified,
                labels=labels or {},
                metadata=metadata or {},
                created_at=now,
                updated_at=now,
            )
            .returning(*users.c)
        )
        try:
            async with self._db.write() as connection:
                return _account((await connection.execute(statement)).one()).user
        except IntegrityError:
            raise Conflict("email: already in use") from None

    async def of_address(self, email: str) -> Account | None:
        """By the address as it is kept."""
        async with self._db.read() as connection:
            for form in kept_forms(email):
                query = select(users).where(users.c.email == form)
                if (row := (await connection.execute(query)).one_or_none()) is not None:
                    return _account(row)
        return None

    async def get(self, user_id: int) -> User:
        return (await self.account(user_id)).user

    async def account(self, user_id: int) -> Account:
        """Raises NotFound."""
        async with self._db.read() as connection:
            row = (
                await connection.execute(select(users).where(users.c.id == user_id))
            ).one_or_none()
        if row is None:
            raise NotFound("user not found")
        return _account(row)

    async def rehash(self, user_id: int, before: str, after: str, now: datetime) -> None:
        """The same password, kept otherwise; nothing where it is another one meanwhile."""
        statement = (
            update(users)
            .where(users.c.id == user_id, users.c.password_hash == before)
            .values(password_hash=after, updated_at=now)
        )
        async with self._db.write() as connection:
            await connection.execute(statement)

    async def logged_in(self, user_id: int, now: datetime) -> User:
        statement = (
            update(users).where(users.c.id == user_id).values(last_login_at=now).returning(*users.c)
        )
        async with self._db.write() as connection:
            return _account((await connection.execute(statement)).one()).user


def _account(row: Row[Any]) -> Account:
    user = User(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        verified=row.verified,
        labels=row.labels,
        metadata=row.metadata,
        last_login_at=row.last_login_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_at_camel=row.created_at,
        updated_at_camel=row.updated_at,
    )
    return Account(user, row.password_hash, row.locked_at is not None)
