"""What the routes of several agents have in common. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Final, NamedTuple

from forepost.controller.analysis.route import FoundRoute
from forepost.controller.payloads.grade import DEGRADED_LOSS, DEGRADED_RTT_MS
from forepost.wire.rest.analysis_routes import SharedHop, SharedNetwork, SharedTarget

LEAST: Final = 2
"""Agents."""


class NetworkName(NamedTuple):
    asn: int
    organization: str


class _Passage(NamedTuple):
    """One agent's way over one hop."""

    agent_id: int
    ip: str
    hostname: str
    loss: float
    latency: float


def shared_hops(found: Sequence[FoundRoute], names: Mapping[int, str]) -> list[SharedHop]:
    """Those that are not the end of a way; most agents first."""
    shared = []
    for ip, passages in _by_hop(found).items():
        ids = _agents(one.agent_id for one in passages)
        if len(ids) < LEAST:
            continue
        loss, latency = _means((one.loss, one.latency) for one in passages)
        shared.append(
            SharedHop(
                hop_ip=ip,
                hop_hostname=passages[0].hostname,
                agent_ids=ids,
                agent_names=[names.get(one, "") for one in ids],
                hop_count=len(passages),
                has_issues=_is_bad(loss, latency),
                avg_loss=loss,
                avg_latency=latency,
            )
        )
    return sorted(shared, key=lambda one: (-len(one.agent_ids), one.hop_ip))


def shared_targets(
    found: Sequence[FoundRoute], names: Mapping[int, str], *, by_address: bool
) -> list[SharedTarget]:
    """`by_address`: what the names of targets stand for, else the targets as they were given."""
    grouped: dict[str, list[FoundRoute]] = defaultdict(list)
    for one in found:
        key = one.target_ip if by_address else one.route.target
        if key:
            grouped[key].append(one)
    shared = []
    for routes in grouped.values():
        ids = _agents(one.route.agent_id for one in routes)
        if len(ids) < LEAST:
            continue
        loss, latency = _means(
            (one.route.avg_end_hop_loss, one.route.avg_end_hop_latency) for one in routes
        )
        shared.append(
            SharedTarget(
                target=routes[0].route.target,
                target_ip=routes[0].target_ip,
                agent_ids=ids,
                agent_names=[names.get(one, "") for one in ids],
                agent_count=len(ids),
                probe_count=len({one.route.probe_id for one in routes}),
                avg_end_latency_ms=latency,
                avg_end_loss_pct=loss,
                has_issues=_is_bad(loss, latency),
            )
        )
    return sorted(shared, key=lambda one: (-one.agent_count, one.target))


def shared_networks(
    found: Sequence[FoundRoute],
    names: Mapping[int, str],
    network_of: Callable[[str], NetworkName | None],
) -> list[SharedNetwork]:
    grouped: dict[NetworkName, list[_Passage]] = defaultdict(list)
    for ip, passages in _by_hop(found).items():
        network = network_of(ip)
        if network is not None:
            grouped[network] += passages
    shared = []
    for network, passages in grouped.items():
        ids = _agents(one.agent_id for one in passages)
        if len(ids) < LEAST:
            continue
        loss, latency = _means((one.loss, one.latency) for one in passages)
        shared.append(
            SharedNetwork(
                asn=network.asn,
                asn_org=network.organization,
                hop_ips=sorted({one.ip for one in passages}),
                agent_ids=ids,
                agent_names=[names.get(one, "") for one in ids],
                agent_count=len(ids),
                has_issues=_is_bad(loss, latency),
                avg_latency_ms=latency,
                avg_loss_pct=loss,
            )
        )
    return sorted(shared, key=lambda one: (-one.agent_count, one.asn))


def _by_hop(found: Sequence[FoundRoute]) -> dict[str, list[_Passage]]:
    grouped: dict[str, list[_Passage]] = defaultdict(list)
    for one in found:
        for hop in one.route.latest_hops_detail:
            if not hop.is_final_hop:
                passage = _Passage(one.route.agent_id, hop.ip, hop.hostname, hop.loss, hop.latency)
                grouped[hop.ip].append(passage)
    return grouped


def _agents(ids: Iterable[int]) -> list[int]:
    return sorted(set(ids))


def _means(figures: Iterable[tuple[float, float]]) -> tuple[float, float]:
    losses, latencies = zip(*figures, strict=True)
    return round(fmean(losses), 2), round(fmean(latencies), 3)


def _is_bad(loss: float, latency: float) -> bool:
    return loss >= DEGRADED_LOSS or latency > DEGRADED_RTT_MS
