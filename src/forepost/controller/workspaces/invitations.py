"""SQL of invitations: memberships that nobody has accepted yet."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, delete, false, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.access.guard import Caller
from forepost.controller.db.derived import ADMIN, maker_may, still_may
from forepost.controller.db.engine import Database, unique
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.controller.email_address import canonical
from forepost.controller.workspaces.members import TWICE, one
from forepost.kit.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from forepost.wire.rest.membership import Invitation, Member, NewMember, PendingInvitation

LASTS: Final = timedelta(days=7)
NONE_SUCH: Final = "invitation not found"
UNPROVEN: Final = "your address is not proven: only the link of an invitation lets you accept it"

Mail = Callable[[AsyncConnection, int, str, str, str], Awaitable[None]]
"""(connection, workspace id, to, subject, text): sent when the transaction is committed."""


class Invited(msgspec.Struct, frozen=True):
    """An invitation that can be accepted now."""

    workspace_id: int
    member_id: int
    email: str
    user_id: int | None
    """The account that was named by its number."""
    token_mailed: bool

    def is_for(self, user_id: int, email: str) -> bool:
        return self.email == email if self.user_id is None else self.user_id == user_id


class Invitations:
    def __init__(
        self, db: Database, mail: Mail | None, public_url: str, *, trust_addresses: bool
    ) -> None:
        """`mail` None: there is no mail server; the inviter hands the link on.

        `trust_addresses`: an account has the address that it says.
        """
        self._db, self._mail, self._public_url = db, mail, public_url
        self._trust = trust_addresses

    async def invite(self, workspace_id: int, by: Caller, new: NewMember, now: datetime) -> Member:
        """Raises Invalid, NotFound and Conflict. The token is in the mail or, where none is sent,
        in the answer: who has a token that was mailed is the owner of the address.
        """
        token = secrets.token_urlsafe(32)
        name = select(workspaces.c.name).where(workspaces.c.id == workspace_id)
        with unique(TWICE):
            async with self._db.write_more(members, workspace_id) as connection:
                await still_may(connection, by, ADMIN, workspace_id, now)
                email, user_id = await _addressee(connection, by, new)
                await _not_a_member(connection, workspace_id, email, user_id)
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
                        invited_by=by.user_id,
                        invited_by_key=by.key_id or None,
                        invited_user_id=user_id,
                        token_mailed=self._mail is not None,
                        created_at=now,
                        updated_at=now,
                    )
                    .returning(members.c.id)
                )
                member_id = (await connection.execute(statement)).scalar_one()
                if self._mail is not None:
                    text = _text(by.name, await connection.scalar(name), self._link(token))
                    subject = f"{by.name} invites you to forepost"
                    await self._mail(connection, workspace_id, email, subject, text)
                made = await one(connection, workspace_id, member_id)
        if self._mail is not None:
            return msgspec.structs.replace(made, invite_email_sent=True)
        return msgspec.structs.replace(made, invite_email_sent=False, invite_token=token)

    async def shown(self, token: str, now: datetime) -> Invitation:
        """Raises NotFound, Gone and Conflict."""
        async with self._db.read() as connection:
            row = await _by_token(connection, token, now)
            theirs = users.c.email == row.email
            if row.token_mailed:
                theirs &= users.c.verified  # who has this token is the owner, and may claim it
            has_account = await connection.scalar(select(users.c.id).where(theirs))
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
            return _invited(await _by_token(connection, token, now))

    async def pending(self, workspace_id: int, user_id: int, now: datetime) -> Invited:
        """What an account is invited to. Raises NotFound, Gone and Forbidden."""
        async with self._db.read() as connection:
            mine = await self._are_for(connection, user_id)
            query = _open(now).where(mine, members.c.workspace_id == workspace_id)
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                # The same whether or not somebody of that name is invited.
                if not await self._is_proven(connection, user_id):
                    raise Forbidden(UNPROVEN)
                raise NotFound(NONE_SUCH)
        _in_time(row, now)
        return _invited(row)

    async def mine(self, user_id: int, now: datetime) -> list[PendingInvitation]:
        async with self._db.read() as connection:
            query = _open(now).where(
                await self._are_for(connection, user_id), members.c.invite_expires_at > now
            )
            rows = (await connection.execute(query.order_by(members.c.id))).all()
        return [
            PendingInvitation(
                id=row.id,
                workspace_id=row.workspace_id,
                workspace_name=row.workspace_name,
                email=row.email,
                role=row.role,
                invited_by=row.inviter or "",
                expires_at=row.invite_expires_at,
            )
            for row in rows
        ]

    async def decline(self, member_id: int, user_id: int, now: datetime) -> None:
        """Raises NotFound."""
        async with self._db.write() as connection:
            mine = await self._are_for(connection, user_id)
            statement = delete(members).where(
                mine, members.c.id == member_id, members.c.accepted_at.is_(None)
            )
            if (await connection.execute(statement)).rowcount != 1:
                raise NotFound(NONE_SUCH)

    async def accept(
        self, invited: Invited, user_id: int, now: datetime, *, verified: bool = False
    ) -> Member:
        """Raises NotFound when it was withdrawn or accepted meanwhile, Conflict for a member.

        `verified`: a token that was mailed to the account's address came back.
        """
        statement = (
            update(members)
            .where(
                members.c.workspace_id == invited.workspace_id,
                members.c.id == invited.member_id,
                members.c.accepted_at.is_(None),
                _inviter_may(now),
            )
            # The address stays free for a new invitation; its account is known now.
            .values(user_id=user_id, email="", accepted_at=now, updated_at=now)
        )
        with unique(TWICE):
            async with self._db.write() as connection:
                if (await connection.execute(statement)).rowcount != 1:
                    raise NotFound(NONE_SUCH)
                if verified:
                    await connection.execute(
                        update(users)
                        .where(users.c.id == user_id)
                        .values(verified=True, updated_at=now)
                    )
                return await one(connection, invited.workspace_id, invited.member_id)

    async def _is_proven(self, connection: AsyncConnection, user_id: int) -> bool:
        query = select(users.c.verified).where(users.c.id == user_id)
        return self._trust or bool(await connection.scalar(query))

    async def _are_for(self, connection: AsyncConnection, user_id: int) -> ColumnElement[bool]:
        """Those that name the account by its number, or by an address that is proven its own."""
        proven = await self._is_proven(connection, user_id)
        email = select(users.c.email).where(users.c.id == user_id).scalar_subquery()
        by_address = members.c.invited_user_id.is_(None) & (members.c.email == email)
        return or_(members.c.invited_user_id == user_id, by_address if proven else false())

    def _link(self, token: str) -> str:
        return f"{self._public_url.rstrip('/')}/#/invite/{token}"


async def _addressee(
    connection: AsyncConnection, by: Caller, new: NewMember
) -> tuple[str, int | None]:
    """Whom a body names: an address, and the account where that was named by its number.

    By number only who shares a workspace with the caller: a number that can be counted up tells
    nobody who has it. A key is no person, and shares none.
    """
    if not new.user_id:
        if not new.email.strip():
            raise Invalid("email: an address, or userId, is needed")
        return canonical(new.email), None
    theirs, ours = members.alias(), members.alias()
    shared = (
        select(users.c.email)
        .join(theirs, theirs.c.user_id == users.c.id)
        .join(ours, ours.c.workspace_id == theirs.c.workspace_id)
        .join(workspaces, workspaces.c.id == ours.c.workspace_id)
        .where(
            users.c.id == new.user_id,
            ours.c.user_id == (0 if by.key_id else by.user_id),
            workspaces.c.deleted_at.is_(None),
        )
        .limit(1)
    )
    email = await connection.scalar(shared)
    if email is None:
        raise NotFound("userId: no such account")
    return email, new.user_id


async def _not_a_member(
    connection: AsyncConnection, workspace_id: int, email: str, user_id: int | None
) -> None:
    """Raises Conflict."""
    who = users.c.email == email if user_id is None else users.c.id == user_id
    query = (
        select(members.c.id)
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.workspace_id == workspace_id, who)
    )
    if await connection.scalar(query) is not None:
        raise Conflict(TWICE)


def _inviter_may(now: datetime) -> Any:
    """An invitation is good for as long as who made it could make it."""
    return maker_may(
        ADMIN, members.c.workspace_id, members.c.invited_by, members.c.invited_by_key, now
    )


def _open(now: datetime) -> Select[Any]:
    """Those that can be accepted, with their workspace and who invites."""
    return (
        select(
            *members.c, workspaces.c.name.label("workspace_name"), users.c.email.label("inviter")
        )
        .join(workspaces, workspaces.c.id == members.c.workspace_id)
        .outerjoin(users, users.c.id == members.c.invited_by)
        .where(
            members.c.accepted_at.is_(None), workspaces.c.deleted_at.is_(None), _inviter_may(now)
        )
    )


def _invited(row: Row[Any, *tuple[Any, ...]]) -> Invited:
    return Invited(row.workspace_id, row.id, row.email, row.invited_user_id, row.token_mailed)


async def _by_token(
    connection: AsyncConnection, token: str, now: datetime
) -> Row[Any, *tuple[Any, ...]]:
    query = (
        select(*members.c, workspaces.c.name.label("workspace_name"))
        .join(workspaces, workspaces.c.id == members.c.workspace_id)
        .where(members.c.invite_sha256 == _sha256(token), workspaces.c.deleted_at.is_(None))
        .where(members.c.accepted_at.is_not(None) | _inviter_may(now))
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
