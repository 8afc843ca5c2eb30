"""Routes of reports on voice, and of one agent, as NetWatcher has them."""

from collections.abc import Awaitable, Callable
from typing import Final

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from forepost.controller.access.guard import SIGNED_IN, Caller, needs
from forepost.controller.page import From, To, Zone
from forepost.controller.reports.api import Format, RangeDays, made
from forepost.controller.reports.asked_order import asked_order
from forepost.controller.reports.facts import ReportNeeds
from forepost.controller.reports.maker import ReportMaker, ReportOrder
from forepost.controller.reports.page_forms import PageOperation
from forepost.controller.reports.voice_report import View, voice_report_of
from forepost.kit.errors import NotFound
from forepost.wire.rest.voice_report import VoiceReport

OF_WORKSPACE: Final = "/workspaces/{workspace_id:int}/reports/voice"
OF_AGENT: Final = "/agents/{agent_id:int}/reports/agent_detail"
OF_PROBE: Final = "/probes/{probe_id:int}/reports/voice/data"

RoleIn = Callable[[int, int], Awaitable[str]]
"""(workspace, user); raises NotFound for who is no member."""


def routes(maker: ReportMaker, deps: ReportNeeds, role_in: RoleIn) -> Router:
    now = deps.clock.now

    async def seen(caller: Caller, workspace_id: int, what: str) -> None:
        """Raises NotFound, as for what is not there."""
        try:
            await role_in(workspace_id, caller.user_id)
        except NotFound:
            raise NotFound(f"{what} not found") from None

    async def data(of: ReportOrder, view: View, agent_id: int = 0) -> VoiceReport:
        return voice_report_of(await maker.facts(of), view, of.workspace_id, agent_id)

    @get(OF_WORKSPACE + "/data", opt=needs("VIEWER"))
    async def workspace_data(
        workspace_id: FromPath[int],
        start: From = None,
        to: To = None,
        days: RangeDays = 7,
        tz: Zone = "",
    ) -> VoiceReport:
        """How calls between all agents would have been, by the results of TRAFFICSIM."""
        return await data(
            asked_order(workspace_id, "voice", (start, to, days, tz), now()), "workspace"
        )

    @get(OF_WORKSPACE + "/run", opt=needs("VIEWER"), operation_class=PageOperation)
    async def workspace_page(
        workspace_id: FromPath[int],
        format_: Format = "pdf",
        start: From = None,
        to: To = None,
        days: RangeDays = 7,
        tz: Zone = "",
    ) -> Response[bytes]:
        """The same as a page: MOS by link, and by the hour of the day."""
        return await made(
            maker, asked_order(workspace_id, "voice", (start, to, days, tz), now()), format_
        )

    @get(OF_AGENT + "/data", opt=needs(SIGNED_IN))
    async def agent_data(
        caller: NamedDependency[Caller],
        agent_id: FromPath[int],
        start: From = None,
        to: To = None,
        days: RangeDays = 7,
        tz: Zone = "",
    ) -> VoiceReport:
        """The same of the links of one agent, for members of its workspace."""
        workspace_id = await deps.workspace_of_agent(agent_id)
        await seen(caller, workspace_id, "agent")
        asked = asked_order(
            workspace_id, "voice", (start, to, days, tz), now(), agent_ids=[agent_id]
        )
        return await data(asked, "agent", agent_id)

    @get(OF_AGENT + "/run", opt=needs(SIGNED_IN), operation_class=PageOperation)
    async def agent_page(
        caller: NamedDependency[Caller],
        agent_id: FromPath[int],
        format_: Format = "pdf",
        start: From = None,
        to: To = None,
        days: RangeDays = 7,
        tz: Zone = "",
    ) -> Response[bytes]:
        """All of one agent as a page, for members of its workspace."""
        workspace_id = await deps.workspace_of_agent(agent_id)
        await seen(caller, workspace_id, "agent")
        asked = asked_order(
            workspace_id, "agent", (start, to, days, tz), now(), agent_ids=[agent_id]
        )
        return await made(maker, asked, format_)

    @get(OF_PROBE, opt=needs(SIGNED_IN))
    async def probe_data(
        caller: NamedDependency[Caller],
        probe_id: FromPath[int],
        start: From = None,
        to: To = None,
        days: RangeDays = 7,
        tz: Zone = "",
    ) -> VoiceReport:
        """The same of one probe, both ways, for members of its workspace."""
        workspace_id, agent_id = await deps.workspace_of_probe(probe_id)
        await seen(caller, workspace_id, "probe")
        asked = asked_order(workspace_id, "voice", (start, to, days, tz), now(), probe_id=probe_id)
        return await data(asked, "probe", agent_id)

    return Router(
        "/",
        route_handlers=[workspace_data, workspace_page, agent_data, agent_page, probe_data],
        tags=["reports"],
    )
