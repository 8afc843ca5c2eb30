"""Routes of the network map, the matrix and the health of a workspace."""

from typing import Annotated, Any, Final

from litestar import MediaType, Response, Router, get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.topology.service import Kind, Topology
from forepost.wire.rest.topology import (
    LOOKBACK_MIN,
    MOST_LOOKBACK_MIN,
    Matrix,
    NetworkMap,
    WorkspaceHealth,
)

ONE: Final = "/workspaces/{workspace_id:int}"
Lookback = Annotated[int, QueryParameter(ge=1, le=MOST_LOOKBACK_MIN)]
"""Minutes."""
Brief = Annotated[
    bool, QueryParameter(description="Without the probes of each agent; the counts stay")
]


def routes(topology: Topology) -> Router:
    async def answer(kind: Kind, workspace_id: int, lookback: int) -> Response[bytes]:
        body = await topology.body(kind, workspace_id, lookback)
        return Response(body, media_type=MediaType.JSON)

    @get(ONE + "/network-map", opt=needs("VIEWER"), responses=_shown(NetworkMap))
    async def get_map(
        workspace_id: FromPath[int], lookback: Lookback = LOOKBACK_MIN
    ) -> Response[bytes]:
        """Nodes, edges and destinations of the last minutes; at most two seconds old, and a minute
        where more than a quarter of an hour is asked for.
        """
        return await answer("map", workspace_id, lookback)

    @get(ONE + "/connectivity-matrix", opt=needs("VIEWER"), responses=_shown(Matrix))
    async def get_matrix(
        workspace_id: FromPath[int], lookback: Lookback = LOOKBACK_MIN
    ) -> Response[bytes]:
        """Each pair of agent and target with what each type of probe says."""
        return await answer("matrix", workspace_id, lookback)

    @get(ONE + "/health", opt=needs("VIEWER"), responses=_shown(WorkspaceHealth))
    async def get_health(
        workspace_id: FromPath[int], lookback: Lookback = LOOKBACK_MIN, brief: Brief = False
    ) -> Response[bytes]:
        """Each agent with its probes, and why the status of a probe is unknown."""
        return await answer("verdicts" if brief else "health", workspace_id, lookback)

    return Router("/", route_handlers=[get_map, get_matrix, get_health], tags=["topology"])


def _shown(kind: type[Any]) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(kind, description="As it is now", generate_examples=False)}
