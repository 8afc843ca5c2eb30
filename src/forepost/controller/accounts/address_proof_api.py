"""Routes by which an account shows that its address is its own."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Router, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import PUBLIC, SIGNED_IN, Caller, needs
from forepost.controller.accounts.address_proof import AddressProofs
from forepost.wire.rest.access import AddressProof, MailOutcome


def routes(
    proofs: AddressProofs,
    spend_login: Callable[[ASGIConnection[Any, Any, Any, Any]], None],
    page_of: Callable[[Any], str],
) -> Router:
    """`page_of`: which page of another host asks, as far as it may; "" for all others."""

    async def spend(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        spend_login(connection)

    @post(
        "/auth/resend-verification",
        opt=needs(SIGNED_IN, "accounts.ask-proof"),
        status_code=HTTP_200_OK,
    )
    async def ask(request: Request[Any, Any, Any], caller: NamedDependency[Caller]) -> MailOutcome:
        """Mail a token to the caller's address, once a minute; 503 where no mail is set up."""
        email = await proofs.ask(caller.user_id, page_of(request.scope))
        return MailOutcome(message=f"a mail is on its way to {email}")

    @post(
        "/auth/verify-email",
        opt=needs(PUBLIC, "accounts.prove"),
        status_code=HTTP_200_OK,
        guards=[spend],
    )
    async def prove(data: JSONBody[AddressProof]) -> MailOutcome:
        """Show that a mail was read."""
        await proofs.prove(data.token)
        return MailOutcome(message="the address is proven")

    return Router("/", route_handlers=[ask, prove], tags=["accounts"])
