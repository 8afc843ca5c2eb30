"""What agents and the controller say of microservices beside the document."""

from collections import deque
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

import msgspec

from forepost.controller.fleet.departures import Departures
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Say
from forepost.controller.workloads.reports import MicroserviceReports
from forepost.controller.workloads.requests import Word, WorkloadRequests
from forepost.kit.errors import Unavailable
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import FOREPOST, Hello
from forepost.wire.uplink.neffos import Frame
from forepost.wire.workloads import delivery
from forepost.wire.workloads.delivery import (
    LogLines,
    LogsEnough,
    LogsWanted,
    MicroservicesReport,
    Restarted,
    RestartWanted,
)

MOST_WORDS: Final = 64
"""Requests that wait to be said to one agent."""

_EVENTS: Final = {
    LogsWanted: delivery.LOGS,
    LogsEnough: delivery.LOGS_ENOUGH,
    RestartWanted: delivery.RESTART,
}
_report = msgspec.json.Decoder(MicroservicesReport)
_lines = msgspec.json.Decoder(LogLines)
_restarted = msgspec.json.Decoder(Restarted)


class WorkloadTalk:
    """The talk `workloads`. The document of that name is told of by it, so it has another one."""

    name = "microservices"
    events: AbstractSet[tuple[str, str]] = frozenset(
        {
            (FOREPOST, delivery.REPORT),
            (FOREPOST, delivery.LOG_LINES),
            (FOREPOST, delivery.RESTARTED),
            (FOREPOST, delivery.DEPROVISION),
        }
    )

    def __init__(
        self, reports: MicroserviceReports, requests: WorkloadRequests, departures: Departures
    ) -> None:
        self._reports, self._requests, self._departures = reports, requests, departures

    def begin(self, agent: Enrolled, say: Say) -> "WorkloadDialogue":
        return WorkloadDialogue(self._reports, self._requests, self._departures, agent, say)


class WorkloadDialogue:
    """One agent. Words for it wait until the one task that sends unasked takes them."""

    def __init__(
        self,
        reports: MicroserviceReports,
        requests: WorkloadRequests,
        departures: Departures,
        agent: Enrolled,
        say: Say,
    ) -> None:
        self._reports, self._requests, self._departures = reports, requests, departures
        self._agent, self._say = agent, say
        self._words: deque[Word] = deque()

    def met(self, hello: Hello) -> None:
        if delivery.WORKLOADS in hello.capabilities:
            self._requests.connected(self._agent.agent_id, self)

    def ask(self, word: Word) -> None:
        """See `workloads.requests.AgentLine`."""
        if len(self._words) >= MOST_WORDS:
            raise Unavailable(f"agent {self._agent.agent_id}: too much waits to be said to it")
        self._words.append(word)
        self._departures.roster.due(self._agent.agent_id, WorkloadTalk.name)

    def due(self) -> None:
        """What is due is in the queue already."""

    async def heard(self, frame: Frame, _received: datetime) -> None:
        agent_id = self._agent.agent_id
        match frame.event:
            case delivery.REPORT:
                self._reports.says(agent_id, _report.decode(frame.body))
            case delivery.LOG_LINES:
                lines = _lines.decode(frame.body)
                if not self._requests.lines_came(agent_id, lines) and not lines.end:
                    self._words.append(LogsEnough(request=lines.request))
            case delivery.RESTARTED:
                self._requests.restarted(agent_id, _restarted.decode(frame.body))
            case _:
                self._reports.forget(agent_id)
                await self._departures.leave(self._agent)

    async def give(self) -> None:
        while self._words:
            word = self._words.popleft()
            body = msgspec.json.encode(word).decode()
            await self._say(neffos.encode(Frame(FOREPOST, _EVENTS[type(word)], body)))
