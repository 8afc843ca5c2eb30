"""Sites joined: cells in RAM kept up to date, and lists made of them."""

from collections import OrderedDict
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from forepost.controller.sites import past
from forepost.controller.sites.agent_strips import strips
from forepost.controller.sites.cells import CellBook
from forepost.controller.sites.needs import SiteNeeds
from forepost.controller.sites.site_list import SitesView, cells_from, site_list
from forepost.controller.sites.slots import SLOT_US, CellSpan, span_of
from forepost.kit.errors import Invalid
from forepost.wire.rest.sites import AgentStrips

FRESH_SEC: Final = 3.0
"""How long a list is given again, at least."""
SHARE: Final = 20
"""A list that is dear is given again for so many times as long as it took to make."""
MOST_FRESH_SEC: Final = 20.0
MOST_KEPT: Final = 32
EXPIRY_SEC: Final = 900.0

_encoder = msgspec.json.Encoder()


class _Kept(msgspec.Struct, frozen=True):
    body: bytes
    good_until: float
    """Monotonic."""


class Sites:
    def __init__(self, needs: SiteNeeds) -> None:
        self._needs = needs
        self.book = CellBook()
        self.consider = self.book.consider
        self._kept: OrderedDict[tuple[int, int, int], _Kept] = OrderedDict()
        self._turn = anyio.Lock()
        self._limiter = anyio.CapacityLimiter(1)
        self._is_filled = False

    async def run(self) -> None:
        """Read what was before the start, and then forget what is silent."""
        if not self._is_filled:
            await past.fill(self.book, self._needs, self._now_us())
            self._is_filled = True
        while True:
            await self._needs.clock.sleep(EXPIRY_SEC)
            self.book.expire(self._now_us())

    def forget(self, workspace_id: int) -> None:
        """An agent or a probe of it was added, changed or removed."""
        for key in [key for key in self._kept if key[0] == workspace_id]:
            del self._kept[key]

    async def body(self, workspace_id: int, hours: int, cells: int) -> bytes:
        """The list as JSON. Raises Invalid."""
        key = (workspace_id, hours, cells)
        async with self._turn:
            now = self._needs.clock.monotonic()
            kept = self._kept.get(key)
            if kept is not None and now < kept.good_until:
                self._kept.move_to_end(key)
                return kept.body
            view = await self._view(workspace_id, hours, self._span(hours, cells))
            body = await anyio.to_thread.run_sync(_encoded, view, limiter=self._limiter)
            done = self._needs.clock.monotonic()
            good_sec = min(max(FRESH_SEC, SHARE * (done - now)), MOST_FRESH_SEC)
            self._kept[key] = _Kept(body, done + good_sec)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return body

    async def of_agent(
        self, workspace_id: int, agent_id: int, hours: int, cells: int
    ) -> AgentStrips:
        """Raises NotFound and Invalid."""
        await self._needs.agent(workspace_id, agent_id)
        span = self._span(hours, cells)
        probes = await self._needs.own_probes(workspace_id, agent_id)
        known = self.book.of(agent_id)
        lines = [] if known is None else [*known.lines.values()]
        wanted = await self._needs.probes(workspace_id, agent_id)
        intervals = {probe.id: probe.interval_sec for probe in wanted}
        return AgentStrips(
            data=await strips(self._needs, lines, probes, intervals, span, self._now_us()),
            hours=hours,
            cell_sec=span.cell_sec,
            cells_from=cells_from(span),
            generated_at=self._needs.clock.now(),
            is_whole=self._is_whole,
        )

    @property
    def _is_whole(self) -> bool:
        return self._is_filled and not self.book.left_out

    def _now_us(self) -> int:
        return round(self._needs.clock.now().timestamp() * 1e6)

    def _span(self, hours: int, cells: int) -> CellSpan:
        span = span_of(self._now_us(), hours, cells)
        if span is None:
            raise Invalid("cells: a cell is a whole number of quarters of an hour")
        return span

    async def _view(self, workspace_id: int, hours: int, span: CellSpan) -> SitesView:
        needs = self._needs
        agents = await needs.agents(workspace_id)
        health = await needs.health(workspace_id)
        for one in health.agents:
            self.book.keep(one.id, {probe.probe_id for probe in one.probes})
        now = needs.clock.now()
        start = span.first * SLOT_US / 1e6
        return SitesView(
            now=now,
            hours=hours,
            span=span,
            agents=agents,
            health=health,
            cells={one.id: cells for one in agents if (cells := self.book.of(one.id))},
            traffic=await needs.traffic(workspace_id, start, now.timestamp()),
            is_live=needs.is_live,
            spool_of=needs.spool_of,
            clock_of=needs.clock_of,
            place_found=needs.place_found,
            is_whole=self._is_whole,
        )


def _encoded(view: SitesView) -> bytes:
    return _encoder.encode(site_list(view))
