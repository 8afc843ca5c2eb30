"""The way that an MTR found, in whole numbers. Pure."""

import math
from sys import intern
from typing import Final

import msgspec

from forepost.controller.payloads.mtr import Hop, Mtr

MOST_HOPS: Final = 64
_LONGEST_IP, _LONGEST_NAME = 64, 255
_LONGEST_US, _WHOLE_C = 10**9, 10_000


class Path(msgspec.Struct, frozen=True):
    """Columns of equal length, one place for each node; the first is the agent itself, the last
    where it wanted to go.

    Whole numbers, so that what was added can be taken away again and nothing is left.
    """

    id: str
    agent_id: int
    nodes: tuple[str, ...]
    ttls: tuple[int, ...]
    hostnames: tuple[str, ...]
    rtts_us: tuple[int, ...]
    """What a packet that goes there meets; -1: no answer."""
    losses_c: tuple[int, ...]
    """Hundredths of a percent; -1: of the agent itself."""
    resolved_ip: str = ""

    @property
    def hop_count(self) -> int:
        return self.ttls[-1]

    @property
    def hostname(self) -> str:
        return self.hostnames[-1]

    def goes_as(self, other: "Path") -> bool:
        """The same way; figures may differ."""
        return (
            self.nodes == other.nodes
            and self.ttls == other.ttls
            and self.hostnames == other.hostnames
        )


class FoundPath(msgspec.Struct, frozen=True):
    """What a report says, before it is known which nodes it is about."""

    hops: list[Hop]
    target: str
    """As the agent was told; empty where the report does not say."""
    resolved_ip: str


def found_in(mtr: Mtr) -> FoundPath | None:
    """None: it is one without hops."""
    report = mtr.report
    hops = mtr.hops[:MOST_HOPS]
    if not hops or not math.isfinite(sum(hop.avg + hop.loss_pct for hop in hops)):
        return None
    target = report.info.target
    resolved = target.ip if len(target.ip) <= _LONGEST_IP else ""
    return FoundPath(hops, (target.hostname or target.ip)[:2_000], resolved)


def path_of(found: FoundPath, path_id: str, agent_id: int, destination: str) -> Path:
    """The way to node `destination`. A hop that gave no answer is no node: the way goes past it.

    A router answers fewer requests, and later, than it lets packets through. So what counts is
    never more than what a later hop shows.
    """
    nodes, ttls, hostnames = [destination], [len(found.hops)], [_name_of(found.hops[-1])]
    rtts: list[int] = []
    losses: list[int] = []
    last_ip, ttl = found.resolved_ip, len(found.hops)
    rtt_us, loss_c = -1, _WHOLE_C
    for hop in reversed(found.hops):
        if hop.recv:
            own_us = int(hop.avg * 1e3 + 0.5)
            if 0 <= own_us <= _LONGEST_US and (rtt_us < 0 or own_us < rtt_us):
                rtt_us = own_us
        own_c = int(hop.loss_pct * 1e2 + 0.5)
        if 0 <= own_c < loss_c:
            loss_c = own_c
        if not rtts:
            rtts.append(rtt_us)
            losses.append(loss_c)
        elif hop.hosts:
            ip = hop.hosts[0].ip
            if ip and ip not in (last_ip, found.resolved_ip) and len(ip) <= _LONGEST_IP:
                nodes.append(intern(f"hop:{ip}"))
                ttls.append(ttl)
                hostnames.append(_name_of(hop))
                rtts.append(rtt_us)
                losses.append(loss_c)
                last_ip = ip
        ttl -= 1
    return Path(
        id=path_id,
        agent_id=agent_id,
        nodes=(intern(f"agent:{agent_id}"), *reversed(nodes)),
        ttls=(0, *reversed(ttls)),
        hostnames=("", *reversed(hostnames)),
        rtts_us=(-1, *reversed(rtts)),
        losses_c=(-1, *reversed(losses)),
        resolved_ip=found.resolved_ip,
    )


def _name_of(hop: Hop) -> str:
    return hop.hosts[0].hostname[:_LONGEST_NAME] if hop.hosts else ""
