"""Uptime and SLA of a workspace: of each probe and each site, made of the results themselves."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from forepost.controller.payloads import graded
from forepost.controller.results.rows import instant
from forepost.controller.results.uptime import (
    Interval,
    Segment,
    Uptime,
    hold_us,
    merged,
    segments,
    state_of,
    together,
    uptime,
)
from forepost.controller.series.port import ChartOf, Measured, Series, Trace, TraceOf
from forepost.wire.disclosure import public_target
from forepost.wire.probes.probe import Probe
from forepost.wire.rest.bodies import Agent, Line
from forepost.wire.rest.sla import ProbeSla, SiteSla, SlaReport

SECOND_US: Final = 1_000_000

InMaintenance = Callable[[int, int], Sequence[Interval]]
"""(probe id, agent id) -> when it is in maintenance."""


class SlaNeeds(msgspec.Struct, frozen=True):
    """What reports are made of, from the slices that have it."""

    agents: Callable[[int], Awaitable[list[Agent]]]
    """Of a workspace."""
    probes: Callable[[int, int], Awaitable[list[Probe]]]
    """(workspace id, agent id)."""
    maintenance: Callable[[int, int, int], Awaitable[InMaintenance]]
    """(workspace id, from, to), microseconds."""


class _Packets:
    def __init__(self) -> None:
        self.sent = self.lost = 0.0

    def add(self, line: Line | None) -> None:
        for point in () if line is None else line.points:
            if point.sent is not None and point.received is not None:
                self.sent += point.sent
                self.lost += point.sent - point.received

    @property
    def loss_pct(self) -> float | None:
        return 100 * self.lost / self.sent if self.sent else None


class _Span(msgspec.Struct, frozen=True):
    low_us: int
    high_us: int
    in_maintenance: InMaintenance

    def sums(
        self, course: Sequence[Segment], made: datetime, probe_id: int, agent_id: int
    ) -> Uptime:
        """Expected since it was made; a clock that was ahead may have measured before."""
        since_us = max(self.low_us, min(round(made.timestamp() * 1e6), self.high_us))
        from_us = min(since_us, course[0].start_us) if course else since_us
        windows = merged(self.in_maintenance(probe_id, agent_id))
        return uptime(course, from_us, self.high_us, windows)


class SlaReports:
    def __init__(self, series: Series, needs: SlaNeeds) -> None:
        self._series, self._needs = series, needs

    async def of(self, workspace_id: int, low_us: int, high_us: int) -> SlaReport:
        in_maintenance = await self._needs.maintenance(workspace_id, low_us, high_us)
        span = _Span(low_us, high_us, in_maintenance)
        probes: list[ProbeSla] = []
        sites: list[SiteSla] = []
        for agent in await self._needs.agents(workspace_id):
            courses: list[Sequence[Segment]] = []
            packets = _Packets()
            of_agent = await self._needs.probes(workspace_id, agent.id)
            for probe in sorted(of_agent, key=lambda probe: probe.id):
                for one, course, line in await self._of_probe(probe, span):
                    probes.append(one)
                    courses.append(course)
                    packets.add(line)
            course = together(courses)
            sums = span.sums(course, agent.created_at, 0, agent.id)
            sites.append(
                SiteSla(
                    agent_id=agent.id, name=agent.name, loss_pct=packets.loss_pct, **_fields(sums)
                )
            )
        return SlaReport(start=instant(low_us), end=instant(high_us), probes=probes, sites=sites)

    async def _of_probe(
        self, probe: Probe, span: _Span
    ) -> list[tuple[ProbeSla, Sequence[Segment], Line | None]]:
        """Of each target; one without results where there is none."""
        hold = hold_us(probe.interval_sec)
        drawn = await self._series.chart(
            ChartOf(stream=probe.id, from_us=span.low_us, to_us=span.high_us - 1, as_one=True)
        )
        lines = {_name(line): line for line in drawn.lines}
        traces = await self._series.traces(
            TraceOf(
                stream=probe.id,
                from_us=span.low_us - hold,
                to_us=span.high_us,
                gap_us=hold,
                judge=judge,
            )
        )
        found: list[tuple[ProbeSla, Sequence[Segment], Line | None]] = []
        for trace in traces:
            line = lines.get(_name(trace))
            course = segments(trace.runs, probe.interval_sec, span.low_us, span.high_us)
            if course or line is not None:
                sums = span.sums(course, probe.created_at, probe.id, probe.agent_id)
                found.append((_of_line(probe, trace, line, sums), course, line))
        if not found:
            nothing = Trace(
                agent_id=probe.agent_id, type=probe.type, target="", target_agent=0, runs=[]
            )
            sums = span.sums((), probe.created_at, probe.id, probe.agent_id)
            found.append((_of_line(probe, nothing, None, sums), (), None))
        return found


def judge(kind: str, measured: Measured, payload: Callable[[], bytes]) -> str:
    return state_of(graded(kind, measured, measured.sent, payload))


def _name(of: Line | Trace) -> tuple[int, str, str, int]:
    return of.agent_id, of.type, of.target, of.target_agent


def _of_line(probe: Probe, trace: Trace, line: Line | None, sums: Uptime) -> ProbeSla:
    point = line.points[0] if line is not None and line.points else None
    return ProbeSla(
        probe_id=probe.id,
        agent_id=trace.agent_id,
        type=trace.type,
        target=public_target(trace.target),
        target_agent=trace.target_agent,
        history_since=None if line is None else line.history_since,
        rtt_p50_ms=None if point is None else point.rtt_p50_ms,
        rtt_p95_ms=None if point is None else point.rtt_p95_ms,
        loss_pct=None if point is None else point.loss_pct,
        **_fields(sums),
    )


def _fields(sums: Uptime) -> dict[str, Any]:
    """Those of `Availability`."""
    return {
        "expected_sec": sums.expected_us / SECOND_US,
        "known_sec": sums.known_us / SECOND_US,
        "up_sec": sums.up_us / SECOND_US,
        "degraded_sec": sums.degraded_us / SECOND_US,
        "down_sec": sums.down_us / SECOND_US,
        "unknown_sec": (sums.expected_us - sums.known_us) / SECOND_US,
        "availability_pct": sums.availability,
        "availability_outside_maintenance_pct": sums.availability_outside,
        "maintenance_sec": sums.maintenance_us / SECOND_US,
        "down_in_maintenance_sec": sums.down_maintained_us / SECOND_US,
        "outages": sums.outages,
        "longest_outage_sec": sums.longest_us / SECOND_US,
        "longest_outage_at": (None if sums.longest_at_us is None else instant(sums.longest_at_us)),
    }
