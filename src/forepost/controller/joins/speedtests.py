"""Joins the queue of speed tests to the fleet, the pipeline and the panels."""

import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import anyio
import msgspec

from forepost.controller.fleet.needs import Numbered
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Enrolled
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.results import Intake
from forepost.controller.joins.speedtest_talk import AgentSpeedtests, SpeedtestTalk
from forepost.controller.settings import SpeedtestSection
from forepost.controller.speedtests import api, store
from forepost.controller.speedtests.queue import Queue
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound
from forepost.kit.speed import child
from forepost.kit.speed.responder import Config
from forepost.kit.speed.terms import new_ticket
from forepost.wire.speedtests.queue import (
    SPEEDTEST_SERVERS_MOST,
    Speedtest,
    SpeedtestOrder,
    SpeedtestProgress,
    SpeedtestResponder,
    SpeedtestResult,
    SpeedtestServer,
    SpeedtestUpdate,
)
from forepost.wire.uplink.messages import ProbePost

NOT_OPEN = "queue_id: no test of this agent is open by that number"


CONTROLLER: Final = "controller"
OF_AGENT: Final = re.compile(r"agent:([1-9][0-9]{0,9})")
"""How responders of ours are named as the server of a test."""
TICKET_SEC: Final = store.WAIT.total_seconds()

Reach = Callable[[int, int, int], Awaitable[str]]
"""(workspace, agent, other agent of it) -> the address by which the first reaches the other."""
Announce = Callable[[int, bytes], None]


class OwnResponder(msgspec.Struct, frozen=True):
    """What this controller answers tests with."""

    host: str
    port: int
    key: str


class SpeedtestsJoin(AgentSpeedtests):
    """The queue of speed tests, with what agents said of themselves since this process started."""

    def __init__(
        self,
        tests: store.Speedtests,
        ingest: Intake,
        roster: Roster,
        reach: Reach,
        announce: Announce,
        clock: Clock,
        settings: SpeedtestSection,
    ) -> None:
        self._ingest, self._roster, self._reach = ingest, roster, reach
        self._announce, self._clock, self._settings = announce, clock, settings
        self.queue = Queue(
            tests,
            clock,
            tell=lambda test: announce(test.workspace_id, update_of(test)),
            nudge=lambda agent_id: roster.due(agent_id, SpeedtestTalk.name),
        )
        self._own = _own(settings)
        self._ports: dict[int, int] = {}
        self._running: dict[int, Speedtest] = {}

    @property
    def services(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """The queue, and what answers tests here, if anything does."""
        services: dict[str, Callable[[], Awaitable[None]]] = {"speedtests": self.queue.run}
        if self._own is None:
            return services
        config = Config(
            host=self._settings.listen.rpartition(":")[0].strip("[]"),
            port=self._own.port,
            key=self._own.key,
            most_sec=self._settings.max_sec,
            most_bytes=self._settings.max_bytes,
        )
        return {**services, "speedtest.listen": partial(child.serve, config)}

    async def hand_out(self, workspace_id: int, agent_id: int) -> list[SpeedtestOrder]:
        """One that cannot be run fails at once, with the reason."""
        orders: list[SpeedtestOrder] = []
        for test in await self.queue.hand_out(workspace_id, agent_id):
            responder = await self._responder(test)
            if isinstance(responder, str):
                failed = SpeedtestResult(queue_id=test.id, success=False, error=responder)
                await self.queue.ended(workspace_id, agent_id, failed)
                continue
            self._running[agent_id] = test
            orders.append(SpeedtestOrder(**msgspec.structs.asdict(test), responder=responder))
        return orders

    def answers(self, agent_id: int, port: int) -> None:
        self._ports[agent_id] = port

    def moves(self, agent_id: int, progress: SpeedtestProgress) -> None:
        """Shown to those who watch; of another test than the one that is running it is nothing."""
        test = self._running.get(agent_id)
        if test is not None and test.id == progress.queue_id:
            self._announce(test.workspace_id, update_of(test, progress))

    async def offered(self, workspace_id: int, agent_id: int) -> list[SpeedtestServer]:
        """Responders of ours that this agent can test against."""
        if agent_id not in self._ports:
            return []
        found = []
        if self._own is not None:
            found.append(SpeedtestServer(id=CONTROLLER, name=CONTROLLER, host=self._own.host))
        for other, port in self._others(workspace_id, agent_id):
            if host := await self._reach(workspace_id, agent_id, other):
                name = f"agent:{other}"
                found.append(SpeedtestServer(id=name, name=name, host=_endpoint(host, port)))
        return found

    def _others(self, workspace_id: int, agent_id: int) -> list[tuple[int, int]]:
        """Agents of the workspace that answer tests, with their ports: 50 at most."""
        near = [
            (other, port)
            for other, port in self._ports.items()
            if port and other != agent_id and (known := self._roster.known(other)) is not None
            if known.workspace_id == workspace_id
        ]
        return near[:SPEEDTEST_SERVERS_MOST]

    async def _responder(self, test: Speedtest) -> SpeedtestResponder | msgspec.UnsetType | str:
        """A text: why there is none."""
        other = OF_AGENT.fullmatch(test.server_id)
        if other is None and test.server_id != CONTROLLER:
            return msgspec.UNSET
        if test.agent_id not in self._ports:
            return "the agent does not know how to test against forepost's responders"
        if other is None:
            if self._own is None:
                return "this controller answers no speed tests: speedtest.listen is not set"
            return self._ticket(self._own.host, self._own.port, self._own.key)
        target = int(other[1])
        host = await self._reach(test.workspace_id, test.agent_id, target)
        port, known = self._ports.get(target, 0), self._roster.known(target)
        if not host:
            return f"no address of agent {target} is known in this workspace"
        if not port or known is None:
            return f"agent {target} answers no speed tests: speedtest.listen is not set there"
        return self._ticket(host, port, known.psk_sha256)

    def _ticket(self, host: str, port: int, key: str) -> SpeedtestResponder:
        ticket, secret = new_ticket(key, self._clock.now().timestamp(), TICKET_SEC)
        return SpeedtestResponder(host=host, port=port, ticket=ticket, secret=secret)

    async def servers_are(self, agent_id: int, servers: Sequence[SpeedtestServer]) -> None:
        await self.queue.know(agent_id, servers)

    async def ended(self, agent: Enrolled, result: SpeedtestResult, received: datetime) -> str:
        """The figures are kept as a SPEEDTEST result before the test counts as done."""
        here = agent.workspace_id, agent.agent_id
        try:
            test = await self.queue.store.get(*here, result.queue_id)
        except NotFound:
            return NOT_OPEN
        if result.success and (why_not := await self._keep(agent, test, result, received)):
            return why_not
        running = self._running.get(agent.agent_id)
        if running is not None and running.id == result.queue_id:
            del self._running[agent.agent_id]
        return "" if await self.queue.ended(*here, result) is not None else NOT_OPEN

    async def _keep(
        self, agent: Enrolled, test: Speedtest, result: SpeedtestResult, received: datetime
    ) -> str:
        if test.status != "running":
            return NOT_OPEN
        post = ProbePost(
            created_at=test.started_at or received,
            type="SPEEDTEST",
            payload=result.data,
            target=test.server_id,
        )
        said: list[str] = []
        known = anyio.Event()

        def answer(reasons: list[str]) -> None:
            said.extend(reasons)
            known.set()

        await self._ingest.accept(agent, [Numbered(post)], received, answer)
        await known.wait()
        return said[0]


async def build(core: Core) -> Built:
    join = SpeedtestsJoin(
        store.Speedtests(core.db),
        core.intake,
        core.roster,
        core.probes.situations.reach,
        core.hub.announce,
        core.clock,
        core.settings.speedtest,
    )
    return Built(
        routers=[api.routes(join.queue, join.offered)],
        services=join.services,
        talks=[SpeedtestTalk(join)],
    )


def _own(settings: SpeedtestSection) -> OwnResponder | None:
    if not settings.listen:
        return None
    port = int(settings.listen.rpartition(":")[2])
    return OwnResponder(settings.public_host, port, secrets.token_hex(32))


def _endpoint(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def update_of(
    test: Speedtest, progress: SpeedtestProgress | msgspec.UnsetType = msgspec.UNSET
) -> bytes:
    return msgspec.json.encode(
        SpeedtestUpdate(
            workspace_id=test.workspace_id,
            agent_id=test.agent_id,
            queue_id=test.id,
            status=test.status,
            server_id=test.server_id,
            server_name=test.server_name,
            error=test.error,
            progress=progress,
        )
    )
