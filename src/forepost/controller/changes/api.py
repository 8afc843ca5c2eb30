"""The route of changes."""

from datetime import UTC, datetime
from typing import Annotated, Final

from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.changes.query import ChangeReader, ChangesOf
from forepost.controller.page import From, Limit, To, time_range
from forepost.kit.clock import Clock
from forepost.wire.base import MOST_ID
from forepost.wire.rest.changes import ChangeKind, ChangePage

ALL: Final = "/workspaces/{workspace_id:int}/changes"
AgentId = Annotated[int | None, QueryParameter(name="agentId", ge=1, le=MOST_ID)]
ProbeId = Annotated[int | None, QueryParameter(name="probeId", ge=1, le=MOST_ID)]
Kind = Annotated[ChangeKind | None, QueryParameter(name="kind")]
Cursor = Annotated[str, QueryParameter(max_length=64, description="`next` of the page before")]


def routes(reader: ChangeReader, clock: Clock) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_changes(
        workspace_id: FromPath[int],
        start: From = None,
        to: To = None,
        agent_id: AgentId = None,
        probe_id: ProbeId = None,
        which: Kind = None,
        limit: Limit = 100,
        cursor: Cursor = "",
    ) -> ChangePage:
        """Routes, addresses, certificates, versions and starts of the controller; begin and end
        of alerts, of roll-outs and of runs; the newest first. Of an agent are also the runs that
        it took part in, and the roll-outs that may be for it.
        """
        begin, end = time_range(start, to, clock.now())
        return await reader.page(
            ChangesOf(
                workspace_id=workspace_id,
                start=None if begin is None else datetime.fromtimestamp(begin, UTC),
                end=None if end is None else datetime.fromtimestamp(end, UTC),
                agent_id=agent_id,
                probe_id=probe_id,
                kind=which,
                limit=limit,
                cursor=cursor,
            )
        )

    return Router("/", route_handlers=[list_changes], tags=["changes"])
