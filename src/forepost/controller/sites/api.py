"""Routes of sites: all of them in one answer, and one of them probe by probe."""

from typing import Annotated, Final

from litestar import MediaType, Response, Router, get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.sites.service import Sites
from forepost.wire.rest.sites import AgentStrips, SiteList

ONE: Final = "/workspaces/{workspace_id:int}"
Hours = Annotated[int, QueryParameter(ge=1, le=24)]
Cells = Annotated[
    int, QueryParameter(ge=1, le=96, description="Of a whole number of quarters of an hour each")
]
_SHOWN: Final = {200: ResponseSpec(SiteList, description="As it is now", generate_examples=False)}


def routes(sites: Sites) -> Router:
    @get(ONE + "/sites", opt=needs("VIEWER"), responses=_SHOWN)
    async def list_sites(
        workspace_id: FromPath[int], hours: Hours = 24, cells: Cells = 48
    ) -> Response[bytes]:
        """Every agent with its verdict, its worst probe and a strip of the last hours, in one
        answer; three seconds old at most, or 20 times what it took to make, up to 20 s.
        """
        body = await sites.body(workspace_id, hours, cells)
        return Response(body, media_type=MediaType.JSON)

    @get(ONE + "/agents/{agent_id:int}/strips", opt=needs("VIEWER"))
    async def get_strips(
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        hours: Hours = 24,
        cells: Cells = 48,
    ) -> AgentStrips:
        """Every probe and target of one agent: strip, course and newest figure of its type."""
        return await sites.of_agent(workspace_id, agent_id, hours, cells)

    return Router("/", route_handlers=[list_sites, get_strips], tags=["sites"])
