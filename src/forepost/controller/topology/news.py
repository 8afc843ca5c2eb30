"""Tells panels of agents that come and go, and of maps that changed."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from msgspec import UNSET

from forepost.controller.topology.directory import Directory
from forepost.controller.topology.service import Topology
from forepost.controller.topology.view import Presence
from forepost.kit.clock import Clock
from forepost.wire.rest.panel import AgentUpdate, NetworkMapUpdate
from forepost.wire.rest.topology import LOOKBACK_MIN, NetworkMap, Standing

TURN_SEC: Final = 2.0
REST: Final = 20
"""A map that takes long to make is made seldom: it may cost a twentieth of the time."""


UNTOLD: Final = (-1, -1)

Agents = dict[int, tuple[str, Standing, bool]]
"""Name, standing, and whether two hosts have its key."""


class _Told(msgspec.Struct):
    """What the panels of a workspace know."""

    agents: Agents
    version: tuple[int, int] = UNTOLD
    drawn: frozenset[tuple[str, str]] | None = None
    not_before: float = 0.0


class TopologyNews:
    """Looks only at workspaces that somebody watches. Who begins to watch asks REST how it is."""

    def __init__(
        self,
        topology: Topology,
        clock: Clock,
        watched: Callable[[], Iterable[int]],
        announce: Callable[[int, bytes], None],
    ) -> None:
        self._topology, self._clock = topology, clock
        self._watched, self._announce = watched, announce
        self._told: dict[int, _Told] = {}

    async def run(self) -> None:
        while True:
            await self._clock.sleep(TURN_SEC)
            await self.turn()

    async def turn(self) -> None:
        watched = list(self._watched())
        for workspace_id in self._told.keys() - set(watched):
            del self._told[workspace_id]
        for workspace_id in watched:
            await self._tell(workspace_id)

    async def _tell(self, workspace_id: int) -> None:
        directory, presences = await self._topology.presences(workspace_id)
        now: Agents = {
            agent.id: (
                agent.name,
                presences[agent.id].standing,
                presences[agent.id].in_conflict,
            )
            for agent in directory.agents.values()
        }
        told = self._told.get(workspace_id)
        if told is None:
            told = self._told[workspace_id] = _Told(now)
        elif told.agents != now:
            told.version = UNTOLD  # the map shows who is online
        for frame in _changes(workspace_id, told.agents, now, presences):
            self._announce(workspace_id, msgspec.json.encode(frame))
        told.agents = now
        await self._tell_map(workspace_id, told, directory)

    async def _tell_map(self, workspace_id: int, told: _Told, directory: Directory) -> None:
        version = (directory.generation, sum(self._topology.version(workspace_id)))
        started = self._clock.monotonic()
        if version == told.version or started < told.not_before:
            return
        found = await self._topology.map_now(workspace_id, LOOKBACK_MIN)
        told.version = version
        told.not_before = started + REST * (self._clock.monotonic() - started)
        drawn = _drawn(found)
        if told.drawn is not None and drawn != told.drawn:
            frame = NetworkMapUpdate(
                workspace_id=workspace_id,
                nodes=found.nodes,
                edges=found.edges,
                generated_at=found.generated_at,
            )
            self._announce(workspace_id, msgspec.json.encode(frame))
        told.drawn = drawn


def _drawn(found: NetworkMap) -> frozenset[tuple[str, str]]:
    """What a push is for: nodes with their status, and edges; no figures."""
    nodes = ((node.id, f"{node.status} {node.is_online}") for node in found.nodes)
    return frozenset((*nodes, *((edge.source, edge.target) for edge in found.edges)))


def _changes(
    workspace_id: int,
    before: Agents,
    now: Agents,
    presences: dict[int, Presence],
) -> Iterable[AgentUpdate]:
    for agent_id in (*now, *(before.keys() - now.keys())):
        if before.get(agent_id) == now.get(agent_id):
            continue
        presence = presences.get(agent_id)
        yield AgentUpdate(
            workspace_id=workspace_id,
            agent_id=agent_id,
            event="removed"
            if agent_id not in now
            else "changed"
            if agent_id in before
            else "added",
            name=(now.get(agent_id) or before[agent_id])[0],
            status=presence.standing if presence is not None else "unknown",
            last_seen_at=presence.last_seen_at if presence is not None else None,
            identity_conflict=True if presence is not None and presence.in_conflict else UNSET,
        )
