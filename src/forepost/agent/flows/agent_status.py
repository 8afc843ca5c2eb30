"""The answer to `status`: what the agent and its meters use, and how many flows there are."""

import os
from collections.abc import Sequence
from typing import Final

import msgspec

from forepost.agent.edges.host.usage import usage
from forepost.agent.flows.meters import MeterState
from forepost.agent.flows.sink import Sink
from forepost.agent.flows.watch import Watch
from forepost.agent.node import Node
from forepost.agent.settings import SinkSection
from forepost.kit.clock import Clock
from forepost.wire.flows.socket import AgentStatus, MeterSummary, SinkSummary

PRODUCT: Final = "forepost agent"


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """By the agent and its meters together."""

    cpu_user_sec: float = 0
    cpu_system_sec: float = 0
    rss_kb: int = 0
    max_rss_kb: int = 0


class Reporter:
    """Makes the answer to `status` out of the watch, the sinks and what this process uses."""

    def __init__(
        self, node: Node, watch: Watch, sinks: Sequence[tuple[SinkSection, Sink]], clock: Clock
    ) -> None:
        self._node, self._watch, self._sinks, self._clock = node, watch, sinks, clock
        self._began_sec = clock.monotonic()
        self._before = self._now = self._used()
        self._uptime = 0

    async def run(self) -> None:
        """Look at what is used each update interval."""
        while True:
            await self._clock.sleep(self._watch.settings.update_interval)
            self._before, self._now = self._now, self._used()
            self._uptime = int(self._clock.monotonic() - self._began_sec)

    def status(self) -> AgentStatus:
        standing, states = self._watch.table.standing, self._watch.states
        return AgentStatus(
            agent_version=f"{PRODUCT}/{self._node.version}",
            cpu_cores=os.cpu_count() or 1,
            cpu_system=self._now.cpu_system_sec,
            cpu_system_prev=self._before.cpu_system_sec,
            cpu_user=self._now.cpu_user_sec,
            cpu_user_prev=self._before.cpu_user_sec,
            dhc_status=self._watch.settings.inspect > 0,
            fhc_status=True,
            flow_count=len(self._watch.table),
            flow_count_prev=standing.flow_count,
            flows_active=standing.flows_active,
            flows_expired=standing.flows_expired,
            flows_expiring=standing.flows_expiring,
            flows_in_use=standing.flows_in_use,
            flows_purged=standing.flows_purged,
            maxrss_kb=self._now.max_rss_kb,
            maxrss_kb_prev=self._before.max_rss_kb,
            memrss_kb=self._now.rss_kb,
            memrss_kb_prev=self._before.rss_kb,
            timestamp=int(self._clock.now().timestamp()),
            update_imf=1,
            update_interval=int(self._watch.settings.update_interval),
            uptime=self._uptime,
            inspection_missed=sum(state.all_missed for state in states),
            flow_dropped=sum(state.total("refused_packets") for state in states),
            capture_dropped=sum(state.all_lost for state in states),
            interfaces=[_summary(state, self._clock.monotonic()) for state in states],
            sinks=[_sink(settings, sink.lost) for settings, sink in self._sinks],
        )

    def _used(self) -> Used:
        user, system, rss, largest = usage()
        states = self._watch.states
        return Used(
            cpu_user_sec=round(user + sum(state.cpu_user_sec for state in states), 6),
            cpu_system_sec=round(system + sum(state.cpu_system_sec for state in states), 6),
            rss_kb=rss + sum(state.rss_kb for state in states),
            max_rss_kb=largest + sum(state.max_rss_kb for state in states),
        )


def _sink(settings: SinkSection, lost: int) -> SinkSummary:
    return SinkSummary(kind=settings.kind, place=settings.place, lost=lost)


def _summary(state: MeterState, now_sec: float) -> MeterSummary:
    read_sec = state.counted_at_sec
    return MeterSummary(
        interface=state.interface,
        running=state.running,
        backend=state.backend or "",
        reason=state.reason,
        packets=state.total("packets"),
        bytes=state.total("bytes"),
        inspection_missed=state.all_missed,
        flow_refused=state.total("refused_packets"),
        capture_dropped=state.all_lost,
        restarts=state.restarts,
        gap_sec=round(state.gap_sec, 3),
        uninspected_sec=round(state.uninspected_sec, 3),
        no_ndpi=state.no_ndpi,
        counters_age_sec=None if read_sec is None else round(now_sec - read_sec, 3),
    )
