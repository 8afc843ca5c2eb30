"""The route that shows who has which wanted document, and what they cannot do of it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from litestar import Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.page import Limit, Offset
from forepost.wire.base import MOST_ID
from forepost.wire.rest.bodies import Page
from forepost.wire.rest.documents import AgentDocument

ALL: Final = "/workspaces/{workspace_id:int}/documents"

Shown = Callable[[int, str, int, int, int], Awaitable[tuple[list[AgentDocument], int]]]
"""(workspace, document or "", agent or 0, limit and offset of agents) -> rows, number of agents.
Raises Invalid where no document has that name, NotFound where there is no such agent."""


def routes(shown: Shown) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_documents(
        workspace_id: FromPath[int],
        document: FromQuery[str] = "",
        agent_id: Annotated[int, QueryParameter(ge=0, le=MOST_ID)] = 0,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[AgentDocument]:
        """For each agent, a row for each document. `limit`, `offset`, `total` count agents."""
        data, total = await shown(workspace_id, document, agent_id, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    return Router("/", route_handlers=[list_documents], tags=["agents"])
