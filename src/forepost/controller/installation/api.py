"""The route of how this controller is set up."""

from collections.abc import Awaitable, Callable

from litestar import Router, get
from litestar.di import NamedDependency

from forepost.controller.access.guard import SIGNED_IN, Caller, needs
from forepost.kit.errors import Forbidden
from forepost.wire.rest.installation import Installation

OPERATOR = "SITE_ADMIN"


def routes(
    role_of: Callable[[int], Awaitable[str]], shown: Callable[[], Awaitable[Installation]]
) -> Router:
    """`role_of`: of an account, on the whole controller."""

    @get("/installation", opt=needs(SIGNED_IN))
    async def get_installation(caller: NamedDependency[Caller]) -> Installation:
        """Settings as they are in use, for a SITE_ADMIN who is logged in: what is kept how long,
        which files look-ups have, how the controller is reached, when it was last backed up.
        """
        if caller.key_id or await role_of(caller.user_id) != OPERATOR:
            raise Forbidden("only who runs this controller sees this", required_role=OPERATOR)
        return await shown()

    return Router("/", route_handlers=[get_installation], tags=["installation"])
