"""Routes of analyses."""

from typing import Annotated, Final

from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.analysis.service import Analyses
from forepost.wire.rest.analysis import AgentAnalysis, Mesh, ProbeAnalysis, WorkspaceAnalysis
from forepost.wire.rest.topology import MOST_LOOKBACK_MIN

ALL: Final = "/workspaces/{workspace_id:int}/analysis"
Lookback = Annotated[int, QueryParameter(ge=1, le=MOST_LOOKBACK_MIN)]
"""Minutes."""
USUAL_MIN: Final = 60


def routes(analyses: Analyses) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def of_workspace(
        workspace_id: FromPath[int], lookback: Lookback = USUAL_MIN
    ) -> WorkspaceAnalysis:
        """Scores, the open incidents, and the worst probes of each agent."""
        return await analyses.workspace(workspace_id, lookback)

    @get(ALL + "/mesh", opt=needs("VIEWER"))
    async def mesh(workspace_id: FromPath[int], lookback: Lookback = USUAL_MIN) -> Mesh:
        """Agents that measure each other, each direction by itself."""
        return await analyses.mesh(workspace_id, lookback)

    @get(ALL + "/probes/{probe_id:int}", opt=needs("VIEWER"))
    async def of_probe(
        workspace_id: FromPath[int], probe_id: FromPath[int], lookback: Lookback = USUAL_MIN
    ) -> ProbeAnalysis:
        """With its way, where MTR ran in the lookback."""
        return await analyses.probe(workspace_id, probe_id, lookback)

    @get(ALL + "/agents/{agent_id:int}", opt=needs("VIEWER"))
    async def of_agent(
        workspace_id: FromPath[int], agent_id: FromPath[int], lookback: Lookback = USUAL_MIN
    ) -> AgentAnalysis:
        return await analyses.agent(workspace_id, agent_id, lookback)

    return Router("/", route_handlers=[of_workspace, mesh, of_probe, of_agent], tags=["analysis"])
