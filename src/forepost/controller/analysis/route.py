"""The way of one line: what it was, what it is, and how its hops did. Pure."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final, NamedTuple

from forepost.controller.analysis.path import analysed
from forepost.controller.analysis.run_rows import TracedLine, TracedRun
from forepost.controller.payloads.mtr import Hop
from forepost.controller.payloads.ways import SILENT, Way, addresses, ways_of
from forepost.wire.rest.analysis_routes import InnerHop, ProbeRoute, RouteHop, RouteIncident

STABLE_JACCARD: Final = 0.5
"""From so much in common on, another way is worth knowing and no more."""


class KnownPlaces(NamedTuple):
    names: Mapping[int, str]
    """Of the agents."""
    at: Mapping[str, int]
    """Address to the agent that is there."""


class FoundRoute(NamedTuple):
    route: ProbeRoute
    incident: RouteIncident | None
    target_ip: str


def route_of(line: TracedLine, known: KnownPlaces) -> FoundRoute:
    ways = ways_of([run.route for run in line.runs])
    usual, latest = _usual(ways, len(line.runs)), _of_place(ways, len(line.runs) - 1)
    said = analysed([run.said for run in reversed(line.runs)])
    assert said is not None, "a run without hops has no route"
    changed = latest is not usual
    since = _since(line.runs, usual) if changed else None
    hops = _hops([line.runs[place] for place in latest.places], set(said.rate_limited_hops), known)
    inner = [
        InnerHop(ip=hop.ip, loss=hop.loss, latency=hop.latency, hop_index=place)
        for place, hop in hops
        if not hop.is_final_hop
    ]
    route = ProbeRoute(
        probe_id=line.probe_id,
        agent_id=line.agent_id,
        target=known.names.get(line.target_agent, line.target),
        target_agent_id=line.target_agent,
        target_agent_name=known.names.get(line.target_agent, ""),
        baseline_fingerprint=usual.fingerprint,
        baseline_hop_count=len(usual.route),
        baseline_route_path=usual.path,
        latest_signature=latest.fingerprint,
        latest_hops=[ip for ip in addresses(latest.route) if ip != SILENT],
        latest_hops_detail=[hop for _, hop in hops],
        has_route_change=changed,
        route_changed_at=None if since is None else since.at,
        trace_count=len(line.runs),
        route_stability_pct=round(100 * max(len(way.places) for way in ways) / len(line.runs), 1),
        avg_end_hop_latency=said.avg_end_hop_latency,
        avg_end_hop_loss=said.avg_end_hop_loss,
        intermediate_hops=inner,
    )
    incident = None if since is None else _incident(route, usual, latest, since, known)
    return FoundRoute(route, incident, line.target_ip)


def _usual(ways: Sequence[Way], runs: int) -> Way:
    """That which most runs of the first half went."""
    half = (runs + 1) // 2
    return max(ways, key=lambda way: sum(place < half for place in way.places))


def _of_place(ways: Sequence[Way], place: int) -> Way:
    return next(way for way in ways if place in way.places)


def _since(runs: Sequence[TracedRun], usual: Way) -> TracedRun:
    """The first of the newest runs that did not go as usual."""
    return runs[max(usual.places) + 1]


def _hops(
    runs: Sequence[TracedRun], rate_limited: set[int], known: KnownPlaces
) -> list[tuple[int, RouteHop]]:
    """Those of the newest run that answered, with their place; figures are means over all runs."""
    newest = runs[-1].said.hops
    found = []
    for place, hop in enumerate(newest):
        if not hop.hosts or not hop.hosts[0].ip:
            continue
        each = [run.said.hops[place] for run in runs if place < len(run.said.hops)]
        heard = [one.avg for one in each if one.recv]
        host = hop.hosts[0]
        agent_id = known.at.get(host.ip, 0)
        found.append(
            (
                place,
                RouteHop(
                    ip=host.ip,
                    hostname=known.names.get(agent_id, host.hostname),
                    is_agent=bool(agent_id),
                    agent_id=agent_id,
                    agent_name=known.names.get(agent_id, ""),
                    is_final_hop=place == len(newest) - 1,
                    latency=round(fmean(heard), 3) if heard else 0.0,
                    loss=round(fmean(_true_loss(run.said.hops, place) for run in runs), 2),
                    is_rate_limited=place + 1 in rate_limited,
                ),
            )
        )
    return found


def _true_loss(hops: Sequence[Hop], place: int) -> float:
    """No more than any later hop shows: a router answers less than it lets through."""
    return min((hop.loss_pct for hop in hops[place:]), default=0.0)


def _incident(
    route: ProbeRoute, usual: Way, latest: Way, since: TracedRun, known: KnownPlaces
) -> RouteIncident:
    before, after = addresses(usual.route), addresses(latest.route)
    old, new = set(before) - {SILENT}, set(after) - {SILENT}
    jaccard = len(old & new) / len(old | new)
    return RouteIncident(
        id=f"route_change_{route.probe_id}_{route.agent_id}_{route.latest_signature}",
        type="route_change",
        severity="info" if jaccard >= STABLE_JACCARD else "warning",
        agent_id=route.agent_id,
        agent_name=known.names.get(route.agent_id, ""),
        probe_id=route.probe_id,
        target=route.target,
        message=f"The route to {route.target} is another one",
        evidence=[f"Before: {usual.path}", f"Now: {latest.path}"],
        detected_at=since.at,
        baseline_fingerprint=usual.fingerprint,
        current_fingerprint=latest.fingerprint,
        baseline_path=usual.path,
        current_path=latest.path,
        baseline_hop_count=len(usual.route),
        current_hop_count=len(latest.route),
        added_hops=[ip for ip in after if ip in new - old],
        removed_hops=[ip for ip in before if ip in old - new],
        jaccard=round(jaccard, 3),
        stability_pct=route.route_stability_pct,
        trace_count=route.trace_count,
    )
