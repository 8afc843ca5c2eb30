"""SQL of invitations: memberships of an address that has nobody yet."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.access import canonical
from forepost.controller.db.engine import Database, unique
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.controller.workspaces.members import TWICE, one
from forepost.kit.errors import Conflict, Gone, NotFound
from forepost.wire.membership import Invitation, Member, NewMember

LASTS: Final = timedelta(days=7)
NONE_SUCH: Final = "invitation not found"

Mail = Callable[[AsyncConnection, int, str, str, str], Awaitable[None]]
"""(connection, workspace id, to, subject, text): sent when the transaction is committed."""


class Invited(msgspec.Struct, frozen=True):
    """An invitation that can be accepted now."""

    workspace_id: int
    member_id: int
    email: str


class Invitations:
    def __init__(self, db: Database, mail: Mail | None, public_url: str) -> None:
        """`mail` None: there is no mail server; the inviter hands the link on."""
        self._db, self._mail, self._public_url = db, mail, public_url

    async def invite(self, workspace_id: int, by: str, new: NewMember, now: datetime) -> Member:
        """Raises Conflict. The token in the answer is kept nowhere but in the mail."""
        token = secrets.token_urlsafe(32)
        email = canonical(new.email)
        statement = (
            insert(members)
            .values(
                workspace_id=workspace_id,
                user_id=None,
                email=email,
                role=new.role,
                meta=new.meta,
                invited_at=now,
                invite_expires_at=now + LASTS,
                invite_sha256=_sha256(token),
                created_at=now,
                updated_at=now,
            )
            .returning(members.c.id)
        )
        name = select(workspaces.c.name).where(workspaces.c.id == workspace_id)
        with unique(TWICE):
            async with self._db.write() as connection:
                member_id = (await connection.execute(statement)).scalar_one()
                if self._mail is not None:
                    text = _text(by, await connection.scalar(name), self._link(token))
                    subject = f"{by} invites you to forepost"
                    await self._mail(connection, workspace_id, email, subject, text)
                made = await one(connection, workspace_id, member_id)
        return msgspec.structs.replace(
            made, invite_token=token, invite_email_sent=self._mail is not None
        )

    async def shown(self, token: str, now: datetime) -> Invitation:
        """Raises NotFound, Gone and Conflict."""
        async with self._db.read() as connection:
            row = await _by_token(connection, token, now)
            has_account = await connection.scalar(
                select(users.c.id).where(users.c.email == row.email)
            )
        return Invitation(
            workspace_id=row.workspace_id,
            workspace_name=row.workspace_name,
            email=row.email,
            role=row.role,
            expires_at=row.invite_expires_at,
            has_account=has_account is not None,
        )

    async def held(self, token: str, now: datetime) -> Invited:
        """What a token is good for. Raises NotFound, Gone and Conflict."""
        async with self._db.read() as connection:
            row = await _by_token(connection, token, now)
        return Invited(row.workspace_id, row.id, row.email)

    async def pending(self, workspace_id: int, email: str, now: datetime) -> Invited:
        """What an address is invited to. Raises NotFound and Gone."""
        query = select(members).where(
            members.c.workspace_id == workspace_id,
            members.c.email == canonical(email),
            members.c.accepted_at.is_(None),
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound(NONE_SUCH)
        _in_time(row, now)
        return Invited(row.workspace_id, row.id, row.email)

    async def accept(self, invited: Invited, user_id: int, now: datetime) -> Member:
        """Raises NotFound when it was withdrawn or accepted meanwhile, Conflict for a member."""
        statement = (
            update(members)
            .where(
                members.c.workspace_id == invited.workspace_id,
                members.c.id == invited.member_id,
                members.c.accepted_at.is_(None),
            )
            # The address stays free for a new invitation; its account is known now.
            .values(user_id=user_id, email="", accepted_at=now, updated_at=now)
        )
        with unique(TWICE):
            async with self._db.write() as connection:
                if (await connection.execute(statement)).rowcount != 1:
                    raise NotFound(NONE_SUCH)
                return await one(connection, invited.workspace_id, invited.member_id)

    def _link(self, token: str) -> str:
        return f"{self._public_url.rstrip('/')}/#/invite/{token}"


async def _by_token(
    connection: AsyncConnection, token: str, now: datetime
) -> Row[Any, *tuple[Any, ...]]:
    query = (
        select(*members.c, workspaces.c.name.label("workspace_name"))
        .join(workspaces, workspaces.c.id == members.c.workspace_id)
        .where(members.c.invite_sha256 == _sha256(token), workspaces.c.deleted_at.is_(None))
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound(NONE_SUCH)
    if row.accepted_at is not None:
        raise Conflict("the invitation has been accepted already")
    _in_time(row, now)
    return row


def _in_time(row: Row[Any, *tuple[Any, ...]], now: datetime) -> None:
    if row.invite_expires_at is not None and row.invite_expires_at <= now:
        raise Gone("the invitation has expired")


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _text(by: str, workspace: str | None, link: str) -> str:
    return (
        f"{by} invites you to the workspace {workspace!r} of a forepost controller.\n\n"
        f"{link}\n\n"
        f"The link is good for {LASTS.days} days. If you do not know what this is about, do\n"
        "nothing.\n"
    )
