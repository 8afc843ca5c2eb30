"""Uptime and SLA of a workspace: of each probe and each site, made of the results themselves."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from forepost.controller.payloads import graded
from forepost.controller.results.rows import instant
from forepost.controller.results.site_lines import SiteMembers
from forepost.controller.results.uptime import (
    Interval,
    Segment,
    Uptime,
    expected_since,
    hold_us,
    merged,
    segments,
    shared,
    state_of,
    together,
    uptime,
)
from forepost.controller.series.port import ChartOf, Measured, Series, Trace, TraceOf
from forepost.wire.disclosure import public_target
from forepost.wire.probes import STANDS_FOR, line_interval_sec
from forepost.wire.probes.probe import Probe
from forepost.wire.rest.bodies import Agent, Line
from forepost.wire.rest.sla import LabelledSiteSla, ProbeSla, SiteSla, SlaReport

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


class _Course(msgspec.Struct, frozen=True):
    """How one target was, as one agent saw it."""

    probe: Probe
    agent_id: int
    target_agent: int
    segments: Sequence[Segment]
    line: Line | None


class _Span(msgspec.Struct, frozen=True):
    low_us: int
    high_us: int
    in_maintenance: InMaintenance

    def windows(self, probe_id: int, agent_id: int, target_agent: int = 0) -> list[Interval]:
        """Those of who measures, and of the agent that is measured."""
        found = [*self.in_maintenance(probe_id, agent_id)]
        if target_agent:
            found += self.in_maintenance(0, target_agent)
        return merged(found)

    def sums(
        self, segments: Sequence[Segment], made: datetime, windows: Sequence[Interval]
    ) -> Uptime:
        made_us = max(self.low_us, min(round(made.timestamp() * 1e6), self.high_us))
        return uptime(segments, expected_since(made_us, segments, self.high_us), windows)


class SlaReports:
    def __init__(self, series: Series, needs: SlaNeeds) -> None:
        self._series, self._needs = series, needs

    async def of(
        self, workspace_id: int, low_us: int, high_us: int, only: Collection[int] = ()
    ) -> SlaReport:
        """`only`: of these agents; none: of all."""
        in_maintenance = await self._needs.maintenance(workspace_id, low_us, high_us)
        span = _Span(low_us, high_us, in_maintenance)
        agents = [
            agent
            for agent in await self._needs.agents(workspace_id)
            if not only or agent.id in only
        ]
        probes: list[Probe] = []
        for agent in agents:
            of_agent = await self._needs.probes(workspace_id, agent.id)
            probes += sorted(of_agent, key=lambda probe: probe.id)
        courses: list[_Course] = []
        of_agents: dict[int, list[_Course]] = {}
        found: list[ProbeSla] = []
        for probe in probes:
            for course, one in await self._of_probe(probe, span):
                courses.append(course)
                of_agents.setdefault(probe.agent_id, []).append(course)
                found.append(one)
        return SlaReport(
            start=instant(low_us),
            end=instant(high_us),
            probes=found,
            sites=[_of_agent(agent, of_agents.get(agent.id, []), span) for agent in agents],
            labelled_sites=_labelled(agents, probes, courses, span),
        )

    async def _of_probe(self, probe: Probe, span: _Span) -> list[tuple[_Course, ProbeSla]]:
        """Of each target that has results; of those that it has, where there are none."""
        drawn = await self._series.chart(
            ChartOf(stream=probe.id, from_us=span.low_us, to_us=span.high_us - 1, as_one=True)
        )
        lines = {_name(line): line for line in drawn.lines}
        kinds = STANDS_FOR.get(probe.type, (probe.type,))
        traces = await self._series.traces(
            TraceOf(
                stream=probe.id,
                from_us=span.low_us - max(hold_us(_interval_sec(probe, kind)) for kind in kinds),
                to_us=span.high_us,
                gap_us=lambda kind: hold_us(_interval_sec(probe, kind)),
                judge=judge,
            )
        )
        found: list[tuple[_Course, ProbeSla]] = []
        for trace in traces:
            line = lines.get(_name(trace))
            interval_sec = _interval_sec(probe, trace.type)
            course = segments(trace.runs, interval_sec, span.low_us, span.high_us)
            if course or line is not None:
                found.append(_of_line(probe, trace, line, course, span))
        return found or [_of_line(probe, each, None, (), span) for each in _without_results(probe)]


def _of_agent(agent: Agent, own: Sequence[_Course], span: _Span) -> SiteSla:
    sums = span.sums(
        together(course.segments for course in own), agent.created_at, span.windows(0, agent.id)
    )
    return SiteSla(agent_id=agent.id, name=agent.name, loss_pct=_loss_pct(own), **_fields(sums))


def _labelled(
    agents: Sequence[Agent], probes: Sequence[Probe], courses: Sequence[_Course], span: _Span
) -> list[LabelledSiteSla]:
    members = SiteMembers(agents, probes)
    found: list[LabelledSiteSla] = []
    for site in members.names:
        its = [
            course
            for course in courses
            if members.has(site, course.probe.id, course.agent_id, course.target_agent)
        ]
        agent_ids, probe_ids = members.agents(site), members.probes(site)
        made = min(
            *(agent.created_at for agent in agents if agent.id in agent_ids),
            *(probe.created_at for probe in probes if probe.id in probe_ids),
            instant(span.high_us),
        )
        # Whoever works at one of several hosts leaves the others to be up.
        windows = shared(
            [span.windows(0, agent_id) for agent_id in agent_ids]
            or [span.windows(probe.id, probe.agent_id) for probe in probes if probe.id in probe_ids]
        )
        sums = span.sums(together(course.segments for course in its), made, windows)
        found.append(
            LabelledSiteSla(
                site=site,
                agent_ids=agent_ids,
                probe_ids=probe_ids,
                loss_pct=_loss_pct(its),
                **_fields(sums),
            )
        )
    return found


def _loss_pct(courses: Iterable[_Course]) -> float | None:
    """Over all packets."""
    sent = lost = 0.0
    for course in courses:
        for point in () if course.line is None else course.line.points:
            if point.sent is not None and point.received is not None:
                sent += point.sent
                lost += point.sent - point.received
    return 100 * lost / sent if sent else None


def _interval_sec(probe: Probe, kind: str) -> int:
    return line_interval_sec(probe.type, kind, probe.interval_sec)


def _without_results(probe: Probe) -> list[Trace]:
    """What it would measure."""
    return [
        Trace(
            agent_id=probe.agent_id,
            type=probe.type,
            target=target.target,
            target_agent=target.agent_id or 0,
            runs=[],
        )
        for target in probe.targets or ()
        if target.target or target.agent_id
    ] or [Trace(agent_id=probe.agent_id, type=probe.type, target="", target_agent=0, runs=[])]


def judge(kind: str, measured: Measured, payload: Callable[[], bytes]) -> str:
    return state_of(graded(kind, measured, measured.sent, payload))


def _name(of: Line | Trace) -> tuple[int, str, str, int]:
    return of.agent_id, of.type, of.target, of.target_agent


def _of_line(
    probe: Probe, trace: Trace, line: Line | None, course: Sequence[Segment], span: _Span
) -> tuple[_Course, ProbeSla]:
    point = line.points[0] if line is not None and line.points else None
    sums = span.sums(
        course, probe.created_at, span.windows(probe.id, probe.agent_id, trace.target_agent)
    )
    return _Course(probe, trace.agent_id, trace.target_agent, course, line), ProbeSla(
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
