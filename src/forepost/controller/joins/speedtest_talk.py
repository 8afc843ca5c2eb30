"""What agents and the queue of speed tests say to each other."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final, Protocol

import msgspec

from forepost.controller.db.failures import unavailable_while_lost
from forepost.controller.fleet.session import OK, refusal
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Say
from forepost.kit.errors import Unavailable
from forepost.wire.speedtests.queue import (
    SpeedtestOrder,
    SpeedtestProgress,
    SpeedtestResult,
    SpeedtestServer,
    SpeedtestServers,
)
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import AGENT, FOREPOST, SPEEDTEST, Hello
from forepost.wire.uplink.neffos import Frame

SERVERS_OK: Final = neffos.encode(Frame(AGENT, "speedtest_servers_ok", OK))
RESULT_OK: Final = neffos.encode(Frame(AGENT, "speedtest_result_ok", OK))

_servers = msgspec.json.Decoder(SpeedtestServers)
_result = msgspec.json.Decoder(SpeedtestResult)
_progress = msgspec.json.Decoder(SpeedtestProgress)


class AgentSpeedtests(Protocol):
    """The queue of speed tests, as an agent sees it."""

    async def hand_out(self, workspace_id: int, agent_id: int) -> list[SpeedtestOrder]:
        """Take what this agent is to run now; it counts as running from then on."""
        ...

    def moves(self, agent_id: int, progress: SpeedtestProgress) -> None:
        """Show how far a running test has come."""
        ...

    def answers(self, agent_id: int, port: int) -> None:
        """The agent knows responders of ours, and is one itself where `port` is not 0."""
        ...

    async def servers_are(self, agent_id: int, servers: Sequence[SpeedtestServer]) -> None:
        """The agent found these public servers."""
        ...

    async def ended(self, agent: Enrolled, result: SpeedtestResult, received: datetime) -> str:
        """Return when the result is kept: "", or why it is not taken."""
        ...


class SpeedtestTalk:
    """The talk `speedtests`, with NetWatcher's agents and with ours."""

    name = "speedtests"
    events: AbstractSet[tuple[str, str]] = frozenset(
        {
            (AGENT, "speedtest_queue_get"),
            (AGENT, "speedtest_servers"),
            (AGENT, "speedtest_result"),
            (FOREPOST, "speedtest_progress"),
        }
    )

    def __init__(self, tests: AgentSpeedtests) -> None:
        self._tests = tests

    def begin(self, agent: Enrolled, say: Say) -> "SpeedtestDialogue":
        return SpeedtestDialogue(self._tests, agent, say)


class SpeedtestDialogue:
    """One agent. It is told of its tests once it has asked for them."""

    def __init__(self, tests: AgentSpeedtests, agent: Enrolled, say: Say) -> None:
        self._tests, self._agent, self._say = tests, agent, say
        self._asks = self._due = False

    def met(self, hello: Hello) -> None:
        if SPEEDTEST in hello.capabilities:
            self._tests.answers(self._agent.agent_id, hello.speedtest_port)

    def due(self) -> None:
        self._due = self._asks

    async def heard(self, frame: Frame, received: datetime) -> None:
        match frame.event:
            case "speedtest_queue_get":
                self._asks = self._due = True
            case "speedtest_servers":
                servers = _servers.decode(frame.body)
                await self._tests.servers_are(self._agent.agent_id, servers)
                await self._say(SERVERS_OK)
            case "speedtest_progress":
                self._tests.moves(self._agent.agent_id, _progress.decode(frame.body))
            case _:
                result = _result.decode(frame.body)
                why_not = await self._tests.ended(self._agent, result, received)
                await self._say(refusal(frame, why_not) if why_not else RESULT_OK)

    async def give(self) -> None:
        if self._due:
            self._due = False
            here = self._agent.workspace_id, self._agent.agent_id
            try:
                with unavailable_while_lost("speed tests"):
                    orders = await self._tests.hand_out(*here)
            except Unavailable:
                self._due = True
                raise
            body = msgspec.json.encode(orders).decode()
            await self._say(neffos.encode(Frame(AGENT, "speedtest_queue", body)))
