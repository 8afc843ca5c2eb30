"""Microservices in the conversation with a controller of ours: how they are, logs, restarts."""

from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, Final

import anyio
import msgspec

from forepost.agent.talk import Say, TooMuch, frame_of
from forepost.agent.workloads.log_pieces import in_pieces
from forepost.agent.workloads.microservices import Microservices, NoSuchMicroservice, NotNow
from forepost.kit.clock import Clock
from forepost.wire.uplink.messages import FOREPOST
from forepost.wire.uplink.neffos import Frame
from forepost.wire.workloads.delivery import (
    LOG_LINES,
    LOGS,
    LOGS_ENOUGH,
    MOST_LOG_READERS,
    REPORT,
    RESTART,
    RESTARTED,
    WORKLOADS,
    LogLine,
    LogLines,
    LogsEnough,
    LogsWanted,
    MicroservicesReport,
    Restarted,
    RestartWanted,
)

CALM_SEC: Final = 1.0
"""Between two reports, however often something changes."""
EVERY_SEC: Final = 60.0
"""Also where nothing changed: what is used does."""
MOST_REQUESTS: Final = 32
"""Of one conversation at a time."""


class WorkloadsTalk:
    """A Talk: tells the controller how the microservices are; reads logs and restarts for it."""

    capabilities: Final = (WORKLOADS,)
    events: Final = ((FOREPOST, LOGS), (FOREPOST, LOGS_ENOUGH), (FOREPOST, RESTART))

    def __init__(self, microservices: Microservices, clock: Clock) -> None:
        self._microservices, self._clock = microservices, clock

    def begin(self, say: Say, able: AbstractSet[str]) -> "WorkloadsDialogue":
        return WorkloadsDialogue(self._microservices, self._clock, say, tells=WORKLOADS in able)


class WorkloadsDialogue:
    """A Dialogue of the microservices. What was asked for in it ends with it."""

    def __init__(
        self, microservices: Microservices, clock: Clock, say: Say, *, tells: bool
    ) -> None:
        self._microservices, self._clock, self._say, self._tells = microservices, clock, say, tells
        self._requests: list[LogsWanted | RestartWanted] = []
        self._news = anyio.Event()
        self._readers: dict[int, anyio.CancelScope] = {}
        """By the number of the request."""
        self._under_way = 0

    def heard(self, frame: Frame) -> None:
        if frame.is_error:
            return
        if frame.event == LOGS_ENOUGH:
            self._enough(msgspec.json.decode(frame.body, type=LogsEnough).request)
            return
        request: LogsWanted | RestartWanted
        if frame.event == LOGS:
            request = msgspec.json.decode(frame.body, type=LogsWanted)
        else:
            request = msgspec.json.decode(frame.body, type=RestartWanted)
        if self._under_way == MOST_REQUESTS:
            raise TooMuch(f"{MOST_REQUESTS} requests about microservices are under way")
        self._under_way += 1
        self._requests.append(request)
        self._news.set()

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            if self._tells:
                tasks.start_soon(self._tell)
            while True:
                await self._news.wait()
                self._news = anyio.Event()
                while self._requests:
                    tasks.start_soon(self._do, self._requests.pop(0))

    def _enough(self, request: int) -> None:
        for one in [*self._requests]:
            if isinstance(one, LogsWanted) and one.request == request:
                self._requests.remove(one)
                self._under_way -= 1
        if request in self._readers:
            self._readers.pop(request).cancel()

    async def _tell(self) -> None:
        while True:
            report = self._report()
            await self._say(frame_of(FOREPOST, REPORT, report))
            await self._clock.sleep(CALM_SEC)
            if self._report() == report:
                with anyio.move_on_after(EVERY_SEC):
                    await self._microservices.changed()

    def _report(self) -> MicroservicesReport:
        return MicroservicesReport(
            engine=self._microservices.engine(),
            microservices=list(self._microservices.statuses()),
        )

    async def _do(self, request: LogsWanted | RestartWanted) -> None:
        try:
            if isinstance(request, LogsWanted):
                await self._read(request)
            else:
                await self._answer(RESTARTED, Restarted(**await self._restarted(request)))
        finally:
            self._under_way -= 1

    async def _restarted(self, request: RestartWanted) -> dict[str, Any]:
        try:
            await self._microservices.restart(request.uuid)
        except (NoSuchMicroservice, NotNow) as error:
            return {"request": request.request, "problem": str(error)[:500]}
        return {"request": request.request}

    async def _read(self, request: LogsWanted) -> None:
        if len(self._readers) >= MOST_LOG_READERS or request.request in self._readers:
            why = f"{MOST_LOG_READERS} logs of this agent are read already"
            await self._end(request.request, why)
            return
        with anyio.CancelScope() as self._readers[request.request]:
            try:
                lines = self._microservices.logs(request.uuid, request.tail, follow=request.follow)
                await in_pieces(lines, partial(self._lines, request.request))
                await self._end(request.request)
            except (NoSuchMicroservice, NotNow) as error:
                await self._end(request.request, str(error))
            finally:
                self._readers.pop(request.request, None)

    async def _lines(self, request: int, lines: list[LogLine]) -> None:
        await self._answer(LOG_LINES, LogLines(request=request, lines=lines))

    async def _end(self, request: int, problem: str = "") -> None:
        end = LogLines(request=request, end=True, problem=problem[:500])
        await self._answer(LOG_LINES, end)

    async def _answer(self, event: str, body: msgspec.Struct) -> None:
        await self._say(frame_of(FOREPOST, event, body))
