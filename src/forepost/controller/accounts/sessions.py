"""SQL of sessions: logins that last."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from forepost.controller.accounts.second_factor import drop_factor
from forepost.controller.db.derived import end
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.access import ADDRESS, USER_AGENT, sessions
from forepost.controller.db.tables.accounts import users
from forepost.kit.errors import NotFound
from forepost.wire.rest.access import OpenSession
from forepost.wire.rest.derived import Derived


class Origin(msgspec.Struct, frozen=True):
    """Where a login comes from."""

    address: str
    user_agent: str


class Sessions:
    def __init__(self, db: Database, ended: Callable[[Iterable[int]], None]) -> None:
        """`ended` is told the ids of sessions that ended, after the commit."""
        self._db, self._ended = db, ended

    async def begin(
        self,
        user_id: int,
        password_hash: str,
        origin: Origin,
        now: datetime,
        expires: datetime,
    ) -> int | None:
        """The id of a new session; None: the password that was right is another one meanwhile, or
        the account is locked. The row is held, so that whoever changes it ends this session too.
        """
        unchanged = select(users.c.id).where(
            users.c.id == user_id,
            users.c.password_hash == password_hash,
            users.c.locked_at.is_(None),
        )
        async with self._db.write() as connection:
            if await connection.scalar(unchanged.with_for_update(read=True)) is None:
                return None
            return await _begin(connection, user_id, origin, now, expires)

    async def begin_anew(
        self,
        user_id: int,
        before: str,
        password_hash: str,
        origin: Origin,
        now: datetime,
        expires: datetime,
        *,
        keep_derived: bool,
    ) -> tuple[int, list[Derived]] | None:
        """A new password and, in the same step, a new session; all earlier ones end, and unless
        `keep_derived` what the account made that lets others in. None: the password that it comes
        after is another one meanwhile, or the account is locked.
        """
        changed = (
            update(users)
            .where(
                users.c.id == user_id, users.c.password_hash == before, users.c.locked_at.is_(None)
            )
            .values(password_hash=password_hash, updated_at=now)
        )
        async with self._db.write() as connection:
            if (await connection.execute(changed)).rowcount != 1:
                return None
            ended = await end_sessions(connection, now, user_id)
            derived = [] if keep_derived else await end(connection, user_id)
            begun = await _begin(connection, user_id, origin, now, expires)
        self._ended(ended)
        return begun, derived

    async def end_all(
        self, user_id: int, before: str, password_hash: str, now: datetime, *, keep_derived: bool
    ) -> bool:
        """A new password whose owner read a mail to the account's address, which is proven by that.
        All sessions end, and unless `keep_derived` what the account made that lets others in.
        False: the password that it comes after is another one meanwhile, or the account is locked.
        """
        changed = (
            update(users)
            .where(
                users.c.id == user_id, users.c.password_hash == before, users.c.locked_at.is_(None)
            )
            .values(password_hash=password_hash, verified=True, updated_at=now)
        )
        async with self._db.write() as connection:
            if (await connection.execute(changed)).rowcount != 1:
                return False
            ended = await end_sessions(connection, now, user_id)
            if not keep_derived:
                await end(connection, user_id)
        self._ended(ended)
        return True

    async def claim(self, email: str, password_hash: str, now: datetime) -> int | None:
        """The account of an address whose owner has shown up, where it is not proven whose it was
        until now: it gets another password, and all that was opened or made with the old one ends.
        """
        unproven = users.c.verified.is_(False) & users.c.locked_at.is_(None)
        statement = (
            update(users)
            .where(users.c.email == email, unproven)
            .values(password_hash=password_hash, verified=True, updated_at=now)
            .returning(users.c.id)
        )
        async with self._db.write() as connection:
            user_id: int | None = (await connection.execute(statement)).scalar_one_or_none()
            if user_id is None:
                return None
            ended = await end_sessions(connection, now, user_id)
            await drop_factor(connection, user_id)
            await end(connection, user_id)
        self._ended(ended)
        return user_id

    async def of(self, user_id: int, current: int, now: datetime) -> list[OpenSession]:
        query = (
            select(sessions)
            .where(
                sessions.c.user_id == user_id,
                sessions.c.ended_at.is_(None),
                sessions.c.expires_at > now,
            )
            .order_by(sessions.c.id.desc())
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            OpenSession(
                id=row.id,
                created_at=row.created_at,
                expires_at=row.expires_at,
                last_used_at=row.last_used_at,
                address=row.address,
                user_agent=row.user_agent,
                current=row.id == current,
            )
            for row in rows
        ]

    async def end(self, user_id: int, session_id: int, now: datetime) -> None:
        """Raises NotFound when it is not one of this account's open ones."""
        async with self._db.write() as connection:
            mine = (sessions.c.user_id == user_id) & (sessions.c.id == session_id)
            ended = await _end(connection, now, mine)
        if not ended:
            raise NotFound("session not found")
        self._ended(ended)

    async def forget(self, now: datetime) -> None:
        """Drop what has expired; its tokens are refused without a row."""
        async with self._db.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.expires_at <= now))


async def end_sessions(connection: Any, now: datetime, user_id: int) -> list[int]:
    """All of an account; their ids."""
    return await _end(connection, now, sessions.c.user_id == user_id)


async def _begin(
    connection: Any, user_id: int, origin: Origin, now: datetime, expires: datetime
) -> int:
    statement = (
        insert(sessions)
        .values(
            user_id=user_id,
            created_at=now,
            expires_at=expires,
            last_used_at=now,
            address=origin.address[:ADDRESS],
            user_agent=origin.user_agent[:USER_AGENT],
        )
        .returning(sessions.c.id)
    )
    begun: int = (await connection.execute(statement)).scalar_one()
    return begun


async def _end(connection: Any, now: datetime, which: Any) -> list[int]:
    """The ids of those that were open until now."""
    statement = (
        update(sessions)
        .where(which, sessions.c.ended_at.is_(None))
        .values(ended_at=now)
        .returning(sessions.c.id)
    )
    return list((await connection.execute(statement)).scalars())
