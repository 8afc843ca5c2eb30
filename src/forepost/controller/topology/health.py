"""Every agent with its probes, and how each is. Pure."""

from collections import Counter
from typing import Final

import msgspec

from forepost.controller.topology.directory import KnownProbe
from forepost.controller.topology.grades import mean, shown
from forepost.controller.topology.sites import by_probe, of_probes, sites
from forepost.controller.topology.verdict import Verdict, of_workspace
from forepost.controller.topology.view import LineView, View, instant, last_of, look
from forepost.wire.rest.topology import (
    AgentHealth,
    HealthCounts,
    HealthVerdict,
    ProbeHealth,
    Standing,
    Status,
    WorkspaceHealth,
)

_STANDINGS: Final[tuple[Standing, ...]] = ("online", "offline", "unknown")
_STATUSES: Final[tuple[Status, ...]] = ("healthy", "degraded", "critical", "unknown")


def own_probes(view: View, agent_id: int) -> list[ProbeHealth]:
    """Return the probes of one agent, each with how it is. Of no other agent anything is read."""
    mine = {one.id: one for one in view.directory.probes.values() if one.agent_id == agent_id}
    narrow = msgspec.structs.replace(
        view,
        directory=msgspec.structs.replace(view.directory, probes=mine),
        lines=[line for line in view.lines if line.probe_id in mine],
    )
    lines = by_probe(look(narrow))
    each = of_probes(narrow, lines)
    return [_of(one, each[one.id], lines.get(one.id, [])) for one in mine.values()]


def verdicts(view: View) -> WorkspaceHealth:
    """Return the health without the probes of each agent."""
    found = health(view)
    agents = [msgspec.structs.replace(one, probes=[]) for one in found.agents]
    return msgspec.structs.replace(found, agents=agents)


def health(view: View) -> WorkspaceHealth:
    seen = look(view)
    lines = by_probe(seen)
    each = of_probes(view, lines)
    of_sites = sites(view, seen, each)
    probes: dict[int, list[ProbeHealth]] = {}
    for probe in view.directory.probes.values():
        found = _of(probe, each[probe.id], lines.get(probe.id, []))
        probes.setdefault(probe.agent_id, []).append(found)
    agents = [
        AgentHealth(
            id=agent.id,
            name=agent.name,
            status=view.presences[agent.id].standing,
            last_seen_at=view.presences[agent.id].last_seen_at,
            verdict=told(of_sites[agent.id]),
            probes=probes.get(agent.id, []),
        )
        for agent in view.directory.agents.values()
    ]
    standings = Counter(agent.status for agent in agents)
    statuses = Counter(probe.status for agent in agents for probe in agent.probes)
    return WorkspaceHealth(
        verdict=told(of_workspace([(one.name, of_sites[one.id]) for one in agents])),
        agents=agents,
        counts=HealthCounts(
            agents={each: standings[each] for each in _STANDINGS},
            probes={each: statuses[each] for each in _STATUSES},
            not_tracked=view.left_out,
        ),
        lookback=view.lookback,
        generated_at=view.now,
        workspace_id=view.workspace_id,
    )


def told(verdict: Verdict) -> HealthVerdict:
    since = instant(verdict.since_us) if verdict.since_us else None
    return HealthVerdict(status=verdict.status, reason=verdict.reason, since=since)


def _of(probe: KnownProbe, verdict: Verdict, lines: list[LineView]) -> ProbeHealth:
    figures = mean([seen.figures for seen in lines])
    return ProbeHealth(
        probe_id=probe.id,
        type=probe.type,
        status=verdict.status,
        reason=verdict.reason,
        since=instant(verdict.since_us) if verdict.since_us else None,
        avg_latency=shown(figures.rtt_ms),
        packet_loss=shown(figures.loss_pct),
        jitter=shown(figures.jitter_ms),
        last_updated=last_of(lines) if lines else None,
    )
