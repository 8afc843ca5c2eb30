"""Routes of what agents tell beside the runs of a workspace: events, and what their sites begin."""

from typing import Annotated, Final

from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.jobs.event_store import EventFilter, TransferEvents
from forepost.controller.jobs.site_runs import SiteRuns
from forepost.controller.page import Limit, Offset
from forepost.wire.base import MOST_ID
from forepost.wire.jobs.rest import SiteRun, TransferEventRow
from forepost.wire.rest.bodies import Page

EVENTS: Final = "/workspaces/{workspace_id:int}/jobs/{job_id:int}/events"
SITE_RUNS: Final = "/workspaces/{workspace_id:int}/agents/{agent_id:int}/runs"
AnyId = Annotated[int | None, QueryParameter(ge=1, le=MOST_ID)]


def routes(events: TransferEvents, runs: SiteRuns) -> Router:
    @get(EVENTS, opt=needs("VIEWER"), tags=["jobs"])
    async def list_events(
        workspace_id: FromPath[int],
        job_id: FromPath[int],
        run_id: AnyId = None,
        agent_id: AnyId = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[TransferEventRow]:
        """What its agents told of a transfer or a folder, such as conflicts; the newest first."""
        only = EventFilter(run_id=run_id, agent_id=agent_id)
        data, total = await events.page(workspace_id, job_id, only, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    @get(SITE_RUNS, opt=needs("VIEWER"), tags=["agents"])
    async def list_site_runs(
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[SiteRun]:
        """Runs that the agent's own site has begun: what has not ended first, then the newest."""
        data, total = await runs.page(workspace_id, agent_id, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    return Router("/", route_handlers=[list_events, list_site_runs])
