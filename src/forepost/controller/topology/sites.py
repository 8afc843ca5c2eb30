"""How every site is, by its own probes and by those of others towards it. Pure."""

from collections.abc import Sequence

from forepost.controller.topology.directory import KnownProbe
from forepost.controller.topology.verdict import Verdict, of_site, worst_of
from forepost.controller.topology.view import LineView, View, micros


def by_probe(lines: Sequence[LineView]) -> dict[int, list[LineView]]:
    found: dict[int, list[LineView]] = {}
    for seen in lines:
        found.setdefault(seen.line.probe_id, []).append(seen)
    return found


def of_probes(view: View, lines: dict[int, list[LineView]]) -> dict[int, Verdict]:
    """By probe. `lines`: by probe too."""
    return {
        probe.id: _of_probe(view, probe, lines.get(probe.id, []))
        for probe in view.directory.probes.values()
    }


def _of_probe(view: View, probe: KnownProbe, lines: Sequence[LineView]) -> Verdict:
    """Return how a probe is over all its targets."""
    if not probe.enabled:
        return Verdict("unknown", "the probe is switched off")
    match view.presences[probe.agent_id].standing:
        case "unknown":
            return Verdict("unknown", "the agent was never heard of")
        case "online" if not lines:
            return Verdict("unknown", f"no result in the last {view.lookback} min")
        case "offline" if not lines:
            return Verdict("unknown", "the agent is offline")
        case _:
            return worst_of([(_target_of(view, seen), seen.verdict) for seen in lines])


def sites(view: View, lines: Sequence[LineView], probes: dict[int, Verdict]) -> dict[int, Verdict]:
    """By agent. `probes`: how each of them is."""
    own: dict[int, list[Verdict]] = {}
    for probe in view.directory.probes.values():
        if probe.enabled:
            own.setdefault(probe.agent_id, []).append(probes[probe.id])
    towards: dict[int, list[Verdict]] = {}
    for seen in lines:
        if seen.line.target_agent and seen.status != "unknown":
            towards.setdefault(seen.line.target_agent, []).append(seen.verdict)
    found = {}
    for agent_id in view.directory.agents:
        presence = view.presences[agent_id]
        seen_us = micros(presence.last_seen_at) if presence.last_seen_at is not None else 0
        found[agent_id] = of_site(
            presence.standing, seen_us, own.get(agent_id, []), towards.get(agent_id, [])
        )
    return found


def _target_of(view: View, seen: LineView) -> str:
    line = seen.line
    return view.directory.name(line.target_agent) if line.target_agent else line.target
