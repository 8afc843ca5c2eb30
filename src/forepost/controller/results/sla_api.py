"""The route of uptime and SLA reports."""

import re
from datetime import datetime, tzinfo
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.page import From, To, Zone, time_range, zone_of
from forepost.controller.results.csv_rows import MEDIA_TYPE, csv_text
from forepost.controller.results.sla import SlaReports
from forepost.controller.results.table_forms import TableOperation
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.rest.sla import Availability, LabelledSiteSla, ProbeSla, SiteSla, SlaReport

SLA: Final = "/workspaces/{workspace_id:int}/sla"
LONGEST_SEC: Final = 366 * 86_400
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_NAMES: Final = ("probe_id", "agent_id", "name", "site", "type", "target", "target_agent")
_FIGURES: Final = (
    *Availability.__struct_fields__,
    *("history_since", "rtt_p50_ms", "rtt_p95_ms", "loss_pct"),
)
COLUMNS: Final = ("of", "start", "end", *_NAMES, *_FIGURES)

Month = Annotated[
    str, QueryParameter(name="month", description="2026-11: all of it, as far as it is over")
]


def routes(reports: SlaReports, clock: Clock) -> Router:
    @get(SLA, opt=needs("VIEWER"), operation_class=TableOperation)
    async def sla(
        workspace_id: FromPath[int],
        month: Month = "",
        start: From = None,
        to: To = None,
        tz: Zone = "",
        format_: Annotated[Literal["json", "csv"], QueryParameter(name="format")] = "json",
    ) -> Response[SlaReport] | Response[str]:
        """How long each probe and each site was up, degraded, down or unknown in a month (of the
        time zone `tz`, else UTC), or between `from` and `to`; this month unless they say else.
        """
        low_us, high_us = _asked(month, start, to, tz, clock.now())
        report = await reports.of(workspace_id, low_us, high_us)
        if format_ == "json":
            return Response(report)
        rows = [_cells("probe", report, one) for one in report.probes]
        rows += [_cells("site", report, one) for one in report.sites]
        rows += [_cells("labelled_site", report, one) for one in report.labelled_sites]
        return Response(csv_text([COLUMNS, *rows]), media_type=MEDIA_TYPE)

    return Router("/", route_handlers=[sla], tags=["results"])


def _asked(
    month: str, start: str | None, to: str | None, zone: str, now: datetime
) -> tuple[int, int]:
    """Microseconds, the second not included. Raises Invalid."""
    here = zone_of(zone)
    if start or to:
        if month:
            raise Invalid("month: not with from and to")
        asked = time_range(start, to, now)
        if asked.start is None:
            raise Invalid("from: is needed with to")
        low = asked.start
        high = min(now.timestamp() if asked.end is None else asked.end, now.timestamp())
    else:
        low, high = _month(month, here, now)
        high = min(high, now.timestamp())
    if low >= high:
        raise Invalid(f"{'month' if month else 'from'}: has not begun, or is not before to")
    if high - low > LONGEST_SEC:
        raise Invalid(f"from: at most {LONGEST_SEC // 86_400} days before to")
    return round(low * 1e6), round(high * 1e6)


def _month(text: str, zone: tzinfo | None, now: datetime) -> tuple[float, float]:
    here = now.astimezone(zone) if zone is not None else now
    year, number = here.year, here.month
    if text:
        found = _MONTH.fullmatch(text)
        if found is None or not 1970 <= int(found[1]) <= 9_998:
            raise Invalid("month: is YYYY-MM, such as 2026-11")
        year, number = int(found[1]), int(found[2])
    first = here.replace(
        year=year, month=number, day=1, hour=0, minute=0, second=0, microsecond=0, fold=0
    )
    after = first.replace(year=year + number // 12, month=number % 12 + 1)
    return first.timestamp(), after.timestamp()


def _cells(of: str, report: SlaReport, one: ProbeSla | SiteSla | LabelledSiteSla) -> list[Any]:
    fields = msgspec.structs.asdict(one)
    return [of, report.start, report.end, *map(fields.get, (*_NAMES, *_FIGURES))]
