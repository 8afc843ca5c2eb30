"""What an agent is asked to measure: its own probes, and those that every agent gets."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from forepost.controller.probes.expansion import SINCE, Towards, expanded, server
from forepost.controller.probes.peers import Peer
from forepost.wire.probes.probe import Probe

VIRTUAL: Final = {"NETINFO": 600, "SYSINFO": 60}
"""Types that every agent gets with probe id 0, and their interval in seconds."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides what one agent measures."""

    workspace_id: int
    agent_id: int
    own: Sequence[Probe]
    towards: Mapping[int, bool] = {}
    """Agents with an enabled probe towards this one's TRAFFICSIM server -> whether by an AGENT
    probe whose other way is measured too."""
    compatible: frozenset[int] = frozenset()
    """Agents of `towards` whose probe asks for NetWatcher's TRAFFICSIM."""
    peers: Mapping[int, Peer] = {}
    """This agent, those that its probes measure towards, and those of `towards`."""


def wanted(at: Situation) -> list[Probe]:
    """The enabled probes of its own, AGENT probes expanded; its TRAFFICSIM servers; the virtual
    probes for which there is no own one.
    """
    here = at.peers.get(at.agent_id, Peer(agent_id=at.agent_id))
    enabled = [probe for probe in at.own if probe.enabled]
    found = [child for probe in enabled for child in expanded(probe, here, at.peers)]
    found += server(here, at.workspace_id, _clients(at, enabled), at.compatible)
    covered = {probe.type for probe in enabled}
    return found + [
        Probe(
            id=0,
            created_at=SINCE,
            updated_at=SINCE,
            workspace_id=at.workspace_id,
            agent_id=at.agent_id,
            type=kind,
            interval_sec=interval_sec,
            labels={},
            metadata={},
            targets=[],
        )
        for kind, interval_sec in VIRTUAL.items()
        if kind not in covered
    ]


def _clients(at: Situation, enabled: Sequence[Probe]) -> list[Towards]:
    """A client with a server of its own is measured towards by a client of this agent."""
    ways = {
        target.agent_id: probe
        for probe in enabled
        if probe.type == "AGENT"
        for target in probe.targets or ()
    }
    return [
        Towards(agent_id, ways.get(agent_id) if both and not serves else None)
        for agent_id, both in at.towards.items()
        for serves in (at.peers[agent_id].trafficsim if agent_id in at.peers else False,)
    ]
