"""Routes of accounts: register, log in and out, who am I, where am I logged in."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, delete, get, post, route
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.actor import Actor, acts
from forepost.controller.access.guard import PUBLIC, SIGNED_IN, Caller, needs
from forepost.controller.access.page_session import PageSession
from forepost.controller.access.peer import Peers
from forepost.controller.accounts.sessions import Origin, Sessions
from forepost.controller.accounts.sign_in import SignIn
from forepost.controller.accounts.store import Accounts
from forepost.kit.clock import Clock
from forepost.kit.errors import Forbidden
from forepost.wire.rest.access import AuthConfig, OpenSession, PasswordChange, PasswordChanged
from forepost.wire.rest.bodies import Done, ListOf, Login, Register, Session, User

Asked = Request[Any, Any, Any]
Connection = ASGIConnection[Any, Any, Any, Any]
CHANGES: Final = [HttpMethod.PUT, HttpMethod.PATCH]


def routes(
    sign_in: SignIn,
    accounts: Accounts,
    sessions: Sessions,
    peers: Peers,
    pages: PageSession,
    clock: Clock,
    *,
    registration: bool,
    resets: bool,
) -> Router:
    """`registration`: strangers may open accounts; `resets`: by mail there is another password."""

    def origin(request: Asked) -> Origin:
        return Origin(peers.of(request.scope), request.headers.get("user-agent", ""))

    @get("/auth/config", opt=needs(PUBLIC))
    async def config() -> AuthConfig:
        return AuthConfig(registration_enabled=registration, password_reset_enabled=resets)

    async def spend_login(connection: Connection, _: BaseRouteHandler) -> None:
        sign_in.spend_login(peers.of(connection.scope))

    async def spend_registration(connection: Connection, _: BaseRouteHandler) -> None:
        if not registration:
            raise Forbidden("registration is disabled")
        sign_in.spend_registration(peers.of(connection.scope))

    @post(
        "/auth/register",
        opt=needs(PUBLIC, "accounts.register"),
        status_code=HTTP_200_OK,
        guards=[spend_registration],
    )
    async def register(request: Asked, data: JSONBody[Register]) -> Session:
        """Open an account. The role is always USER, whatever the body says."""
        return await sign_in.register(data, origin(request), lambda who: acts(request.scope, who))

    @post(
        "/auth/login",
        opt=needs(PUBLIC, "accounts.login"),
        status_code=HTTP_200_OK,
        guards=[spend_login],
    )
    async def login(request: Asked, data: JSONBody[Login]) -> Response[Session]:
        """With `cookie`, which only the panel's own page may ask for, the session is in a cookie
        that no script can read, and `token` is empty.
        """
        if data.cookie:
            pages.check(request.scope)
        session = await sign_in.login(data, origin(request), lambda who: acts(request.scope, who))
        if not data.cookie:
            return Response(session)
        kept = pages.kept(request.scope, session.token, sign_in.lasts_sec)
        return Response(msgspec.structs.replace(session, token=""), cookies=[kept])

    @post("/auth/logout", opt=needs(SIGNED_IN, "accounts.logout"), status_code=HTTP_200_OK)
    async def logout(request: Asked, caller: NamedDependency[Caller]) -> Response[Done]:
        """The token of this request is good for nothing from here on."""
        await sessions.end(caller.user_id, caller.session_id, clock.now())
        cookies = [pages.kept(request.scope, "", 0)] if caller.by_cookie else []
        return Response(Done(), cookies=cookies)

    @get("/auth/me", opt=needs(SIGNED_IN))
    async def me(caller: NamedDependency[Caller]) -> User:
        return await accounts.get(caller.user_id)

    @route(
        "/auth/me/password",
        http_method=CHANGES,
        opt=needs(SIGNED_IN, "accounts.change-password"),
        status_code=HTTP_200_OK,
    )
    async def change_password(
        request: Asked, caller: NamedDependency[Caller], data: JSONBody[PasswordChange]
    ) -> Response[PasswordChanged]:
        """Ends all sessions of the account and, unless `keep_derived`, its API keys, PINs, share
        links and invitations; the answer has the token of a new session, or its cookie.
        """
        acts(request.scope, Actor(name=caller.name, user_id=caller.user_id))
        changed = await sign_in.change_password(caller, data, origin(request))
        if not caller.by_cookie:
            return Response(changed)
        kept = pages.kept(request.scope, changed.token, sign_in.lasts_sec)
        return Response(msgspec.structs.replace(changed, token=""), cookies=[kept])

    @get("/auth/sessions", opt=needs(SIGNED_IN))
    async def list_sessions(caller: NamedDependency[Caller]) -> ListOf[OpenSession]:
        """The caller's logins that have not ended, the newest first."""
        return ListOf(data=await sessions.of(caller.user_id, caller.session_id, clock.now()))

    @delete(
        "/auth/sessions/{session_id:int}",
        opt=needs(SIGNED_IN, "sessions.delete"),
        status_code=HTTP_200_OK,
    )
    async def end_session(caller: NamedDependency[Caller], session_id: FromPath[int]) -> Done:
        await sessions.end(caller.user_id, session_id, clock.now())
        return Done()

    return Router(
        "/",
        route_handlers=[
            config,
            register,
            login,
            logout,
            me,
            change_password,
            list_sessions,
            end_session,
        ],
        tags=["accounts"],
    )
