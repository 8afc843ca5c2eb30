"""Routes of who has lost a password, and is nobody until there is another one."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Router, get, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import PUBLIC, needs
from forepost.controller.accounts.lost_password import LostPasswords
from forepost.wire.rest.access import LostPassword, PasswordReset, ResetState
from forepost.wire.rest.bodies import Done


def routes(
    lost: LostPasswords,
    spend_login: Callable[[ASGIConnection[Any, Any, Any, Any]], None],
    page_of: Callable[[Any], str],
) -> Router:
    """`page_of`: which page of another host asks, as far as it may; "" for all others."""

    async def spend(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        spend_login(connection)

    @post(
        "/auth/lost-password",
        opt=needs(PUBLIC, "accounts.lost-password"),
        status_code=HTTP_200_OK,
        guards=[spend],
    )
    async def lost_password(request: Request[Any, Any, Any], data: JSONBody[LostPassword]) -> Done:
        """Mail a link to the address of an account. The answer is the same where there is none."""
        await lost.ask(data.email, page_of(request.scope))
        return Done()

    @post(
        "/auth/reset-password",
        opt=needs(PUBLIC, "accounts.reset-password"),
        status_code=HTTP_200_OK,
        guards=[spend],
    )
    async def reset_password(data: JSONBody[PasswordReset]) -> Done:
        """Another password, by the token of a mail. All sessions of the account end."""
        await lost.reset(data)
        return Done()

    @get("/auth/reset-password/{token:str}", opt=needs(PUBLIC), guards=[spend])
    async def look_at_reset(token: FromPath[str]) -> ResetState:
        """Whether the link of a mail can still be used."""
        if await lost.is_good(token):
            return ResetState(valid=True)
        return ResetState(valid=False, reason="invalid")

    return Router(
        "/",
        route_handlers=[lost_password, reset_password, look_at_reset],
        tags=["accounts"],
    )
