"""Watches the interfaces: keeps their meters, the table, and reports each minute."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

import anyio

from forepost.agent.cores.stamps.departures import moment
from forepost.agent.edges.host.layers import under
from forepost.agent.edges.host.rtnetlink import RouteChanges
from forepost.agent.flows import names, views
from forepost.agent.flows.flow import Counts, Flow
from forepost.agent.flows.hints import Hints, hint_text
from forepost.agent.flows.layers import metered_twice
from forepost.agent.flows.meters import InterfaceMeter, MeterState
from forepost.agent.flows.minute import MINUTE_SEC, Minute
from forepost.agent.flows.names import Rules
from forepost.agent.flows.recall import recalled
from forepost.agent.flows.sides import Sides
from forepost.agent.flows.table import A_STEP, FlowTable, GroupIndex, Listener
from forepost.agent.settings import FlowsSection
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile
from forepost.wire.flows.meter import MeterOrder
from forepost.wire.flows.rollup import FlowMinute, Honesty
from forepost.wire.flows.socket import FlowList

HINTS: Final = "dns-hints.tsv"
RECALL: Final = "flows-recalled.json"
TWICE: Final = "flows counted twice"
NEW_FLOWS_A_SEC: Final = 2_000
"""Of one interface: each costs this process 20 us, and whoever is told of it more. A scan of the
neighbour's makes 34,000."""
NDPI_PACKETS: Final = 12
"""Of each direction: what nDPI needs to see."""
KEEP_HINTS_SEC: Final = 60
FRESH_SEC: Final = 1.0
"""Counters are not read again for somebody who asks sooner than this."""
COUNTED: Final = (
    "packets",
    "bytes",
    "other_packets",
    "other_bytes",
    "malformed_packets",
    "malformed_bytes",
    "refused_packets",
    "refused_bytes",
)

_log = logging.getLogger(__name__)

Report = Callable[[FlowMinute], Awaitable[None]]


class Counted(Listener, Protocol):
    """Hears of flows, and of the end of each update interval."""

    def tick(self) -> None:
        """An update interval is over."""
        ...


class Watch:
    """A Listener of the table: it passes on what it hears, and adds up each minute at its end."""

    def __init__(
        self,
        settings: FlowsSection,
        groups: GroupIndex,
        clock: Clock,
        health: Health,
        state_dir: Path,
        report: Report,
    ) -> None:
        self.settings = settings
        self._clock, self._health, self._report = clock, health, report
        self._hints_file = StateFile(state_dir / HINTS, hint_text)
        self.hints = Hints()
        self._heard: list[Counted] = []
        self.table = FlowTable(
            Sides(settings.local),
            groups,
            self.hints,
            Rules(settings.rules),
            self,
            settings.max_flows * max(1, len(settings.interfaces)),
        )
        self.meters = [
            InterfaceMeter(_order(interface, settings), self.table, clock, health)
            for interface in settings.interfaces
        ]
        self._number = self._now_minute()
        self._minute = Minute(settings.privacy)
        self._told: Mapping[str, int] = {}
        self._gap_sec: dict[str, float] = {}
        self._blind_sec = 0.0
        self._read_sec = -FRESH_SEC
        self._recall_file = StateFile(state_dir / RECALL, recalled)
        self._restore()

    def hear(self, listener: "Counted") -> None:
        """Tell it everything that flows do, too, and when an update interval is over."""
        self._heard.append(listener)

    async def largest(self, most: int, offset: int = 0) -> FlowList:
        """The flows with the most traffic now, without the `offset` largest. Counters are read for
        it, once a second at most; rates are of the last update interval.
        """
        if self._clock.monotonic() - self._read_sec >= FRESH_SEC:
            self._read_sec = self._clock.monotonic()
            async with anyio.create_task_group() as tasks:
                for meter in self.meters:
                    tasks.start_soon(meter.read)
        return await views.largest(
            self.table,
            most,
            offset=offset,
            privacy=self.settings.privacy,
            offset_ns=moment(self._clock).offset_ns,
        )

    @property
    def states(self) -> list[MeterState]:
        return [meter.state for meter in self.meters]

    async def run(self) -> None:
        """Run until cancelled. On return every meter has sent its final counters, and the last
        (partial) minute has been reported.
        """
        try:
            async with anyio.create_task_group() as tasks:
                for meter in self.meters:
                    tasks.start_soon(meter.run)
                tasks.start_soon(self._follow_links)
                tasks.start_soon(self._every_second)
                tasks.start_soon(self._every_interval)
        finally:
            with anyio.CancelScope(shield=True):
                await _by_turns(self.table.sweep())
                for listener in self._heard:
                    listener.tick()
                self._keep_hints()
                self._keep_recall()
                await self._close_minute()

    # What the table tells (a Listener).

    def began(self, flow: Flow) -> None:
        for listener in self._heard:
            listener.began(flow)

    def named(self, flow: Flow) -> None:
        for listener in self._heard:
            listener.named(flow)

    def moved(self, flow: Flow, new: Counts) -> None:
        for listener in self._heard:
            listener.moved(flow, new)

    def ended(self, flow: Flow, *, closed: bool) -> None:
        self._count(flow)
        for listener in self._heard:
            listener.ended(flow, closed=closed)

    async def _follow_links(self) -> None:
        self._tell_twice()
        with closing(RouteChanges()) as changes:
            while True:
                try:
                    await changes.wait()
                except OSError as error:
                    _log.warning("changes of interfaces are not told: %s", error)
                    return
                for meter in self.meters:
                    meter.links_changed()
                self._tell_twice()

    def _tell_twice(self) -> None:
        """Say which traffic is counted at two interfaces: of a bridge and its member, and such."""
        pairs = metered_twice(self.settings.interfaces, under)
        if pairs:
            said = ", ".join(f"{upper} and {lower}, which it is made of" for upper, lower in pairs)
            self._health.ill(TWICE, f"the same packets are counted at {said}", minor=True)
        else:
            self._health.well(TWICE)

    async def _every_second(self) -> None:
        asked = False
        kept_sec = self._clock.monotonic()
        while True:
            await self._clock.sleep(1.0)
            await _by_turns(self.table.sweep())
            if asked:  # a second ago: the counters are here
                await self._close_minute()
                asked = False
            elif self._now_minute() != self._number:
                for meter in self.meters:
                    meter.ask()
                asked = True
            if self._clock.monotonic() - kept_sec >= KEEP_HINTS_SEC:
                kept_sec = self._clock.monotonic()
                self._keep_hints()

    async def _every_interval(self) -> None:
        before_sec = self._clock.monotonic()
        while True:
            await self._clock.sleep(self.settings.update_interval)
            now_sec = self._clock.monotonic()
            await _by_turns(self.table.update(now_sec - before_sec))
            for listener in self._heard:
                listener.tick()
            before_sec = now_sec

    def _count(self, flow: Flow) -> None:
        """Add what it had in this minute."""
        new = flow.since(flow.reported)
        flow.reported = flow.counters
        if any(new):
            self._minute.add(flow, names.application_of(flow), self.table.retag(flow), new)

    def _count_all(self) -> Iterator[None]:
        for number, flow in enumerate(self.table, 1):
            self._count(flow)
            if number % A_STEP == 0:
                yield

    async def _close_minute(self) -> None:
        """Report the minute that is over, or the part of it that there was."""
        await _by_turns(self._count_all())
        minute, self._minute = self._minute, Minute(self.settings.privacy)
        number, self._number = self._number, self._now_minute()
        report = minute.report(number * MINUTE_SEC, self.settings.interfaces, self._honesty())
        with anyio.CancelScope(shield=True):  # it is nowhere else any more
            await self._report(report)

    def _honesty(self) -> Honesty:
        """What was and was not seen since the last report."""
        total = {name: sum(s.total(name) for s in self.states) for name in COUNTED}
        total["missed"] = sum(state.all_missed for state in self.states)
        total["lost"] = sum(state.all_lost for state in self.states)
        new = {name: max(0, value - self._told.get(name, 0)) for name, value in total.items()}
        gaps = {state.interface: state.gap_sec for state in self.states}
        blind_sec = sum(state.uninspected_sec for state in self.states)
        gap_sec = max((g - self._gap_sec.get(i, 0.0) for i, g in gaps.items()), default=0.0)
        self._told, self._gap_sec = total, gaps
        blind_sec, self._blind_sec = blind_sec - self._blind_sec, blind_sec
        return Honesty(
            packets=new["packets"],
            bytes=new["bytes"],
            other_packets=new["other_packets"] + new["malformed_packets"],
            other_bytes=new["other_bytes"] + new["malformed_bytes"],
            missed=new["missed"],
            refused_packets=new["refused_packets"],
            refused_bytes=new["refused_bytes"],
            lost=new["lost"],
            gap_sec=round(gap_sec, 3),
            uninspected_sec=round(blind_sec, 3),
        )

    def _now_minute(self) -> int:
        return int(self._clock.now().timestamp()) // MINUTE_SEC

    def _restore(self) -> None:
        self.hints.read(self._hints_file.recall(self._health) or "")
        self.table.recall.read(self._recall_file.recall(self._health) or [])

    def _keep_hints(self) -> None:
        if not self.hints.changed or self.settings.privacy:
            return  # names are not kept where they are not reported
        self.hints.changed = not self._hints_file.keep(self.hints.text().encode(), self._health)

    def _keep_recall(self) -> None:
        """For the next start: connections go on meanwhile."""
        if len(self.table.recall) and not self.settings.privacy:
            self._recall_file.keep(self.table.recall.document(), self._health)


async def _by_turns(steps: Iterator[None]) -> None:
    """The rest of the agent has its turn after each step."""
    for _ in steps:
        await anyio.lowlevel.checkpoint()


def _order(interface: str, settings: FlowsSection) -> MeterOrder:
    return MeterOrder(
        interface=interface,
        backend=settings.backend,
        update_interval_sec=settings.update_interval,
        ttl_idle_sec=settings.ttl_idle_flow,
        ttl_idle_tcp_sec=settings.ttl_idle_tcp_flow,
        max_flows=settings.max_flows,
        inspect=max(settings.inspect, NDPI_PACKETS) if settings.ndpi else settings.inspect,
        ndpi=settings.ndpi,
        new_flows_per_sec=NEW_FLOWS_A_SEC,
    )
