"""Routes of reports: those that are kept, and those of a workspace and of an agent at once."""

from typing import Annotated, Final

from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec.structs import replace

from forepost.controller.access.guard import needs
from forepost.controller.page import From, To, Zone
from forepost.controller.reports.asked_order import asked_order, report_span
from forepost.controller.reports.maker import ReportMaker, ReportOrder
from forepost.controller.reports.page_forms import PageOperation
from forepost.controller.reports.runs import ReportRuns, file_name, order_of
from forepost.controller.reports.store import ReportStore
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Done, ListOf
from forepost.wire.rest.reports import (
    LONGEST_DAYS,
    KeptReport,
    NewReport,
    ReportFormat,
    ReportPatch,
)

ALL: Final = "/workspaces/{workspace_id:int}/reports"
ONE: Final = ALL + "/{report_id:int}"
OF_AGENT: Final = "/workspaces/{workspace_id:int}/agents/{agent_id:int}/report"
Format = Annotated[ReportFormat, QueryParameter(name="format")]
OwnFormat = Annotated[ReportFormat | None, QueryParameter(name="format")]
RangeDays = Annotated[int, QueryParameter(name="time_range_days", ge=1, le=LONGEST_DAYS)]


def routes(store: ReportStore, maker: ReportMaker, runs: ReportRuns, clock: Clock) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_reports(workspace_id: FromPath[int]) -> ListOf[KeptReport]:
        return ListOf(data=await store.all_of(workspace_id))

    @post(ALL, opt=needs("USER"))
    async def add_report(workspace_id: FromPath[int], data: JSONBody[NewReport]) -> KeptReport:
        """One that repeats and has recipients is made and mailed by itself, each time once."""
        return await store.add(workspace_id, data, clock.now())

    @get(ONE, opt=needs("VIEWER"))
    async def get_report(workspace_id: FromPath[int], report_id: FromPath[int]) -> KeptReport:
        return await store.get(workspace_id, report_id)

    @patch(ONE, opt=needs("USER"))
    async def change_report(
        workspace_id: FromPath[int], report_id: FromPath[int], data: JSONBody[ReportPatch]
    ) -> KeptReport:
        return await store.change(workspace_id, report_id, data, clock.now())

    @delete(ONE, opt=needs("USER"), status_code=HTTP_200_OK)
    async def delete_report(workspace_id: FromPath[int], report_id: FromPath[int]) -> Done:
        await store.delete(workspace_id, report_id)
        return Done()

    @post(ONE + "/run", opt=needs("USER", "reports.run"), status_code=HTTP_200_OK)
    async def run_report(workspace_id: FromPath[int], report_id: FromPath[int]) -> KeptReport:
        """Make it now, and mail it to its recipients; `last_error` says what went wrong."""
        return await runs.run_now(await store.get(workspace_id, report_id))

    @get(ONE + "/download", opt=needs("VIEWER"), operation_class=PageOperation)
    async def download(
        workspace_id: FromPath[int],
        report_id: FromPath[int],
        format_: OwnFormat = None,
        start: From = None,
        to: To = None,
    ) -> Response[bytes]:
        """Made now, about the time that it would be about, or from `from` to `to`."""
        report = await store.get(workspace_id, report_id)
        now = clock.now()
        order = order_of(report, now)
        if start or to:
            since, until = report_span(start, to, report.days, now)
            order = replace(order, since=since, until=until)
        return await made(maker, order, format_ or report.format)

    @get(ALL + "/preview", opt=needs("VIEWER"), operation_class=PageOperation)
    async def preview(
        workspace_id: FromPath[int],
        format_: Format = "pdf",
        start: From = None,
        to: To = None,
        days: RangeDays = 7,
        tz: Zone = "",
    ) -> Response[bytes]:
        """The whole workspace, without a report that is kept."""
        order = asked_order(workspace_id, "workspace", (start, to, days, tz), clock.now())
        return await made(maker, order, format_)

    @get(OF_AGENT, opt=needs("VIEWER"), operation_class=PageOperation)
    async def of_agent(
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        format_: Format = "pdf",
        start: From = None,
        to: To = None,
        days: RangeDays = 7,
        tz: Zone = "",
    ) -> Response[bytes]:
        """One site: uptime, incidents, and every target of it."""
        asked = start, to, days, tz
        order = asked_order(workspace_id, "agent", asked, clock.now(), agent_ids=[agent_id])
        return await made(maker, order, format_)

    return Router(
        "/",
        route_handlers=[
            *(list_reports, add_report, get_report, change_report, delete_report),
            *(run_report, download, preview, of_agent),
        ],
        tags=["reports"],
    )


async def made(maker: ReportMaker, order: ReportOrder, format_: ReportFormat) -> Response[bytes]:
    """Raises NotFound and Unavailable."""
    report = await maker.make(order, format_)
    return Response(
        report.content,
        media_type=report.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(order, format_)}"',
            "Cache-Control": "no-store",
        },
    )
