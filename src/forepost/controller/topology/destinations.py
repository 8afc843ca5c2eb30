"""What is measured towards, and by whom. Pure."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import msgspec

from forepost.controller.topology.grades import GradedFigures, mean, shown
from forepost.controller.topology.verdict import Verdict, joined
from forepost.controller.topology.view import LineView, View, last_of
from forepost.wire.rest.topology import Endpoint, MapDestination

Way = tuple[int, int]
"""From agent, to agent."""


class Destination(msgspec.Struct):
    """All lines towards one place."""

    node: str
    lines: list[LineView]
    figures: GradedFigures = msgspec.field(default_factory=GradedFigures)
    """Of agents that are online; of all where none is."""

    @property
    def agents(self) -> list[int]:
        return list(dict.fromkeys(each.line.agent_id for each in self.lines))

    @property
    def verdict(self) -> Verdict:
        return joined([each.verdict for each in self.lines], "paths")

    @property
    def resolved_ip(self) -> str:
        return next((p.line.path.resolved_ip for p in self.lines if p.line.path), "")

    @property
    def hostname(self) -> str:
        return next((p.line.path.hostname for p in self.lines if p.line.path), "")


def grouped(seen: Sequence[LineView]) -> dict[str, Destination]:
    """By node."""
    found: dict[str, Destination] = {}
    for each in seen:
        node = each.line.destination
        towards = found.get(node)
        if towards is None:
            towards = found[node] = Destination(node, [])
        towards.lines.append(each)
    for towards in found.values():
        current = [each.figures for each in towards.lines if each.status != "unknown"]
        towards.figures = mean(current or [each.figures for each in towards.lines])
    return found


def destination(view: View, towards: Destination, ways: AbstractSet[Way]) -> MapDestination:
    lines, agents = towards.lines, towards.agents
    peer = lines[0].line.target_agent
    by_probe: dict[tuple[int, int], list[LineView]] = {}
    for each in lines:
        by_probe.setdefault((each.line.agent_id, each.line.probe_id), []).append(each)
    ips = [each.line.path.resolved_ip for each in lines if each.line.path]
    name = view.directory.name(peer) if peer else ""
    ip = view.presences[peer].ip if peer in view.presences else ""
    endpoints = [_endpoint(view, found, name, ip, ways) for found in by_probe.values()]
    return MapDestination(
        target=towards.node.removeprefix("dest:"),
        hostname=name if peer else towards.hostname,
        hop_count=max([each.hop_count for each in endpoints]),
        avg_latency=shown(towards.figures.rtt_ms),
        packet_loss=shown(towards.figures.loss_pct),
        status=towards.verdict.status,
        agent_count=len(agents),
        probe_types=sorted({each.line.type for each in lines}),
        endpoints=[view.directory.name(agent_id) for agent_id in agents],
        endpoint_ips=list(dict.fromkeys(filter(None, ips))),
        last_updated=last_of(lines),
        has_bidirectional=any(each.is_bidirectional for each in endpoints),
        expanded_endpoints=endpoints,
    )


def _endpoint(
    view: View, lines: list[LineView], target_name: str, target_ip: str, ways: AbstractSet[Way]
) -> Endpoint:
    """Nearly every probe has one line towards one place, and a large map has ten thousand."""
    line = lines[0].line
    path, kinds = line.path, [line.type]
    if len(lines) > 1:
        kinds = sorted({each.line.type for each in lines})
        path = next((each.line.path for each in lines if each.line.path), None)
    figures = mean([each.figures for each in lines])
    peer = line.target_agent
    return Endpoint(
        agent_id=line.agent_id,
        agent_name=view.directory.name(line.agent_id),
        target_agent_id=peer,
        target_agent_name=target_name,
        ip=target_ip,
        target=line.target,
        resolved_ip=path.resolved_ip if path is not None else "",
        probe_types=kinds,
        has_mtr="MTR" in kinds,
        has_ping="PING" in kinds,
        has_trafficsim="TRAFFICSIM" in kinds,
        avg_latency=shown(figures.rtt_ms),
        packet_loss=shown(figures.loss_pct),
        is_bidirectional=bool(peer) and (peer, line.agent_id) in ways,
        hop_count=path.hop_count if path is not None else 0,
        probe_id=line.probe_id,
    )
