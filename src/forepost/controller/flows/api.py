"""Routes of traffic: its history, and the largest."""

from typing import Annotated, Final

from litestar import Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.flows.answer import Question
from forepost.controller.flows.fold import ALL
from forepost.controller.flows.plan import LONGEST_SEC
from forepost.controller.flows.query import TrafficQuery, TrafficReader
from forepost.controller.page import From, To, time_range
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.base import MOST_ID
from forepost.wire.flows.history import FlowHistory, FlowTalks, FlowTop, HistorySubject, Subject

FLOWS: Final = "/workspaces/{workspace_id:int}/flows"
DEFAULT_SEC: Final = 3_600

AgentId = Annotated[
    int, QueryParameter(name="agentId", ge=0, le=MOST_ID, description="0: all of the workspace")
]
Device = Annotated[str, QueryParameter(name="device", max_length=255)]
Application = Annotated[str, QueryParameter(name="application", max_length=255)]
Remote = Annotated[str, QueryParameter(name="remote", max_length=255)]
Group = Annotated[str, QueryParameter(name="group", max_length=255)]
Rows = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
Lines = Annotated[int, QueryParameter(name="limit", ge=1, le=20)]


def routes(reading: TrafficReader, clock: Clock) -> Router:
    def asked(workspace_id: int, agent_id: int, start: str | None, to: str | None) -> TrafficQuery:
        """The last hour unless the times say else. Raises Invalid."""
        now = clock.now()
        begin, end = time_range(start, to, now)
        end = now.timestamp() if end is None else end
        begin = max(0.0, end - DEFAULT_SEC) if begin is None else begin
        if begin >= end:
            raise Invalid("from: must be before to")
        if end - begin > LONGEST_SEC:
            raise Invalid(f"from: at most {LONGEST_SEC // 86_400} days before to")
        return TrafficQuery(workspace_id=workspace_id, agent_id=agent_id, start=begin, end=end)

    @get(FLOWS + "/history", opt=needs("VIEWER"))
    async def history(
        workspace_id: FromPath[int],
        by: FromQuery[HistorySubject] = "total",
        agent_id: AgentId = ALL,
        start: From = None,
        to: To = None,
        device: Device = "",
        application: Application = "",
        remote: Remote = "",
        group: Group = "",
        limit: Lines = 5,
    ) -> FlowHistory:
        """Bytes in and out over time: by minutes up to 6 hours, by hours up to 8 days (the total
        of all traffic up to 31), by days.
        """
        question = Question(
            by=by,
            device=device,
            application=application,
            remote=remote,
            group=group,
            limit=limit,
        )
        return await reading.history(asked(workspace_id, agent_id, start, to), by, question)

    @get(FLOWS + "/top", opt=needs("VIEWER"))
    async def top(
        workspace_id: FromPath[int],
        by: FromQuery[Subject] = "device",
        agent_id: AgentId = ALL,
        start: From = None,
        to: To = None,
        device: Device = "",
        application: Application = "",
        remote: Remote = "",
        group: Group = "",
        limit: Rows = 20,
    ) -> FlowTop:
        """The largest devices, applications, remote sides, groups or agents of a time."""
        if by == "agent" and (device or application or remote or group):
            raise Invalid("by: agents are told apart without a filter only; name one in agentId")
        question = Question(
            by="total" if by == "agent" else by,
            device=device,
            application=application,
            remote=remote,
            group=group,
            limit=limit,
        )
        return await reading.top(asked(workspace_id, agent_id, start, to), by, question)

    @get(FLOWS + "/talks", opt=needs("VIEWER"))
    async def talks(
        workspace_id: FromPath[int],
        agent_id: AgentId = ALL,
        start: From = None,
        to: To = None,
        device: Device = "",
        application: Application = "",
        remote: Remote = "",
        group: Group = "",
        limit: Rows = 20,
    ) -> FlowTalks:
        """Which device used which application with whom, the largest first."""
        question = Question(
            by="talk",
            device=device,
            application=application,
            remote=remote,
            group=group,
            limit=limit,
        )
        return await reading.talks(asked(workspace_id, agent_id, start, to), question)

    return Router("/", route_handlers=[history, top, talks], tags=["flows"])
