"""Every agent with its probes, and how each is. Pure."""

from collections import Counter
from typing import Final

from forepost.controller.topology.directory import KnownProbe
from forepost.controller.topology.grades import mean, shown, worst
from forepost.controller.topology.view import LineView, View, last_of, look
from forepost.wire.rest.topology import (
    AgentHealth,
    HealthCounts,
    ProbeHealth,
    Standing,
    Status,
    WorkspaceHealth,
)

_STANDINGS: Final[tuple[Standing, ...]] = ("online", "offline", "unknown")
_STATUSES: Final[tuple[Status, ...]] = ("healthy", "degraded", "critical", "unknown")


def health(view: View) -> WorkspaceHealth:
    lines: dict[int, list[LineView]] = {}
    for seen in look(view):
        lines.setdefault(seen.line.probe_id, []).append(seen)
    probes: dict[int, list[ProbeHealth]] = {}
    for probe in view.directory.probes.values():
        probes.setdefault(probe.agent_id, []).append(_of(view, probe, lines.get(probe.id, [])))
    agents = [
        AgentHealth(
            id=agent.id,
            name=agent.name,
            status=view.presences[agent.id].standing,
            last_seen_at=view.presences[agent.id].last_seen_at,
            probes=probes.get(agent.id, []),
        )
        for agent in view.directory.agents.values()
    ]
    standings = Counter(agent.status for agent in agents)
    statuses = Counter(probe.status for agent in agents for probe in agent.probes)
    return WorkspaceHealth(
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


def _of(view: View, probe: KnownProbe, lines: list[LineView]) -> ProbeHealth:
    figures = mean([seen.figures for seen in lines])
    status = worst([seen.status for seen in lines]) if probe.enabled else "unknown"
    return ProbeHealth(
        probe_id=probe.id,
        type=probe.type,
        status=status,
        reason=_why(view, probe, lines) if status == "unknown" else "",
        avg_latency=shown(figures.rtt_ms),
        packet_loss=shown(figures.loss_pct),
        jitter=shown(figures.jitter_ms),
        last_updated=last_of(lines) if lines else None,
    )


def _why(view: View, probe: KnownProbe, lines: list[LineView]) -> str:
    if not probe.enabled:
        return "the probe is switched off"
    match view.presences[probe.agent_id].standing:
        case "unknown":
            return "the agent was never heard of"
        case "offline":
            return "the agent is offline"
        case "online" if not lines:
            return f"no result in the last {view.lookback} min"
        case "online":
            return "its results say neither latency nor loss"
