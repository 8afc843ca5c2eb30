"""SQL of memberships: those who are members, their roles, whose the workspace is."""

from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.derived import end, end_beyond, kept
from forepost.controller.db.engine import Database, unique
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.kit.errors import Forbidden, Invalid, NotFound
from forepost.wire.rest.bodies import Role
from forepost.wire.rest.derived import Derived, Ended
from forepost.wire.rest.membership import Member

OWNER: Final = "OWNER"
TWICE: Final = "already a member of this workspace, or invited to it"


class Members:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: int) -> list[Member]:
        """Also those who are only invited."""
        query = whole().where(members.c.workspace_id == workspace_id).order_by(members.c.id)
        async with self._db.read() as connection:
            return [member(row) for row in (await connection.execute(query)).all()]

    async def change(self, workspace_id: int, member_id: int, role: Role, now: datetime) -> Member:
        """What a member made beyond the new role ends; the answer says what did."""
        async with self._db.write() as connection:
            await _not_the_owner(connection, workspace_id, member_id)
            await connection.execute(
                update(members)
                .where(members.c.workspace_id == workspace_id, members.c.id == member_id)
                .values(role=role, updated_at=now)
            )
            changed = await one(connection, workspace_id, member_id)
            if not changed.user_id:
                return changed
            who = changed.user_id
            ended = await end_beyond(connection, who, role, workspace_id=workspace_id)
            stays = await kept(connection, who, role, workspace_id=workspace_id)
        return msgspec.structs.replace(changed, ended=ended or UNSET, kept=stays or UNSET)

    async def remove(self, workspace_id: int, member_id: int) -> Ended:
        """With all that lets others in and was made by this member; or withdraw an invitation."""
        async with self._db.write() as connection:
            await _not_the_owner(connection, workspace_id, member_id)
            gone = await one(connection, workspace_id, member_id)
            await connection.execute(
                delete(members).where(
                    members.c.workspace_id == workspace_id, members.c.id == member_id
                )
            )
            if not gone.user_id:
                return Ended()
            ended = await end(connection, gone.user_id, workspace_id=workspace_id)
            stays = await kept(connection, gone.user_id, "VIEWER", workspace_id=workspace_id)
        account = Derived(kind="account", id=gone.user_id, name=gone.email)
        return Ended(ended=ended or UNSET, kept=[account, *stays])

    async def transfer(self, workspace_id: int, to_user_id: int, now: datetime) -> None:
        """Give the workspace to a member; who had it becomes an ADMIN. Raises Invalid, Conflict."""
        here = members.c.workspace_id == workspace_id
        with unique("newOwnerUserId: that user owns a workspace of this name already"):
            async with self._db.write() as connection:
                query = select(members.c.role).where(here, members.c.user_id == to_user_id)
                role = await connection.scalar(query)
                if role is None:
                    raise Invalid("newOwnerUserId: is not a member of this workspace")
                if role == OWNER:
                    raise Invalid("newOwnerUserId: owns this workspace already")
                for condition, new_role in (
                    (members.c.role == OWNER, "ADMIN"),
                    (members.c.user_id == to_user_id, OWNER),
                ):
                    await connection.execute(
                        update(members).where(here, condition).values(role=new_role, updated_at=now)
                    )
                await connection.execute(
                    update(workspaces)
                    .where(workspaces.c.id == workspace_id)
                    .values(owner_id=to_user_id, updated_at=now)
                )


async def _not_the_owner(connection: AsyncConnection, workspace_id: int, member_id: int) -> None:
    if (await one(connection, workspace_id, member_id)).role == OWNER:
        raise Forbidden("the owner's membership only changes with the ownership")


async def one(connection: AsyncConnection, workspace_id: int, member_id: int) -> Member:
    """Raises NotFound."""
    query = whole().where(members.c.workspace_id == workspace_id, members.c.id == member_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("member not found")
    return member(row)


def whole() -> Select[Any]:
    account = users.c.email.label("account_email"), users.c.name.label("account_name")
    return select(*members.c, *account).outerjoin(users, users.c.id == members.c.user_id)


def member(row: Row[Any]) -> Member:
    """Of a row of `whole`."""
    return Member(
        id=row.id,
        workspace_id=row.workspace_id,
        user_id=row.user_id or 0,
        email=row.account_email or row.email,
        name=row.account_name or "",
        role=row.role,
        meta=row.meta,
        created_at=row.created_at,
        updated_at=row.updated_at,
        invited_at=row.invited_at,
        accepted_at=row.accepted_at,
        invite_expires_at=row.invite_expires_at,
    )
