"""Who may do what. Every route names what it needs in `opt`; one guard reads it."""

from typing import Any, Final

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope
from sqlalchemy import select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.controller.tokens import Tokens
from forepost.kit.errors import Forbidden, NotFound, Unauthenticated

NEEDS: Final = "needs"
PUBLIC: Final = "public"
"""Anybody."""
AGENT: Final = "agent"
"""An agent's PSK, checked by the fleet."""
SIGNED_IN: Final = "user"
"""Any account."""
RANK: Final = {"VIEWER": 1, "USER": 2, "ADMIN": 3, "OWNER": 4}
"""Roles in a workspace; a higher one may do all that a lower one may."""


def needs(what: str) -> dict[str, str]:
    """The `opt` of a route: what somebody needs who calls it."""
    return {NEEDS: what}


class Caller(msgspec.Struct, frozen=True):
    user_id: int
    role: str = ""
    """In the workspace of the path; empty outside of one."""


class Access:
    """Knows accounts and memberships in RAM; the slices that change them say so with `forget`."""

    def __init__(self, db: Database, tokens: Tokens) -> None:
        self._db, self._tokens = db, tokens
        self._roles: dict[tuple[int, int], str] = {}
        self._users: set[int] = set()

    def forget(self) -> None:
        """Memberships changed: look them up again."""
        self._roles.clear()
        self._users.clear()

    async def user_of(self, token: str) -> int:
        """Raises Unauthenticated, also when the account is gone."""
        user_id = self._tokens.verify(token).user_id
        if user_id not in self._users:
            async with self._db.read() as connection:
                if await connection.scalar(select(users.c.id).where(users.c.id == user_id)) is None:
                    raise Unauthenticated("invalid token")
            self._users.add(user_id)
        return user_id

    async def role_in(self, workspace_id: int, user_id: int) -> str:
        """Raises NotFound, alike for a workspace that is not there and one of others."""
        role = self._roles.get((workspace_id, user_id))
        if role is None:
            query = (
                select(members.c.role)
                .join(workspaces, workspaces.c.id == members.c.workspace_id)
                .where(
                    members.c.workspace_id == workspace_id,
                    members.c.user_id == user_id,
                    workspaces.c.deleted_at.is_(None),
                )
            )
            async with self._db.read() as connection:
                role = await connection.scalar(query)
            if role is None:
                raise NotFound("workspace not found")
            self._roles[workspace_id, user_id] = role
        return role

    async def guard(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Let the request pass as a Caller, or refuse it."""
        wanted = handler.opt[NEEDS]
        if wanted in (PUBLIC, AGENT):
            return
        user_id = await self.user_of(_bearer(connection.headers.get("authorization", "")))
        if wanted == SIGNED_IN:
            connection.scope["caller"] = Caller(user_id)  # type: ignore[typeddict-unknown-key]
            return
        role = await self.role_in(connection.path_params["workspace_id"], user_id)
        if RANK[role] < RANK[wanted]:
            raise Forbidden("insufficient permissions", required_role=wanted)
        connection.scope["caller"] = Caller(user_id, role)  # type: ignore[typeddict-unknown-key]


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("a bearer token is needed")
    return token.strip()


def canonical(email: str) -> str:
    """How addresses of accounts are kept and looked up."""
    return email.strip().lower()


async def caller_of(scope: Scope) -> Caller:
    """Dependency `caller` of every route that needs an account."""
    caller: Caller = scope["caller"]  # type: ignore[typeddict-item]
    return caller
