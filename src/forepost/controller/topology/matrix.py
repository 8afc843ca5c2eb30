"""From whom to whom, and what each type of probe says about it. Pure."""

from collections.abc import Iterator
from typing import Final

from forepost.controller.topology.directory import NamedTarget
from forepost.controller.topology.grades import mean, shown, worst
from forepost.controller.topology.view import LineView, View, last_of, look
from forepost.wire.rest.topology import Matrix, MatrixEntry, ProbeStatus, SourceAgent, TargetLabel

CONNECTING: Final = frozenset({"AGENT", "MTR", "PING", "RPERF", "TRAFFICSIM"})
"""Types of probes that have a place here before they have a result."""

Pair = tuple[int, str]
"""Reporting agent, node of the target."""


def matrix(view: View) -> Matrix:
    """A pair that is measured and says nothing is here too, as unknown."""
    pairs: dict[Pair, list[LineView]] = {}
    silent: dict[Pair, list[str]] = {}
    targets: dict[str, NamedTarget] = {}
    said: set[tuple[int, str]] = set()
    for seen in look(view):
        if not seen.measures:
            continue
        line = seen.line
        node = line.destination
        if node not in targets:
            targets[node] = NamedTarget("" if line.target_agent else line.target, line.target_agent)
        pairs.setdefault((line.agent_id, node), []).append(seen)
        said.add((line.probe_id, node))
    for agent_id, kind, probe_id, target in _wanted(view):
        if (probe_id, target.node) not in said:
            targets.setdefault(target.node, target)
            silent.setdefault((agent_id, target.node), []).append(kind)
    return Matrix(
        source_agents=[
            SourceAgent(id=agent.id, name=agent.name, is_online=view.is_online(agent.id))
            for agent in view.directory.agents.values()
        ],
        target_labels=[_label(view, target) for target in targets.values()],
        entries=[
            _entry(view, pair, targets[pair[1]], pairs.get(pair, []), silent.get(pair, []))
            for pair in dict.fromkeys((*pairs, *silent))
        ],
        generated_at=view.now,
        workspace_id=view.workspace_id,
    )


def _wanted(view: View) -> Iterator[tuple[int, str, int, NamedTarget]]:
    for probe in view.directory.probes.values():
        if probe.enabled and probe.type in CONNECTING:
            for target in probe.targets:
                yield probe.agent_id, probe.type, probe.id, target


def _label(view: View, target: NamedTarget) -> TargetLabel:
    return TargetLabel(
        id=target.key,
        name=_name(view, target),
        type="agent" if target.agent_id else "destination",
    )


def _name(view: View, target: NamedTarget) -> str:
    return view.directory.name(target.agent_id) if target.agent_id else target.text


def _entry(
    view: View, pair: Pair, target: NamedTarget, lines: list[LineView], silent: list[str]
) -> MatrixEntry:
    types: dict[str, list[LineView]] = {}
    for seen in lines:
        types.setdefault(seen.line.type, []).append(seen)
    for kind in silent:
        types.setdefault(kind, [])
    return MatrixEntry(
        source_agent_id=pair[0],
        source_agent_name=view.directory.name(pair[0]),
        target_id=target.key,
        target_name=_name(view, target),
        target_type="agent" if target.agent_id else "destination",
        probe_status=[_status(kind, of_type) for kind, of_type in types.items()],
    )


def _status(kind: str, lines: list[LineView]) -> ProbeStatus:
    if not lines:
        return ProbeStatus(type=kind, status="unknown")
    figures = mean([seen.figures for seen in lines])
    return ProbeStatus(
        type=kind,
        status=worst([seen.status for seen in lines]),
        avg_latency=shown(figures.rtt_ms),
        packet_loss=shown(figures.loss_pct),
        jitter=shown(figures.jitter_ms),
        last_updated=last_of(lines),
    )
