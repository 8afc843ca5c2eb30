"""What somebody made that lets others in: it ends with whatever it was made out of.

API keys, PINs, share links and invitations never have more right than who made them has now, nor
more than the key that they were made with. `maker_may` says so wherever one is used; `end` drops
those that nobody can use any more, so that nothing comes back with a later role.
"""

from datetime import datetime
from typing import Any, Final, Protocol, TypeVar, get_args

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.access import api_keys, sessions
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.fleet import agents, pins
from forepost.controller.db.tables.share_links import share_links
from forepost.controller.db.tables.workspaces import members
from forepost.kit.errors import Unauthenticated
from forepost.wire.rest.bodies import Role
from forepost.wire.rest.derived import Derived

Given = TypeVar("Given", bound=str)

RISING: Final[tuple[str, ...]] = get_args(Role)
ISSUES: Final = "USER"
"""The role that issues PINs and share links."""
ADMIN: Final = "ADMIN"
"""The role that invites, makes API keys and takes an agent's key away."""


def at_least(role: str) -> tuple[str, ...]:
    return RISING[RISING.index(role) :]


def smaller(one: Given, other: Given) -> Given:
    return min(one, other, key=RISING.index)


def maker_may(role: str, workspace_id: Any, maker_id: Any, key_id: Any, now: datetime) -> Any:
    """Whether who made a row may do now what needs `role`, and the key that it was made with too.

    Columns of a query, or values.
    """
    theirs, people, keys = members.alias(), users.alias(), api_keys.alias()
    is_member = exists().where(
        theirs.c.workspace_id == workspace_id,
        theirs.c.user_id == maker_id,
        theirs.c.role.in_(at_least(role)),
        people.c.id == theirs.c.user_id,
        people.c.locked_at.is_(None),
    )
    is_key = exists().where(
        keys.c.id == key_id,
        keys.c.role.in_(at_least(role)),
        keys.c.expires_at.is_(None) | (keys.c.expires_at > now),
    )
    return and_(is_member, or_(key_id.is_(None), is_key))


class Maker(Protocol):
    """Who asks, as a person with a session or with a key."""

    @property
    def user_id(self) -> int: ...
    @property
    def key_id(self) -> int: ...
    @property
    def session_id(self) -> int: ...


async def still_may(
    connection: AsyncConnection, by: Maker, role: str, workspace_id: int, now: datetime
) -> None:
    """In the transaction that makes something: what ended since the request was let in, while a
    PIN was hashed or it waited its turn, makes nothing any more. Raises Unauthenticated.

    The rows are held, so that whoever ends them afterwards finds what was made.
    """
    in_by = sessions.c.id == by.session_id, sessions.c.ended_at.is_(None)
    let_in = select(sessions.c.id).where(*in_by, sessions.c.expires_at > now)
    if by.key_id:
        let_in = select(api_keys.c.id).where(api_keys.c.id == by.key_id)
    for query in (
        select(users.c.id).where(users.c.id == by.user_id, users.c.locked_at.is_(None)),
        let_in,
        select(members.c.id).where(
            members.c.workspace_id == workspace_id,
            members.c.user_id == by.user_id,
            members.c.role.in_(at_least(role)),
        ),
    ):
        if await connection.scalar(query.with_for_update(read=True)) is None:
            raise Unauthenticated("what let this request in has ended")


async def end(
    connection: AsyncConnection, maker_id: int, *, workspace_id: int | None = None
) -> list[Derived]:
    """All that an account made, in one workspace or in all of them: it is locked, no member any
    more, or has another password.
    """
    ended = await _drop(connection, api_keys, api_keys.c.created_by == maker_id, workspace_id)
    return ended + await end_beyond(connection, maker_id, "", workspace_id=workspace_id)


async def end_beyond(
    connection: AsyncConnection, maker_id: int, role: str, *, workspace_id: int | None
) -> list[Derived]:
    """What an account of this role ("": none) could not make any more. Keys stay, for they are
    never better than their maker.
    """
    rank = RISING.index(role) if role else -1
    ended: list[Derived] = []
    if rank < RISING.index(ISSUES):
        ended += await _drop_pins(connection, pins.c.created_by == maker_id, workspace_id)
        mine = share_links.c.created_by == maker_id
        ended += await _drop(connection, share_links, mine, workspace_id)
    if rank < RISING.index(ADMIN):
        mine = and_(members.c.invited_by == maker_id, members.c.accepted_at.is_(None))
        ended += await _drop(connection, members, mine, workspace_id)
    return ended


async def end_of_key(connection: AsyncConnection, key_id: int) -> list[Derived]:
    """What was made with a key that is no more."""
    pending = and_(members.c.invited_by_key == key_id, members.c.accepted_at.is_(None))
    return [
        *await _drop_pins(connection, pins.c.api_key_id == key_id, None),
        *await _drop(connection, share_links, share_links.c.api_key_id == key_id, None),
        *await _drop(connection, members, pending, None),
    ]


async def kept(
    connection: AsyncConnection, maker_id: int, role: Role, *, workspace_id: int
) -> list[Derived]:
    """What an account made in a workspace and what goes on: keys (with this role at most), PINs,
    links, invitations; agents that enrolled with one of its PINs, and members whom it invited.
    """
    found = [
        Derived(kind="api-key", id=row.id, name=row.name, role=smaller(row.role, role))
        for row in await connection.execute(
            select(api_keys)
            .where(api_keys.c.workspace_id == workspace_id, api_keys.c.created_by == maker_id)
            .order_by(api_keys.c.id)
        )
    ]
    found += [
        Derived(kind="pin", id=row.id, name=row.name)
        for row in await connection.execute(
            select(pins.c.id, agents.c.name)
            .join(agents, agents.c.id == pins.c.agent_id)
            .where(
                agents.c.workspace_id == workspace_id,
                pins.c.created_by == maker_id,
                pins.c.consumed_at.is_(None),
            )
            .order_by(pins.c.id)
        )
    ]
    found += [
        Derived(kind="share-link", id=row.id, name=row.name)
        for row in await connection.execute(
            select(share_links.c.id, agents.c.name)
            .join(agents, agents.c.id == share_links.c.agent_id)
            .where(share_links.c.workspace_id == workspace_id, share_links.c.created_by == maker_id)
            .order_by(share_links.c.id)
        )
    ]
    found += [
        Derived(
            kind="invitation" if row.accepted_at is None else "member",
            id=row.id,
            name=row.email or row.account,
            role=row.role,
        )
        for row in await connection.execute(
            select(*members.c, users.c.email.label("account"))
            .outerjoin(users, users.c.id == members.c.user_id)
            .where(members.c.workspace_id == workspace_id, members.c.invited_by == maker_id)
            .order_by(members.c.id)
        )
    ]
    found += [
        Derived(kind="agent", id=row.id, name=row.name)
        for row in await connection.execute(
            select(agents.c.id, agents.c.name)
            .join(pins, pins.c.id == agents.c.psk_pin_id)
            .where(
                agents.c.workspace_id == workspace_id,
                agents.c.deleted_at.is_(None),
                agents.c.psk_sha256 != "",
                pins.c.created_by == maker_id,
            )
            .order_by(agents.c.id)
        )
    ]
    return found


async def _drop(
    connection: AsyncConnection, table: Any, mine: ColumnElement[bool], workspace_id: int | None
) -> list[Derived]:
    here = true() if workspace_id is None else table.c.workspace_id == workspace_id
    statement = delete(table).where(mine, here).returning(*table.c)
    rows = (await connection.execute(statement)).all()
    if table is api_keys:
        return [Derived(kind="api-key", id=r.id, name=r.name, role=r.role) for r in rows]
    if table is members:
        return [Derived(kind="invitation", id=r.id, name=r.email, role=r.role) for r in rows]
    names = await _names(connection, {row.agent_id for row in rows})
    return [Derived(kind="share-link", id=r.id, name=names.get(r.agent_id, "")) for r in rows]


async def _drop_pins(
    connection: AsyncConnection, mine: ColumnElement[bool], workspace_id: int | None
) -> list[Derived]:
    """Those that are open; a used one stays, for it says who let an agent in."""
    theirs = select(agents.c.id).where(agents.c.workspace_id == workspace_id)
    here = true() if workspace_id is None else pins.c.agent_id.in_(theirs)
    statement = delete(pins).where(mine, here, pins.c.consumed_at.is_(None))
    rows = (await connection.execute(statement.returning(pins.c.id, pins.c.agent_id))).all()
    names = await _names(connection, {row.agent_id for row in rows})
    return [Derived(kind="pin", id=row.id, name=names.get(row.agent_id, "")) for row in rows]


async def _names(connection: AsyncConnection, agent_ids: set[int]) -> dict[int, str]:
    if not agent_ids:
        return {}
    query = select(agents.c.id, agents.c.name).where(agents.c.id.in_(agent_ids))
    return {row.id: row.name for row in await connection.execute(query)}
