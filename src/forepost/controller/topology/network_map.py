"""The network map. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from forepost.controller.topology.destinations import Destination, destination, grouped
from forepost.controller.topology.grades import GradedFigures, mean, shown, status_of
from forepost.controller.topology.graph import Graph, GraphTally
from forepost.controller.topology.sites import by_probe, of_probes, sites
from forepost.controller.topology.verdict import Verdict
from forepost.controller.topology.view import LineView, View, drawn, look
from forepost.wire.rest.topology import MapEdge, MapNode, NetworkMap, Status

DESTINATION_LAYER: Final = 100


def network_map(view: View) -> NetworkMap:
    """Agents, also silent ones; what they measure towards; and the routers that MTR found.

    An agent that is measured towards is a node once, as an agent. Where no path is known an edge
    leads straight there.
    """
    everything = look(view)
    seen = [each for each in everything if each.measures]
    graph = drawn(view, seen)
    towards = grouped(seen)
    both_ways = {
        (each.line.agent_id, each.line.target_agent) for each in seen if each.line.target_agent
    }
    nodes = [
        *_agents(view, graph, seen, sites(view, everything, of_probes(view, by_probe(everything)))),
        *_hops(view, graph),
        *_places(view, graph, towards),
    ]
    ids = {node.id for node in nodes}
    edges = [
        edge
        for edge in (*_paths(graph), *_straight(seen))
        if edge.source in ids and edge.target in ids
    ]
    return NetworkMap(
        nodes=nodes,
        edges=edges,
        destinations=[destination(view, each, both_ways) for each in towards.values()],
        generated_at=view.now,
        workspace_id=view.workspace_id,
    )


def _agents(
    view: View, graph: Graph, seen: Sequence[LineView], verdicts: dict[int, Verdict]
) -> Iterator[MapNode]:
    own: dict[int, list[GradedFigures]] = {}
    for each in seen:
        own.setdefault(each.line.agent_id, []).append(each.figures)
    for agent in view.directory.agents.values():
        node = f"agent:{agent.id}"
        figures = mean(own.get(agent.id, []))
        tally = graph.nodes.get(node)
        yield MapNode(
            id=node,
            type="agent",
            label=agent.name,
            agent_id=agent.id,
            ip=view.presences[agent.id].ip,
            avg_latency=shown(figures.rtt_ms),
            packet_loss=shown(figures.loss_pct),
            path_count=len(tally.paths) if tally is not None else 0,
            is_online=view.is_online(agent.id),
            layer=0,
            status=verdicts[agent.id].status,
            shared_agents=_agents_of(tally),
            path_ids=list(tally.paths) if tally is not None else [],
        )


def _hops(view: View, graph: Graph) -> Iterator[MapNode]:
    for node, tally in list(graph.nodes.items()):
        if not node.startswith("hop:"):
            continue
        ip, figures, agents = node.removeprefix("hop:"), tally.figures(), _agents_of(tally)
        hostname = next(iter(list(tally.hostnames)), "")
        number = min(list(tally.ttls), default=1)
        yield MapNode(
            id=node,
            type="hop",
            label=hostname or ip,
            ip=ip,
            hostname=hostname,
            hop_number=number,
            avg_latency=shown(figures.rtt_ms),
            packet_loss=shown(figures.loss_pct),
            path_count=figures.results,
            is_online=figures.rtt_ms is not None,
            layer=number,
            status=_told(view, agents, figures),
            shared_agents=agents,
            path_ids=list(tally.paths),
        )


def _places(view: View, graph: Graph, towards: dict[str, Destination]) -> Iterator[MapNode]:
    """Destinations that are no agents."""
    only_drawn = [n for n in list(graph.nodes) if n.startswith("dest:") and n not in towards]
    for node in (*towards, *only_drawn):
        if not node.startswith("dest:"):
            continue
        tally, found = graph.nodes.get(node), towards.get(node)
        if found is not None:
            figures, agents, status = found.figures, found.agents, found.verdict.status
        else:
            figures = tally.figures() if tally is not None else GradedFigures()
            agents = _agents_of(tally)
            status = _told(view, agents, figures)
        target = node.removeprefix("dest:")
        yield MapNode(
            id=node,
            type="destination",
            label=target,
            ip=found.resolved_ip if found is not None else "",
            hostname=found.hostname if found is not None else "",
            avg_latency=shown(figures.rtt_ms),
            packet_loss=shown(figures.loss_pct),
            path_count=len(tally.paths) if tally is not None else 0,
            is_online=figures.rtt_ms is not None,
            layer=DESTINATION_LAYER,
            status=status,
            shared_agents=agents,
            path_ids=list(tally.paths) if tally is not None else [],
        )


def _paths(graph: Graph) -> Iterator[MapEdge]:
    for (source, target), tally in list(graph.edges.items()):
        figures = tally.figures()
        yield _edge(source, target, figures, list(tally.paths))


def _straight(seen: Sequence[LineView]) -> Iterator[MapEdge]:
    """For who measures towards a place without knowing the way."""
    known = {(each.line.agent_id, each.line.destination) for each in seen if each.line.path}
    pairs: dict[tuple[int, str], list[LineView]] = {}
    for each in seen:
        pair = (each.line.agent_id, each.line.destination)
        if pair not in known:
            pairs.setdefault(pair, []).append(each)
    for (agent_id, target), lines in pairs.items():
        ids = [f"{agent_id}:{each.line.probe_id}:{each.line.target}" for each in lines]
        figures = mean([each.figures for each in lines])
        yield _edge(f"agent:{agent_id}", target, figures, list(dict.fromkeys(ids)))


def _edge(source: str, target: str, figures: GradedFigures, path_ids: list[str]) -> MapEdge:
    return MapEdge(
        id=f"{source}>{target}",
        source=source,
        target=target,
        avg_latency=shown(figures.rtt_ms),
        packet_loss=shown(figures.loss_pct),
        path_count=len(path_ids),
        path_ids=path_ids,
    )


def _agents_of(tally: GraphTally | None) -> list[int]:
    return [] if tally is None else list(tally.agents)


def _told(view: View, agents: Sequence[int], figures: GradedFigures) -> Status:
    """Known while one of those who say it is online."""
    return status_of(figures) if any(map(view.is_online, agents)) else "unknown"
