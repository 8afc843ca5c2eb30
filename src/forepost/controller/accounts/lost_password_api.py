"""Routes of who has lost a password, and is nobody until there is another one."""

from collections.abc import Callable
from typing import Any

from litestar import Router, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import PUBLIC, needs
from forepost.controller.accounts.lost_password import LostPasswords
from forepost.wire.rest.access import LostPassword, PasswordReset
from forepost.wire.rest.bodies import Done


def routes(
    lost: LostPasswords, spend_login: Callable[[ASGIConnection[Any, Any, Any, Any]], None]
) -> Router:
    async def spend(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        spend_login(connection)

    @post(
        "/auth/lost-password",
        opt=needs(PUBLIC, "accounts.lost-password"),
        status_code=HTTP_200_OK,
        guards=[spend],
    )
    async def lost_password(data: JSONBody[LostPassword]) -> Done:
        """Mail a link to the address of an account. The answer is the same where there is none."""
        await lost.ask(data.email)
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

    return Router("/", route_handlers=[lost_password, reset_password], tags=["accounts"])
