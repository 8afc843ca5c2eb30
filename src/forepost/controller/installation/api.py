"""The route of how this controller is set up."""

from collections.abc import Awaitable, Callable

from litestar import Router, get

from forepost.controller.access.guard import SITE_ADMIN, needs
from forepost.wire.rest.installation import Installation


def routes(shown: Callable[[], Awaitable[Installation]]) -> Router:
    @get("/installation", opt=needs(SITE_ADMIN))
    async def get_installation() -> Installation:
        """Settings as they are in use: what is kept how long, which files look-ups have, how the
        controller is reached, when it was last backed up.
        """
        return await shown()

    return Router("/", route_handlers=[get_installation], tags=["installation"])
