"""Makes reports: gathers what they say, and sets it as a page of HTML or as PDF."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from forepost.controller.calendar import kept_zone
from forepost.controller.reports import html
from forepost.controller.reports.contents import document_of
from forepost.controller.reports.document import ReportDocument
from forepost.controller.reports.facts import ReportFacts, ReportNeeds
from forepost.controller.reports.pdf import Typesetter
from forepost.controller.reports.uptime_tables import of_agents
from forepost.controller.reports.voice_links import links_of, of_probe
from forepost.kit.errors import NotFound, Unavailable
from forepost.wire.rest.reports import ReportFormat, ReportKind
from forepost.wire.rest.sla import SlaReport

LONGEST_SEC: Final = 300.0
"""To gather what one says."""
LONGEST_WAIT_SEC: Final = 60.0
"""For those before it."""
PDF: Final = "application/pdf"


class ReportOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be made."""

    workspace_id: int
    title: str
    kind: ReportKind
    since: datetime
    until: datetime
    timezone: str
    agent_ids: Sequence[int] = ()
    probe_id: int = 0
    """voice: of this probe, and what is measured the other way."""


class MadeReport(msgspec.Struct, frozen=True):
    document: ReportDocument
    content: bytes
    media_type: str


class ReportMaker:
    """One at a time, whoever asks."""

    def __init__(self, needs: ReportNeeds, typesetter: Typesetter) -> None:
        self._needs, self._typesetter = needs, typesetter
        self._turn = anyio.Lock()
        self._limiter = anyio.CapacityLimiter(1)

    async def make(
        self, order: ReportOrder, format_: ReportFormat, wait_sec: float = LONGEST_WAIT_SEC
    ) -> MadeReport:
        """`wait_sec`: for those before it. Raises NotFound, and Unavailable where it takes too long
        or cannot be set.
        """
        async with self._alone(wait_sec):
            document = document_of(order.title, order.kind, await self._gathered(order))
            if format_ == "html":
                page = await anyio.to_thread.run_sync(html.page_of, document, limiter=self._limiter)
                return MadeReport(document, page.encode(), html.MEDIA_TYPE)
            return MadeReport(document, await self._typesetter.set(document), PDF)

    async def facts(self, order: ReportOrder) -> ReportFacts:
        """What a report is made of. Raises NotFound and Unavailable."""
        async with self._alone():
            return await self._gathered(order)

    @asynccontextmanager
    async def _alone(self, wait_sec: float = LONGEST_WAIT_SEC) -> AsyncIterator[None]:
        """Raises Unavailable."""
        try:
            with anyio.fail_after(wait_sec):
                await self._turn.acquire()
        except TimeoutError:
            raise Unavailable("other reports are being made: try again later") from None
        try:
            yield
        finally:
            self._turn.release()

    async def _gathered(self, order: ReportOrder) -> ReportFacts:
        try:
            with anyio.fail_after(LONGEST_SEC):
                return await self._read(order)
        except TimeoutError:
            raise Unavailable("there is too much to report on: choose fewer agents") from None

    async def _read(self, order: ReportOrder) -> ReportFacts:
        needs, workspace_id = self._needs, order.workspace_id
        zone = kept_zone(order.timezone)
        agents = await needs.agents(workspace_id)
        names = {agent.id: agent.name for agent in agents}
        chosen = [one for one in order.agent_ids if one in names]
        if order.agent_ids and not chosen:
            raise NotFound("agent not found")
        low_us, high_us = (round(at.timestamp() * 1e6) for at in (order.since, order.until))
        incidents = await needs.incidents(workspace_id, order.since, order.until)
        probes = await needs.voice_probes(workspace_id)
        links = await links_of(needs.series, probes, names, (low_us, high_us))
        if order.probe_id:
            links = of_probe(links, order.probe_id)
        if chosen:
            incidents = of_agents(incidents, chosen)
            links = [one for one in links if {one.source_id, one.target_id} & set(chosen)]
        return ReportFacts(
            workspace=await needs.workspace_name(workspace_id),
            since=order.since,
            until=order.until,
            now=needs.clock.now(),
            zone=zone,
            zone_name=zone.key,
            names=names,
            agents=chosen or list(names),
            sla=await self._sla(order, low_us, high_us, chosen),
            incidents=incidents,
            links=links,
            thresholds=await needs.thresholds(workspace_id),
        )

    async def _sla(
        self, order: ReportOrder, low_us: int, high_us: int, chosen: Sequence[int]
    ) -> SlaReport:
        if order.kind == "voice":
            return SlaReport(
                start=order.since, end=order.until, probes=[], sites=[], labelled_sites=[]
            )
        return await self._needs.sla(order.workspace_id, low_us, high_us, chosen)
