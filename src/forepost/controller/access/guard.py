"""Who may do what. Every route names what it needs in `opt`; one guard reads it."""

import logging
from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import Scope
from sqlalchemy import select

from forepost.controller.access.actor import Actor
from forepost.controller.access.credentials import KEY_PREFIX, Credentials, Key, SignedIn
from forepost.controller.access.page_session import PageSession
from forepost.controller.access.peer import Peers
from forepost.controller.db.derived import RISING, smaller
from forepost.controller.db.engine import Database
from forepost.controller.db.epoch import epoch_now
from forepost.controller.db.failures import LOST
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.kit.clock import Clock
from forepost.kit.errors import Forbidden, Invalid, NotFound, Unauthenticated
from forepost.wire.base import MOST_ID

LOOK_SEC: Final = 0.5
"""Between two looks at what another process may have changed."""
NEEDS: Final = "needs"
ACTION: Final = "action"
PERSON: Final = "person"
PUBLIC: Final = "public"
"""Anybody."""
AGENT: Final = "agent"
"""An agent's PSK, checked by the fleet."""
SIGNED_IN: Final = "user"
"""Any account; never an API key."""
SITE_ADMIN: Final = "site-admin"
"""An account whose role is SITE_ADMIN; never an API key."""
RANK: Final = {role: rank for rank, role in enumerate(RISING, 1)}
"""Roles in a workspace; a higher one may do all that a lower one may."""
READS: Final = "reads"
"""The action of a POST that changes nothing: it is not in the audit log."""


def needs(what: str, action: str = "", *, person: bool = False) -> dict[str, Any]:
    """The `opt` of a route: what somebody needs who calls it.

    `action`: what the audit log calls it, for a route whose tag and method do not say it (see
    `audit.actions`). `person`: no API key will do.
    """
    return {NEEDS: what, ACTION: action, PERSON: person}


_log = logging.getLogger(__name__)


class Caller(msgspec.Struct, frozen=True):
    user_id: int
    """With an API key: who made it. It acts in that person's name."""
    role: str = ""
    """In the workspace of the path; empty outside of one."""
    session_id: int = 0
    key_id: int = 0
    """0: no API key, but a person."""
    name: str = ""
    """The person's e-mail address, or the key's name."""
    by_cookie: bool = False
    """A browser whose session is in a cookie."""

    @property
    def actor(self) -> Actor:
        if self.key_id:
            return Actor(name=self.name, api_key_id=self.key_id)
        return Actor(name=self.name, user_id=self.user_id)


class Access:
    """Knows memberships in RAM; the slices that change them say so with `forget`."""

    def __init__(
        self, db: Database, credentials: Credentials, peers: Peers, pages: PageSession
    ) -> None:
        self._db, self._credentials, self._peers = db, credentials, peers
        self.pages = pages
        self._roles: dict[tuple[int, int], str] = {}
        self._forgotten = 0
        self._epoch = -1
        self._followers: list[Callable[[], None]] = []

    def forget(self) -> None:
        """Accounts, memberships or workspaces changed: look them up again."""
        self._forgotten += 1
        self._roles.clear()
        self._credentials.forget()
        for changed in self._followers:
            changed()

    async def watch(self, clock: Clock) -> None:
        """Notice within a second what was changed past this process."""
        while True:
            try:
                async with self._db.read() as connection:
                    epoch = await epoch_now(connection)
                if epoch != self._epoch:
                    await self._credentials.look_again()
                    self.forget()
                    self._epoch = epoch
            except LOST:
                _log.debug("the database is away", exc_info=True)  # whoever needs it says so
            await clock.sleep(LOOK_SEC)

    def follow(self, changed: Callable[[], None]) -> None:
        """Have `changed` called after every `forget`, for what was let in for long."""
        self._followers.append(changed)

    async def session(self, token: str) -> SignedIn:
        """Who a JWT is. Raises Unauthenticated, also when the session or the account is gone."""
        return await self._credentials.session(token)

    async def until_over(self, session: SignedIn) -> None:
        """Return when the session has ended or expired."""
        await self._credentials.until_over(session)

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
            at_first = self._forgotten
            async with self._db.read() as connection:
                role = await connection.scalar(query)
            if role is None:
                raise NotFound("workspace not found")
            if at_first == self._forgotten:
                self._roles[workspace_id, user_id] = role
        return role

    async def guard(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Let the request pass as a Caller, or refuse it."""
        if isinstance(handler, HTTPRouteHandler) and handler.http_methods == {"OPTIONS"}:
            return  # Litestar's own: it names the methods of a path
        scope = connection.scope
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            raise Invalid("path or query: a NUL character")
        if any(isinstance(i, int) and abs(i) > MOST_ID for i in connection.path_params.values()):
            raise NotFound("not found")
        wanted = handler.opt[NEEDS]
        if wanted in (PUBLIC, AGENT):
            return
        token, by_cookie = self._presented(connection)
        if token.startswith(KEY_PREFIX):
            key = await self._credentials.key(token)
            caller = await self._by_key(key, connection.path_params, handler)
            self._note(key, connection.scope)
        else:
            session = await self._credentials.session(token)
            if by_cookie:
                self.pages.check_user(scope, session.user_id)
            caller = await self._by_session(session, connection.path_params, wanted, by_cookie)
            self._note(session, connection.scope)
        if wanted == SITE_ADMIN:
            await self._check_site_admin(caller)
        connection.scope["caller"] = caller  # type: ignore[typeddict-unknown-key]
        if wanted in RANK and RANK[caller.role] < RANK[wanted]:
            raise Forbidden("insufficient permissions", required_role=wanted)

    async def _by_session(
        self, session: SignedIn, path: Any, wanted: str, by_cookie: bool
    ) -> Caller:
        role = ""
        if wanted in RANK:
            role = await self.role_in(path["workspace_id"], session.user_id)
        return Caller(
            session.user_id, role, session.session_id, 0, session.email, by_cookie=by_cookie
        )

    async def _by_key(self, key: Key, path: Any, handler: BaseRouteHandler) -> Caller:
        """With the smaller right: the key's, or its maker's of now."""
        possible = scopes_of(handler)
        try:
            makers = await self.role_in(key.workspace_id, key.maker_id)
        except NotFound:
            raise Unauthenticated("invalid API key") from None
        if not possible:
            raise Forbidden("an API key is not enough for this: log in as a person")
        if path["workspace_id"] != key.workspace_id:
            raise NotFound("workspace not found")
        if key.scopes and not key.scopes & possible:
            raise Forbidden(f"this API key needs the scope {' or '.join(sorted(possible))}")
        return Caller(key.maker_id, smaller(key.role, makers), 0, key.key_id, key.name)

    async def _check_site_admin(self, caller: Caller) -> None:
        """Raises Forbidden."""
        query = select(users.c.role).where(users.c.id == caller.user_id)
        async with self._db.read() as connection:
            role = await connection.scalar(query)
        if role != "SITE_ADMIN":
            raise Forbidden("SITE_ADMIN is needed")

    def _presented(self, connection: ASGIConnection[Any, Any, Any, Any]) -> tuple[str, bool]:
        """The JWT or the API key of a request; True where it is that of a cookie."""
        headers = connection.headers
        if "authorization" not in headers and "x-api-key" not in headers:
            token = self.pages.token(connection.scope)
            if token:
                self.pages.check(connection.scope)
                return token, True
        return _presented(connection), False

    def _note(self, known: SignedIn | Key, scope: Any) -> None:
        if self._credentials.to_be_noted(known):
            self._credentials.note(known, self._peers.of(scope))


def scopes_of(handler: BaseRouteHandler) -> frozenset[str]:
    """The tags of a route, of which an API key must have one as scope. Empty: no key will do."""
    if handler.opt.get(NEEDS) not in RANK or handler.opt[PERSON]:
        return frozenset()
    return frozenset(handler.resolve_tags() if isinstance(handler, HTTPRouteHandler) else ())


def _presented(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The JWT or the API key of a request."""
    header = connection.headers.get("authorization")
    if header is None:
        key: str = connection.headers.get("x-api-key", "").strip()
        if not key:
            raise Unauthenticated("a bearer token is needed")
        if not key.startswith(KEY_PREFIX):
            raise Unauthenticated("invalid API key")
        return key
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("a bearer token is needed")
    return token.strip()


async def caller_of(scope: Scope) -> Caller:
    """Dependency `caller` of every route that needs an account."""
    caller: Caller = scope["caller"]  # type: ignore[typeddict-item]
    return caller
