"""SQL of memberships."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from forepost.controller.access import canonical
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.workspaces import members
from forepost.kit.errors import Conflict, Forbidden, Invalid, NotFound
from forepost.wire.rest import Member, NewMember

OWNER = "OWNER"


class Members:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: int) -> list[Member]:
        query = _members().where(members.c.workspace_id == workspace_id).order_by(members.c.id)
        async with self._db.read() as connection:
            return [_member(row) for row in (await connection.execute(query)).all()]

    async def add(self, workspace_id: int, new: NewMember, now: datetime) -> Member:
        """Raises Invalid when no account fits, Conflict when it is a member already."""
        who = users.c.id == new.user_id if new.user_id else users.c.email == canonical(new.email)
        try:
            async with self._db.write() as connection:
                user_id = await connection.scalar(select(users.c.id).where(who))
                if user_id is None:
                    field = "userId" if new.user_id else "email"
                    raise Invalid(f"{field}: no such account")
                statement = (
                    insert(members)
                    .values(
                        workspace_id=workspace_id,
                        user_id=user_id,
                        role=new.role,
                        meta=new.meta,
                        created_at=now,
                        updated_at=now,
                    )
                    .returning(members.c.id)
                )
                member_id = (await connection.execute(statement)).scalar_one()
                return await _get(connection, workspace_id, member_id)
        except IntegrityError:
            raise Conflict("already a member of this workspace") from None

    async def change(self, workspace_id: int, member_id: int, role: str, now: datetime) -> Member:
        async with self._db.write() as connection:
            await _not_the_owner(connection, workspace_id, member_id)
            await connection.execute(
                update(members)
                .where(members.c.workspace_id == workspace_id, members.c.id == member_id)
                .values(role=role, updated_at=now)
            )
            return await _get(connection, workspace_id, member_id)

    async def remove(self, workspace_id: int, member_id: int) -> None:
        async with self._db.write() as connection:
            await _not_the_owner(connection, workspace_id, member_id)
            await connection.execute(
                delete(members).where(
                    members.c.workspace_id == workspace_id, members.c.id == member_id
                )
            )


async def _not_the_owner(connection: Any, workspace_id: int, member_id: int) -> None:
    if (await _get(connection, workspace_id, member_id)).role == OWNER:
        raise Forbidden("the owner's membership only changes with the ownership")


async def _get(connection: Any, workspace_id: int, member_id: int) -> Member:
    query = _members().where(members.c.workspace_id == workspace_id, members.c.id == member_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("member not found")
    return _member(row)


def _members() -> Any:
    return select(*members.c, users.c.email, users.c.name).join(
        users, users.c.id == members.c.user_id
    )


def _member(row: Row[Any]) -> Member:
    return Member(
        id=row.id,
        workspace_id=row.workspace_id,
        user_id=row.user_id,
        email=row.email,
        name=row.name,
        role=row.role,
        meta=row.meta,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
