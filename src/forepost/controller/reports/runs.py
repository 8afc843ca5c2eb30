"""Makes reports when they are due, and mails them: each time once."""

import logging
import math
from datetime import datetime
from html import escape
from typing import Final

from forepost.controller.db.failures import LOST
from forepost.controller.reports.kept_rows import DAMAGED
from forepost.controller.reports.maker import LONGEST_WAIT_SEC, MadeReport, ReportMaker, ReportOrder
from forepost.controller.reports.schedule import about, is_due_again
from forepost.controller.reports.step_back import StepBack
from forepost.controller.reports.store import ReportMail, ReportStore
from forepost.kit.clock import Clock
from forepost.kit.errors import Conflict, Refusal
from forepost.wire.rest.reports import KeptReport, ReportFormat

POLL_SEC: Final = 15.0
NO_MAIL: Final = "no mail is set up ([mail] host)"
LONGEST_ERROR: Final = 500
ENDINGS: Final[dict[ReportFormat, str]] = {"html": "html", "pdf": "pdf"}

_log = logging.getLogger(__name__)


def order_of(report: KeptReport, at: datetime) -> ReportOrder:
    since, until = about(report, at)
    return ReportOrder(
        workspace_id=report.workspace_id,
        title=report.name,
        kind=report.kind,
        since=since,
        until=until,
        timezone=report.timezone,
        agent_ids=report.agent_ids,
    )


def file_name(order: ReportOrder, format_: ReportFormat) -> str:
    return f"forepost-{order.kind}-{order.until:%Y-%m-%d}.{ENDINGS[format_]}"


class ReportRuns:
    def __init__(
        self, store: ReportStore, maker: ReportMaker, clock: Clock, *, has_mail: bool
    ) -> None:
        self._store, self._maker, self._clock = store, maker, clock
        self._has_mail = has_mail
        self._steps = StepBack(clock)
        self._ran: dict[int, datetime] = {}
        """When this controller made one last, since its clock stepped back."""

    async def run(self) -> None:
        while True:
            try:
                await self.run_due()
            except LOST:
                _log.debug("the database is away", exc_info=True)  # they stay due
            await self._clock.sleep(POLL_SEC)

    async def run_due(self) -> None:
        """One that was missed several times, while the controller was off, is made once, about the
        last of them.
        """
        now = self._clock.now()
        for report in [*await self._store.due(now), *await self._due_again(now)]:
            if report.last_error == DAMAGED:
                await self._store.set_aside(report)
            else:
                await self._run(report, asked=False)
                self._ran[report.id] = now

    async def _due_again(self, now: datetime) -> list[KeptReport]:
        """Those that would wait because the clock, or another controller's, ran ahead."""
        since = self._steps.look()
        self._ran = {one: at for one, at in self._ran.items() if since <= at <= now}
        return [
            report
            for report in await self._store.of_the_future(now)
            if is_due_again(report, self._ran.get(report.id, since), now)
        ]

    async def run_now(self, report: KeptReport) -> KeptReport:
        """Because somebody asks for it. Raises Conflict."""
        if not report.recipients:
            raise Conflict("recipients: there are none; download it instead")
        ended = await self._run(report, asked=True)
        if ended is None:
            raise Conflict("the report was changed meanwhile: nobody is mailed")
        return ended

    async def _run(self, report: KeptReport, *, asked: bool) -> KeptReport | None:
        now = self._clock.now()
        mail, error = None, "" if self._has_mail else NO_MAIL
        if not error:
            order = order_of(report, now)
            try:
                wait_sec = LONGEST_WAIT_SEC if asked else math.inf
                made = await self._maker.make(order, report.format, wait_sec)
                mail = _mail(report, order, made)
            except Refusal as refusal:
                error = str(refusal)
            except LOST:
                raise
            except Exception as fault:  # noqa: BLE001 - it costs its own report, not the others
                _log.exception("report %d", report.id)
                error = f"internal: {type(fault).__name__}"
        return await self._store.finish(report, mail, error[:LONGEST_ERROR], now, asked=asked)


def _mail(report: KeptReport, order: ReportOrder, made: MadeReport) -> ReportMail:
    document = made.document
    lines = [
        f"{document.title}: {document.subtitle}",
        document.period,
        "",
        *(f"{one.label}: {one.value}" for one in document.headlines),
        "",
        f"Made by forepost at {document.generated}.",
    ]
    text = "\n".join(lines) + "\n"
    subject = f"{document.title}: {document.subtitle}, {document.period}"
    if report.format == "html":
        return ReportMail(subject=subject, text=text, html=made.content.decode())
    return ReportMail(
        subject=subject,
        text=text,
        html=f"<!doctype html><html><body><pre>{escape(text)}</pre></body></html>\n",
        file_name=file_name(order, report.format),
        media_type=made.media_type,
        content=made.content,
    )
