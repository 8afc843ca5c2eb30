"""Keeps exactly the wanted TRAFFICSIM servers running: long-lived, without turns."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec
from anyio.abc import TaskGroup

from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.agent.probes.trafficsim.probe import serve
from forepost.agent.probes.trafficsim.server import Allowed, Cycle, EchoServer
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.keyed import Keyed
from forepost.wire.base import complaint
from forepost.wire.probes.probe import Probe
from forepost.wire.probes.trafficsim import TrafficSimResult, TrafficSimServer, flat
from forepost.wire.uplink.messages import ProbePost

AGAIN_SEC: Final = 10.0
"""A port that cannot be had is asked for again after so long."""
KIND: Final = "TRAFFICSIM"

Deliver = Callable[[ProbePost], Awaitable[None]]
Keys = Mapping[int, bytes]
"""The key of the pair with each agent that there is one for."""


Clients = dict[int, Allowed]


class ServerPlace(msgspec.Struct, frozen=True):
    """Where a server listens, as which agent."""

    agent_id: int
    host: str
    port: int
    interface: str = ""

    def __str__(self) -> str:
        return f"server {KIND} {HostPort(self.host, self.port)}"


def is_server(probe: Probe) -> bool:
    return probe.type == KIND and probe.server


def servers(probes: Sequence[Probe], keys: Keys) -> tuple[dict[ServerPlace, Clients], list[str]]:
    """Where to listen and whom to answer, and in words what is wrong. Several probes of one place
    are one server.
    """
    wanted: dict[ServerPlace, Clients] = {}
    wrong: list[str] = []
    for probe in probes:
        if not (probe.enabled and is_server(probe)):
            continue
        targets = probe.targets or []
        try:
            options = msgspec.convert(flat(probe.metadata), TrafficSimServer, strict=False)
            at = host_port(targets[0].target if targets else "")
        except (Failed, msgspec.ValidationError) as error:
            said = (
                complaint(error, TrafficSimServer)
                if isinstance(error, msgspec.ValidationError)
                else str(error)
            )
            wrong.append(f"probe {probe.id}: server {KIND}: {said}")
            continue
        clients = wanted.setdefault(
            ServerPlace(probe.agent_id, at.host, at.port, probe.bind_interface), {}
        )
        for agent_id in dict.fromkeys(t.agent_id for t in targets if t.agent_id):
            known = clients.get(agent_id, Allowed())
            back = options.client_probe_id if options.bidirectional_server else None
            clients[agent_id] = Allowed(
                key=keys.get(agent_id, b""),
                compatible=known.compatible or agent_id in options.compatible_agents,
                way_back=back or known.way_back,
            )
    return wanted, wrong


class Servers:
    """All tasks are inside the task group of the caller."""

    def __init__(
        self, tasks: TaskGroup, clock: Clock, edges: Edges, deliver: Deliver, health: Health
    ) -> None:
        self._clock, self._edges = clock, edges
        self._deliver, self._health = deliver, health
        self._servers: dict[ServerPlace, EchoServer] = {}
        self._keyed = Keyed(tasks, self._keep, self._allow)

    @property
    def running(self) -> int:
        return len(self._keyed)

    def want(self, wanted: Mapping[ServerPlace, Clients]) -> None:
        """Run exactly these. One whose clients changed goes on: the others notice nothing."""
        for place in self._keyed.want(wanted):
            self._health.well(str(place))

    def _allow(self, place: ServerPlace, _before: Clients, clients: Clients) -> bool:
        if place in self._servers:
            self._servers[place].allow(clients)
        return place in self._servers

    async def _keep(self, place: ServerPlace, clients: Clients) -> None:
        server = self._servers[place] = EchoServer(place.agent_id, clients)
        try:
            while True:
                try:
                    await self._serve(place, server)
                except Failed as error:
                    self._health.ill(str(place), error.reason)
                except Exception as error:  # noqa: BLE001 - no fault of one may end the others
                    self._health.ill(str(place), f"{type(error).__name__}: {error}")
                await self._clock.sleep(AGAIN_SEC)
        finally:
            del self._servers[place]

    async def _serve(self, place: ServerPlace, server: EchoServer) -> None:
        async def post(cycle: Cycle, result: TrafficSimResult) -> None:
            ago_ns = round(self._clock.monotonic() * 1e9) - cycle.flight.packets[0].mono_ns
            said = ProbePost(
                probe_id=cycle.probe_id,
                created_at=self._clock.now() - timedelta(microseconds=ago_ns / 1e3),
                type=KIND,
                payload=msgspec.Raw(msgspec.json.encode(result)),
                target=str(HostPort(*cycle.source)),
                target_agent=cycle.agent_id,
                source_interface=place.interface,
            )
            try:
                await self._deliver(said)
            except Exception as error:  # noqa: BLE001 - clients would see loss where there is none
                self._health.ill(str(place), f"{type(error).__name__}: {error}")
            else:
                self._health.well(str(place))

        at = HostPort(place.host, place.port)
        ports = self._edges.udp.listening(at.host, at.port, interface=place.interface)
        self._health.well(str(place))
        await serve(server, ports, self._clock, self._edges, post)
