"""What a report that nobody keeps is about, as a query asks for it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from forepost.controller.page import time_range, zone_of
from forepost.controller.reports.maker import ReportOrder
from forepost.kit.errors import Invalid
from forepost.wire.rest.reports import LONGEST_DAYS, ReportKind

TITLES: Final[dict[ReportKind, str]] = {
    "workspace": "Workspace report",
    "agent": "Site report",
    "voice": "Voice report",
}

Asked = tuple[str | None, str | None, int, str]
"""`from`, `to`, `time_range_days` and `tz` of a query."""


def asked_order(
    workspace_id: int,
    kind: ReportKind,
    asked: Asked,
    now: datetime,
    *,
    agent_ids: Sequence[int] = (),
    probe_id: int = 0,
) -> ReportOrder:
    """Of these agents, or of all; of one probe where it is not 0. Raises Invalid."""
    start, to, days, zone = asked
    zone_of(zone)
    since, until = report_span(start, to, days, now)
    return ReportOrder(
        workspace_id=workspace_id,
        title=TITLES[kind],
        kind=kind,
        since=since,
        until=until,
        timezone=zone or "UTC",
        agent_ids=agent_ids,
        probe_id=probe_id,
    )


def report_span(
    start: str | None, to: str | None, days: int, now: datetime
) -> tuple[datetime, datetime]:
    """From `from` to `to`, the last days unless they say else. Raises Invalid."""
    asked = time_range(start, to, now)
    until = now if asked.end is None else min(now, datetime.fromtimestamp(asked.end, UTC))
    since = (
        until - timedelta(days=days)
        if asked.start is None
        else datetime.fromtimestamp(asked.start, UTC)
    )
    if not since < until:
        raise Invalid("from: must be before to")
    if until - since > timedelta(days=LONGEST_DAYS):
        raise Invalid(f"from: at most {LONGEST_DAYS} days before to")
    return since, until
