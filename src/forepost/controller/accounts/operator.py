"""What whoever has the controller's host may do to accounts, past the controller that runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, update

from forepost.controller.access.tokens import Passwords
from forepost.controller.accounts.second_factor import drop_factor
from forepost.controller.accounts.sessions import end_sessions
from forepost.controller.accounts.store import Accounts
from forepost.controller.db.derived import end
from forepost.controller.db.engine import Database
from forepost.controller.db.epoch import raise_epoch
from forepost.controller.db.tables.accounts import users
from forepost.controller.email_address import canonical
from forepost.kit.errors import NotFound
from forepost.wire.rest.bodies import User
from forepost.wire.rest.derived import Derived


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An account as `forepost user ls` shows it."""

    id: int
    email: str
    role: str
    verified: bool
    locked: bool
    last_login_at: datetime | None


class Operator:
    def __init__(self, db: Database, passwords: Passwords) -> None:
        self._db, self._passwords = db, passwords

    async def add(
        self, email: str, name: str, password: str, *, admin: bool, now: datetime
    ) -> User:
        """Raises Invalid and Conflict. The address counts: the operator says whose it is."""
        return await Accounts(self._db).add(
            email=canonical(email),
            name=name,
            password_hash=await self._passwords.hash(password),
            now=now,
            role="SITE_ADMIN" if admin else "USER",
            verified=True,
        )

    async def all(self) -> Sequence[Listed]:
        async with self._db.read() as connection:
            rows = (await connection.execute(select(users).order_by(users.c.id))).all()
        return [
            Listed(
                id=row.id,
                email=row.email,
                role=row.role,
                verified=row.verified,
                locked=row.locked_at is not None,
                last_login_at=row.last_login_at,
            )
            for row in rows
        ]

    async def find(self, email: str) -> int:
        """By the address as it is kept. Raises NotFound."""
        found = await Accounts(self._db).of_address(email)
        if found is None:
            raise NotFound(f"there is no account of {email}")
        return found.user.id

    async def set_password(
        self, user_id: int, password: str, now: datetime, *, keep_derived: bool
    ) -> list[Derived]:
        """Sessions end and, unless `keep_derived`, what the account made that lets others in. The
        second factor goes too: this is the way back for who has lost it.
        """
        hashed = await self._passwords.hash(password)
        changed = {"password_hash": hashed, "updated_at": now}
        return await self._change(user_id, changed, now, ends=not keep_derived, drops_factor=True)

    async def lock(self, user_id: int, now: datetime) -> list[Derived]:
        """No way in from here on; sessions and what the account made that lets others in end."""
        return await self._change(user_id, {"locked_at": now, "updated_at": now}, now, ends=True)

    async def unlock(self, user_id: int, now: datetime) -> None:
        """It may log in again; what ended stays ended."""
        await self._change(user_id, {"locked_at": None, "updated_at": now}, now, ends=True)

    async def _change(
        self,
        user_id: int,
        values: dict[str, Any],
        now: datetime,
        *,
        ends: bool,
        drops_factor: bool = False,
    ) -> list[Derived]:
        statement = update(users).where(users.c.id == user_id).values(values)
        async with self._db.write() as connection:
            await connection.execute(statement)
            if drops_factor:
                await drop_factor(connection, user_id)
            await end_sessions(connection, now, user_id)
            ended = await end(connection, user_id) if ends else []
            await raise_epoch(connection)
        return ended
