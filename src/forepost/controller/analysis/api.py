"""Routes of analyses."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.analysis.history import AnalysisHistories
from forepost.controller.analysis.route_service import RouteAnalyses
from forepost.controller.analysis.service import Analyses
from forepost.controller.page import From, To, time_range
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.rest.analysis import AgentAnalysis, Mesh, ProbeAnalysis, WorkspaceAnalysis
from forepost.wire.rest.analysis_history import AnalysisHistory
from forepost.wire.rest.analysis_routes import WorkspaceRoutes
from forepost.wire.rest.topology import MOST_LOOKBACK_MIN

ALL: Final = "/workspaces/{workspace_id:int}/analysis"
Lookback = Annotated[int, QueryParameter(ge=1, le=MOST_LOOKBACK_MIN)]
"""Minutes."""
USUAL_MIN: Final = 60
Hours = Annotated[int, QueryParameter(name="lookback", ge=1, le=MOST_LOOKBACK_MIN // 60)]
Spans = Annotated[int, QueryParameter(name="limit", ge=1, le=1_000)]
DAY: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=366)


def routes(
    analyses: Analyses, ways: RouteAnalyses, histories: AnalysisHistories, clock: Clock
) -> Router:
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

    @get(ALL + "/routes", opt=needs("VIEWER"))
    async def of_routes(workspace_id: FromPath[int], lookback: Hours = 24) -> WorkspaceRoutes:
        """The ways of all agents by the MTR runs of so many hours: which are another one than
        before, and what several have in common.
        """
        return await ways.of(workspace_id, lookback)

    @get(ALL + "/history", opt=needs("VIEWER"))
    async def history(
        workspace_id: FromPath[int], start: From = None, to: To = None, limit: Spans = 288
    ) -> AnalysisHistory:
        """Scores over time, in at most `limit` spans of five minutes or more; of the last day
        unless it says else.
        """
        now = clock.now()
        asked = time_range(start, to, now)
        end = now if asked.end is None else min(now, datetime.fromtimestamp(asked.end, UTC))
        begin = end - DAY if asked.start is None else datetime.fromtimestamp(asked.start, UTC)
        if not begin < end:
            raise Invalid("from: must be before to")
        if end - begin > LONGEST:
            raise Invalid(f"from: at most {LONGEST.days} days before to")
        return await histories.of(workspace_id, begin, end, limit)

    handlers = [of_workspace, mesh, of_probe, of_agent, of_routes, history]
    return Router("/", route_handlers=handlers, tags=["analysis"])
