"""SQL of accounts, for the admins of a site."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from forepost.controller.db.derived import end
from forepost.controller.db.engine import Database
from forepost.controller.db.epoch import raise_epoch
from forepost.controller.db.tables.access import sessions
from forepost.controller.db.tables.accounts import second_factors, users
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.controller.email_address import canonical
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.rest.admin import UserPatch
from forepost.wire.rest.bodies import User

GONE = "@deleted.invalid"
"""What the address of a deleted account ends with: what it did stays, and names nobody."""
NO_SUCH = "user not found"


class SiteAccounts:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(self, q: str, limit: int, offset: int) -> tuple[list[User], int]:
        found = select(users).where(users.c.email.not_like(f"%{GONE}"))
        if q:
            named = (one.icontains(q, autoescape=True) for one in (users.c.email, users.c.name))
            found = found.where(or_(*named))
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(found.subquery()))
            page = found.order_by(users.c.id).limit(limit).offset(offset)
            rows = (await connection.execute(page)).all()
        return [_user(row) for row in rows], total or 0

    async def get(self, user_id: int) -> User:
        """Raises NotFound."""
        query = select(users).where(users.c.id == user_id, users.c.email.not_like(f"%{GONE}"))
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound(NO_SUCH)
        return _user(row)

    async def change(self, user_id: int, patch: UserPatch, now: datetime) -> User:
        """Raises NotFound, Invalid and Conflict."""
        before = await self.get(user_id)
        values: dict[str, Any] = {"updated_at": now}
        if isinstance(patch.name, str):
            values["name"] = patch.name
        if isinstance(patch.email, str) and canonical(patch.email) != before.email:
            values |= {"email": canonical(patch.email), "verified": False}
        if isinstance(patch.verified, bool):
            values["verified"] = patch.verified
        return await self._set(user_id, values)

    async def set_role(self, user_id: int, role: str, by: int, now: datetime) -> User:
        """Raises NotFound, and Invalid for whoever would be no admin any more by his own hand."""
        await self.get(user_id)
        if user_id == by and role != "SITE_ADMIN":
            raise Invalid("role: cannot demote yourself")
        return await self._set(user_id, {"role": role, "updated_at": now})

    async def delete(self, user_id: int, by: int, now: datetime) -> None:
        """No way in, no membership and no name is left; what it did stays. Raises NotFound,
        Invalid for the own account, and Conflict for one that owns workspaces.
        """
        if user_id == by:
            raise Invalid("user: cannot delete yourself")
        await self.get(user_id)
        owned = select(func.count()).where(
            workspaces.c.owner_id == user_id, workspaces.c.deleted_at.is_(None)
        )
        nobody = {
            "email": f"deleted-{user_id}{GONE}",
            "name": "",
            "role": "USER",
            "password_hash": "",
            "verified": False,
            "labels": {},
            "metadata": {},
            "locked_at": now,
            "updated_at": now,
        }
        open_ones = sessions.c.user_id == user_id, sessions.c.ended_at.is_(None)
        async with self._db.write() as connection:
            if count := await connection.scalar(owned):
                raise Conflict(f"user: owns {count} workspaces: give them away, or delete them")
            await connection.execute(update(users).where(users.c.id == user_id).values(nobody))
            await connection.execute(
                delete(second_factors).where(second_factors.c.user_id == user_id)
            )
            await connection.execute(update(sessions).where(*open_ones).values(ended_at=now))
            await end(connection, user_id)
            await connection.execute(delete(members).where(members.c.user_id == user_id))
            await raise_epoch(connection)

    async def _set(self, user_id: int, values: dict[str, Any]) -> User:
        statement = update(users).where(users.c.id == user_id).values(values).returning(*users.c)
        try:
            async with self._db.write() as connection:
                row = (await connection.execute(statement)).one()
                await raise_epoch(connection)
        except IntegrityError:
            raise Conflict("email: already in use") from None
        return _user(row)


def _user(row: Row[Any]) -> User:
    return User(
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
