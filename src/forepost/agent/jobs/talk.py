"""Jobs in the conversation with a controller of ours: how runs are, and what scripts write."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from hashlib import sha256
from typing import Final

import anyio
import msgspec

from forepost.agent.jobs.keeper import JobKeeper
from forepost.agent.jobs.overview import report_of
from forepost.agent.jobs.transfer_log import TransferLog
from forepost.agent.talk import Say, frame_of
from forepost.kit.clock import Clock
from forepost.wire.jobs.delivery import (
    EVENTS,
    EVENTS_KEPT,
    HOST,
    JOBS,
    KEPT_OUTPUT,
    MOST_IN_MESSAGE,
    OUTPUT,
    RUNS,
    RUNS_KEPT,
    JobEvents,
    JobEventsKept,
    JobHost,
    RunOutputPiece,
    RunReport,
    RunReports,
    RunsKept,
)
from forepost.wire.jobs.relay import RELAY
from forepost.wire.uplink.messages import FOREPOST
from forepost.wire.uplink.neffos import Frame

CALM_SEC: Final = 0.5
"""Between two messages of what changes."""
EVERY_SEC: Final = 60.0
MOST_BYTES: Final = 512 << 10
"""Of reports in one message, where there is more than one."""
MOST_PIECES: Final = 8
"""Of the output of one script at a time; then it is the turn of the next one."""
END: Final = b"end"


class JobsTalk:
    """A Talk: tells the controller of this site's runs, until it keeps how they ended."""

    capabilities: Final = (JOBS,)
    events: Final = ((FOREPOST, RUNS_KEPT), (FOREPOST, EVENTS_KEPT))

    def __init__(
        self,
        keeper: JobKeeper,
        host: Callable[[], JobHost],
        log: TransferLog,
        clock: Clock,
        relays: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`relays`: told whether the controller passes bytes on between agents."""
        self._keeper, self._host, self._clock, self._relays = keeper, host, clock, relays
        self._log = log

    def begin(self, say: Say, able: AbstractSet[str]) -> "JobsDialogue":
        self._relays(RELAY in able)
        tells = JOBS in able
        return JobsDialogue(self._keeper, self._host, self._log, self._clock, say, tells=tells)


class JobsDialogue:
    """A Dialogue of the jobs."""

    def __init__(
        self,
        keeper: JobKeeper,
        host: Callable[[], JobHost],
        log: TransferLog,
        clock: Clock,
        say: Say,
        *,
        tells: bool,
    ) -> None:
        self._keeper, self._host, self._log, self._clock = keeper, host, log, clock
        self._asked = 0
        """The number of the last event that was said, and is not kept yet; 0: none."""
        self._say, self._tells = say, tells
        self._said: dict[str, bytes] = {}
        """By uid what was said last, or that it was an end."""
        self._written: dict[str, int] = {}
        """By uid how much of its output was said."""

    def heard(self, frame: Frame) -> None:
        if frame.is_error:
            return
        if frame.event == EVENTS_KEPT:
            self._log.kept(msgspec.json.decode(frame.body, type=JobEventsKept).number)
            self._asked = 0
            self._keeper.look()
        else:
            kept = msgspec.json.decode(frame.body, type=RunsKept)
            self._keeper.runs.kept(kept.uids)

    async def run(self) -> None:
        if not self._tells:
            return
        said: JobHost | None = None
        while True:
            host = self._host()
            if host != said:
                await self._say(frame_of(FOREPOST, HOST, host))
                said = host
            await self._tell_runs()
            await self._tell_events()
            await self._tell_output()
            await self._clock.sleep(CALM_SEC)
            with anyio.move_on_after(EVERY_SEC):
                await self._keeper.changed()

    async def _tell_runs(self) -> None:
        told = self._keeper.runs.told
        uids = {one.uid for one in told}
        self._said = {uid: mark for uid, mark in self._said.items() if uid in uids}
        batch: list[RunReport] = []
        size = 0
        for one in told:
            if self._said.get(one.uid) == END:
                continue
            report = report_of(one, self._keeper.facts(one))
            data = msgspec.json.encode(report)
            mark = END if one.is_over else sha256(data).digest()
            if self._said.get(one.uid) == mark:
                continue
            self._said[one.uid] = mark
            if batch and (len(batch) == MOST_IN_MESSAGE or size + len(data) > MOST_BYTES):
                await self._say(frame_of(FOREPOST, RUNS, RunReports(runs=batch)))
                batch, size = [], 0
            batch.append(report)
            size += len(data)
        if batch:
            await self._say(frame_of(FOREPOST, RUNS, RunReports(runs=batch)))

    async def _tell_events(self) -> None:
        """Some, and the next when these are kept."""
        events = self._log.untold(MOST_IN_MESSAGE) if not self._asked else []
        if events:
            self._asked = events[-1].number
            await self._say(frame_of(FOREPOST, EVENTS, JobEvents(events=events)))

    async def _tell_output(self) -> None:
        executed = self._keeper.executed
        self._written = {uid: at for uid, at in self._written.items() if uid in executed}
        for uid in executed:
            for _ in range(MOST_PIECES):
                at = self._written.get(uid, 0)
                piece = self._keeper.piece(uid, at, KEPT_OUTPUT)
                if piece is None or not piece[1]:
                    break
                offset, text, self._written[uid] = piece
                said = RunOutputPiece(uid=uid, offset=offset, text=text)
                await self._say(frame_of(FOREPOST, OUTPUT, said))
