"""One conversation with the controller: what it says is done, results and news go up."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

import anyio
import anyio.lowlevel
import msgspec
from anyio.abc import TaskGroup

from forepost.agent.uplink.address import Moves
from forepost.agent.uplink.batch_size import BatchSize
from forepost.agent.uplink.bounds import LONGEST_TEXT, TooMuch
from forepost.agent.uplink.connection import Broken, ProtocolFault, UplinkSocket
from forepost.agent.uplink.pump import Pump
from forepost.agent.uplink.session import Session
from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.spool_news import tell_of_spool
from forepost.agent.uplink.steps import (
    Acked,
    Deactivated,
    GroupsAre,
    MoveTo,
    ProbesAre,
    Ready,
    Say,
    SpeedtestKept,
    SpeedtestsAre,
    Step,
    TimeWas,
    TurnedAway,
)
from forepost.agent.uplink.time_questions import keep_time
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.agent.uplink.wanted_groups import WantedGroups
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.local.status import SpoolStatus
from forepost.wire.speedtests.queue import (
    AskedSpeedtest,
    SpeedtestProgress,
    SpeedtestResult,
    SpeedtestServer,
)
from forepost.wire.uplink import neffos
from forepost.wire.uplink.clock import ClockReading
from forepost.wire.uplink.groups import GroupEntries
from forepost.wire.uplink.messages import Refused

HEARTBEAT_SEC: Final = 30.0
WORDS: Final = "what the controller says"
KEPT: Final = "what the controller wants, on disk"
MOST_WRONG: Final = 16
"""Messages of one conversation that are not understood, or too much; then it ends."""
MOST_REFUSALS: Final = 500

_log = logging.getLogger(__name__)


class Tests(Protocol):
    """The speed tests of this agent."""

    @property
    def servers(self) -> Sequence[SpeedtestServer]: ...

    @property
    def results(self) -> Sequence[SpeedtestResult]:
        """That no controller has yet, the oldest first."""
        ...

    @property
    def progress(self) -> SpeedtestProgress | None: ...

    def take(self, tests: Sequence[AskedSpeedtest]) -> None: ...

    def kept(self, queue_id: int) -> None:
        """The first of the results need not be said again."""
        ...

    async def news(self) -> None:
        """Return when something changed since this was awaited last."""
        ...


WantProbes = Callable[[str, Sequence[msgspec.Raw], Mapping[int, bytes]], Awaitable[list[str]]]
"""Takes revision, list and keys of pairs; returns what cannot be run."""


class Conversation:
    """One connection, from the first word to the last."""

    def __init__(
        self,
        session: Session,
        spool: Spool,
        want: WantProbes,
        clock: Clock,
        socket: UplinkSocket,
        tests: Tests | None,
        keeper: Timekeeper,
        ask_elsewhere: Callable[[], Awaitable[None]],
        groups: WantedGroups | None,
        health: Health,
        batch_size: BatchSize,
        moves: Moves,
        ping_sec: float,
    ) -> None:
        """`ask_elsewhere`: for the time, where this conversation has no words for it."""
        self._spool, self._want, self._clock, self._socket = spool, want, clock, socket
        self._session, self._tests = session, tests
        self._keeper, self._ask_elsewhere = keeper, ask_elsewhere
        self._groups, self._health, self._moves = groups, health, moves
        self._ping_sec = ping_sec
        self._pump = Pump(spool, session, socket.send, clock, batch_size)
        self._wrong = 0

    async def run(self, tasks: TaskGroup, established: Callable[[], None]) -> str:
        await self._socket.send(self._session.start())
        async for message in self._socket:
            await anyio.lowlevel.checkpoint()  # there may be more of them without a pause
            await self._answer(message)
            for step in self._steps(message):
                match step:
                    case Say(words):
                        await self._socket.send(words)
                    case Ready():
                        established()
                        await self._begin(tasks, step)
                    case ProbesAre() | GroupsAre():
                        await self._have(step)
                    case Acked(refused):
                        self._refuse(refused)
                        self._pump.acked()
                    case SpeedtestsAre() | SpeedtestKept() | TimeWas() | MoveTo():
                        self._heard(step, tasks)
                    case TurnedAway(reason):
                        raise Broken(reason)
                    case Deactivated(reason):
                        tasks.cancel_scope.cancel()
                        return reason
        raise Broken("the controller closed the connection")

    async def _answer(self, message: str | bytes) -> None:
        if answer := self._session.answer_to(message):
            await self._socket.send(answer)

    async def _begin(self, tasks: TaskGroup, ready: Ready) -> None:
        if ready.gives_groups:
            await self._have_groups()
        tasks.start_soon(self._pump.run, ready.batched)
        tasks.start_soon(self._heartbeat)
        tasks.start_soon(self._test, ready.shows_tests)
        tasks.start_soon(self._keep_time, ready.tells_time)
        if ready.shows_spool:
            tasks.start_soon(tell_of_spool, self._spool, self._clock, self._tell_of_spool)

    def _steps(self, message: str | bytes) -> list[Step]:
        try:
            if isinstance(message, str):
                return list(self._session.received(message))
            text = self._session.text_of(message)
            return list(self._session.received(text)) if text else []
        except (
            neffos.Malformed,
            msgspec.MsgspecError,
            RecursionError,
            TooMuch,
            UnicodeDecodeError,
        ) as error:
            self._misheard(str(error)[:LONGEST_TEXT])
            return []

    def _misheard(self, reason: str) -> None:
        """One message that is wrong costs nothing else."""
        self._wrong += 1
        if self._wrong > MOST_WRONG:
            raise ProtocolFault(
                f"more than {MOST_WRONG} messages that are wrong, the last one: {reason}"
            )
        self._health.ill(WORDS, f"{self._wrong} messages are passed over, the last one: {reason}")

    async def _heartbeat(self) -> None:
        while True:
            await self._clock.sleep(self._ping_sec)
            await self._socket.send(self._session.ping(self._clock.now().isoformat()))

    async def _keep_time(self, tells_time: bool) -> None:
        async def ask() -> None:
            await self._socket.send(self._session.ask_time(self._keeper.asks()))

        async def tell(reading: ClockReading) -> None:
            if tells_time:
                await self._socket.send(self._session.clock_is(reading))

        await keep_time(self._keeper, self._clock, ask if tells_time else self._ask_elsewhere, tell)

    async def _tell_of_spool(self, status: SpoolStatus) -> None:
        await self._socket.send(self._session.spool_is(status))

    async def _have(self, wanted: ProbesAre | GroupsAre) -> None:
        try:
            match wanted:
                case ProbesAre(revision, probes, keys):
                    await self._run_these(revision, probes, keys)
                case GroupsAre(revision, groups):
                    await self._use_groups(revision, groups)
        except OSError as error:
            # It is in use, and not kept: results must go on to leave, all the more where the disk
            # is full. Asked for again at the next connect.
            self._health.ill(KEPT, error.strerror or str(error))
        else:
            self._health.well(KEPT)

    async def _run_these(
        self, revision: str, probes: Sequence[msgspec.Raw], keys: Mapping[int, bytes]
    ) -> None:
        unsupported = await self._want(revision, probes, keys)
        if revision:
            await self._socket.send(self._session.have(revision, unsupported))

    async def _use_groups(self, revision: str, groups: Sequence[GroupEntries]) -> None:
        if self._groups is not None:
            await self._groups.set(revision, groups)
            await self._have_groups()

    async def _have_groups(self) -> None:
        """The controller gives what is not the newest."""
        if self._groups is not None:
            await self._socket.send(self._session.have_groups(self._groups.have))

    def _heard(
        self, step: SpeedtestsAre | SpeedtestKept | TimeWas | MoveTo, tasks: TaskGroup
    ) -> None:
        match step:
            case MoveTo(url):
                tasks.start_soon(self._moves.consider, url)
            case TimeWas(answer):
                self._keeper.answered(answer)
            case _ if self._tests is None:
                return  # nobody asked for them
            case SpeedtestsAre(tests, wrong):
                for reason in wrong:
                    _log.warning("a speed test that is not understood: %s", reason)
                self._tests.take(tests)
            case SpeedtestKept(queue_id, refused):
                if refused:
                    _log.warning("speed test %d refused: %s", queue_id, refused)
                self._tests.kept(queue_id)

    async def _test(self, shows_tests: bool) -> None:
        if self._tests is not None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._ask_for_tests, self._tests)
                tasks.start_soon(self._tell_of_tests, self._tests, shows_tests)

    async def _ask_for_tests(self, tests: Tests) -> None:
        """NetWatcher's controller never says by itself that there is one; ours does after this."""
        if tests.servers:
            await self._socket.send(self._session.speedtest_servers(list(tests.servers)))
        while True:
            await self._socket.send(self._session.speedtest_queue_get())
            await self._clock.sleep(HEARTBEAT_SEC)

    async def _tell_of_tests(self, tests: Tests, shows_tests: bool) -> None:
        said = 0
        while True:
            if tests.progress is not None and shows_tests:
                await self._socket.send(self._session.speedtest_progress(tests.progress))
            if tests.results and (result := tests.results[0]).queue_id != said:
                said = result.queue_id
                await self._socket.send(self._session.speedtest_result(result))
            await tests.news()

    def _refuse(self, refused: list[Refused]) -> None:
        self._spool.refused(len(refused))
        for one in refused[:MOST_REFUSALS]:
            _log.warning(
                "result %d refused by the controller: %s", one.seq, one.reason[:LONGEST_TEXT]
            )
