"""What agents and the controller say of jobs beside the document."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final, Protocol

import msgspec

from forepost.controller.db.failures import unavailable_while_lost
from forepost.controller.fleet.session import refusal
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Say
from forepost.controller.jobs.reports import Taken
from forepost.wire.jobs import delivery
from forepost.wire.jobs.delivery import (
    MOST_IN_MESSAGE,
    OVER,
    JobEvent,
    JobEvents,
    JobEventsKept,
    JobHost,
    RunOutputPiece,
    RunReport,
    RunReports,
    RunsKept,
)
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import FOREPOST, Hello
from forepost.wire.uplink.neffos import Frame

MOST_PENDING: Final = 2_000
"""Reports of one agent that wait for the database; what is more is refused."""
MOST_EARLY: Final = 32
"""Pieces of output that wait with them; what is more is not seen live, and is there at the end."""
EVENT_FLOOD: Final = f"events: more than {MOST_PENDING} wait to be written: say them again later"
FLOOD: Final = f"runs: more than {MOST_PENDING} wait to be written: say them again later"

_host = msgspec.json.Decoder(JobHost)
_runs = msgspec.json.Decoder(RunReports)
_events = msgspec.json.Decoder(JobEvents)
_piece = msgspec.json.Decoder(RunOutputPiece)


class AgentRuns(Protocol):
    """Jobs, as an agent sees them."""

    def met(self, agent_id: int) -> None:
        """An agent that has jobs has connected."""
        ...

    def host_is(self, agent_id: int, host: JobHost) -> str:
        """What it says of itself: "", or why that is not taken."""
        ...

    async def runs_are(self, agent: Enrolled, reports: list[RunReport]) -> Taken:
        """Return when they are kept."""
        ...

    async def events_are(self, agent: Enrolled, events: list[JobEvent]) -> None:
        """Return when they are kept."""
        ...

    def wrote(self, agent_id: int, piece: RunOutputPiece) -> None:
        """A piece of a running script's output."""
        ...

    def refused(self) -> None:
        """Something of an agent's was refused: count it."""
        ...


class JobTalk:
    """The talk `jobs`. The document of that name is told of by it, so it has another one."""

    name = "runs"
    events: AbstractSet[tuple[str, str]] = frozenset(
        (FOREPOST, event)
        for event in (delivery.HOST, delivery.RUNS, delivery.OUTPUT, delivery.EVENTS)
    )

    def __init__(self, runs: AgentRuns) -> None:
        self._runs = runs

    def begin(self, agent: Enrolled, say: Say) -> "JobDialogue":
        return JobDialogue(self._runs, agent, say)


class JobDialogue:
    """One agent. Its reports wait until the one task that sends unasked has had them written."""

    def __init__(self, runs: AgentRuns, agent: Enrolled, say: Say) -> None:
        self._runs, self._agent, self._say = runs, agent, say
        self._pending: dict[str, RunReport] = {}
        self._events: dict[int, JobEvent] = {}
        self._early: list[RunOutputPiece] = []
        """Of runs whose begin waits to be written: nobody knows them before."""

    def met(self, hello: Hello) -> None:
        if delivery.JOBS in hello.capabilities:
            self._runs.met(self._agent.agent_id)

    def due(self) -> None:
        """What is due waits already."""

    async def heard(self, frame: Frame, _received: datetime) -> None:
        match frame.event:
            case delivery.HOST:
                why_not = self._runs.host_is(self._agent.agent_id, _host.decode(frame.body))
            case delivery.RUNS:
                why_not = self._note(_runs.decode(frame.body).runs)
            case delivery.EVENTS:
                why_not = self._note_events(_events.decode(frame.body).events)
            case _:
                self._wrote(_piece.decode(frame.body))
                return
        if why_not:
            self._runs.refused()
            await self._say(refusal(frame, why_not))

    def _wrote(self, piece: RunOutputPiece) -> None:
        if piece.uid not in self._pending:
            self._runs.wrote(self._agent.agent_id, piece)
        elif len(self._early) < MOST_EARLY:
            self._early.append(piece)
        else:
            self._runs.refused()

    def _note(self, reports: list[RunReport]) -> str:
        for report in reports:
            before = self._pending.get(report.uid)
            if before is None and len(self._pending) >= MOST_PENDING:
                return FLOOD
            if before is None or before.state not in OVER:
                self._pending[report.uid] = report
        return ""

    def _note_events(self, events: list[JobEvent]) -> str:
        if len(self._events) + len(events) > MOST_PENDING:
            return EVENT_FLOOD
        self._events |= {one.number: one for one in events}
        return ""

    async def give(self) -> None:
        await self._give_runs()
        while self._events:
            some = dict(sorted(self._events.items())[:MOST_IN_MESSAGE])
            with unavailable_while_lost("events"):
                await self._runs.events_are(self._agent, list(some.values()))
            for number in some:
                self._events.pop(number, None)
            body = msgspec.json.encode(JobEventsKept(number=max(some))).decode()
            await self._say(neffos.encode(Frame(FOREPOST, delivery.EVENTS_KEPT, body)))

    async def _give_runs(self) -> None:
        while self._pending:
            some = dict(list(self._pending.items())[:MOST_IN_MESSAGE])
            with unavailable_while_lost("runs"):
                taken = await self._runs.runs_are(self._agent, list(some.values()))
            for uid, report in some.items():
                if self._pending.get(uid) is report:
                    del self._pending[uid]
            early, self._early = self._early, []
            for piece in early:
                self._wrote(piece)
            if taken.kept:
                body = msgspec.json.encode(RunsKept(uids=list(taken.kept))).decode()
                await self._say(neffos.encode(Frame(FOREPOST, delivery.RUNS_KEPT, body)))
