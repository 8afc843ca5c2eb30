"""Keeps one WebSocket to the controller: probes come down, results go up and out of the spool."""

import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

import anyio
import anyio.lowlevel
import msgspec
from anyio.abc import TaskGroup
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from forepost.agent.node import Identity, Node
from forepost.agent.uplink.address import Moved, Moves
from forepost.agent.uplink.batch_size import BatchSize
from forepost.agent.uplink.bounds import LONGEST_TEXT, TooMuch
from forepost.agent.uplink.connection import (
    SILENT_SEC,
    Broken,
    Connection,
    UplinkSocket,
    Wrong,
    is_their_fault,
)
from forepost.agent.uplink.parting import parting
from forepost.agent.uplink.pump import Pump
from forepost.agent.uplink.session import (
    Acked,
    Deactivated,
    GroupsAre,
    MoveTo,
    ProbesAre,
    Ready,
    Say,
    Session,
    SpeedtestKept,
    SpeedtestsAre,
    Step,
    TimeWas,
    TurnedAway,
)
from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.agent.uplink.timing import ask_over_http, keep_time
from forepost.agent.uplink.wanted_groups import WantedGroups
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire import neffos
from forepost.wire.clock import ClockReading
from forepost.wire.group_delivery import GroupEntries
from forepost.wire.speedtest import (
    AskedSpeedtest,
    SpeedtestProgress,
    SpeedtestResult,
    SpeedtestServer,
)
from forepost.wire.uplink import Refused

FIRST_SEC, LONGEST_SEC = 1.0, 60.0
HEARTBEAT_SEC: Final = 30.0
LARGEST_MESSAGE: Final = 16 << 20
CLOSE_SEC: Final = 2.0
"""A controller that does not stop talking is not waited for."""
SUBJECT: Final = "controller"
WORDS: Final = "what the controller says"
KEPT: Final = "what the controller wants, on disk"
MOST_WRONG: Final = 16
"""Messages of one conversation that are not understood, or too much; then it ends."""
MOST_REFUSALS: Final = 500


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

_log = logging.getLogger(__name__)


class Link:
    def __init__(
        self,
        node: Node,
        spool: Spool,
        want: WantProbes,
        clock: Clock,
        health: Health,
        *,
        tests: Tests | None = None,
        speedtest_port: int = 0,
        keeper: Timekeeper | None = None,
        groups: WantedGroups | None = None,
        moves: Moves | None = None,
        silent_sec: float = SILENT_SEC,
    ) -> None:
        """Without `tests` it asks for none, without `groups` it takes none. A controller of which
        nothing is heard for `silent_sec` is left.
        """
        self._node, self._spool, self._want = node, spool, want
        self._tests, self._speedtest_port = tests, speedtest_port
        self._clock, self._health = clock, health
        self._keeper = keeper or Timekeeper(clock, health)
        self._groups = groups
        self._silent_sec = silent_sec
        self._moves = moves or Moves(node, clock, health, allowed=False, allow_plain=False)
        self._batch_size = BatchSize()
        self.connected = False

    async def run(self, identity: Identity) -> None:
        """Talk, and connect again after a growing, jittered pause; return when deactivated."""
        pause = FIRST_SEC
        self._moves.start(identity)
        while True:
            identity = self._moves.turn()
            try:
                deactivated = await self._converse(identity)
            except* Moved:
                pause, deactivated = FIRST_SEC, ""
            except* (OSError, InvalidHandshake, ConnectionClosed, Broken, TimeoutError) as group:
                if self.connected and not group.subgroup(is_their_fault):
                    pause = FIRST_SEC
                self._health.ill(SUBJECT, parting(identity.url, group))
                self._moves.failed()
                deactivated = ""
            finally:
                self.connected = False
                self._spool.unsent()
            if deactivated:
                self._node.retire()
                self._health.ill(SUBJECT, f"{identity.url} has removed this agent: {deactivated}")
                return
            await self._clock.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - a pause
            pause = min(2 * pause, LONGEST_SEC)

    async def _converse(self, identity: Identity) -> str:
        """One connection, until it breaks (raises) or the agent is removed (returns why)."""
        url = "ws" + identity.url.removeprefix("http") + "/ws/agent"
        why = ""
        async with Connection(
            url,
            additional_headers=identity.headers,
            ssl=identity.tls or (True if url.startswith("wss:") else None),
            compression=None,
            max_size=LARGEST_MESSAGE,
            close_timeout=CLOSE_SEC,
            proxy=None,
        ) as socket:
            session = Session(
                self._node.version,
                round(self._clock.now().timestamp() * 1e9),
                self._spool.lost,
                self._speedtest_port,
                takes_groups=self._groups is not None,
                boot=self._spool.boot,
                may_move=self._moves.allowed,
            )
            talk = _Conversation(
                session,
                self._spool,
                self._want,
                self._clock,
                socket,
                self._tests,
                self._keeper,
                partial(ask_over_http, identity, self._keeper),
                self._groups,
                self._health,
                self._batch_size,
                self._moves,
            )
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._leave_silent, socket)
                tasks.start_soon(self._leave_ungreeted)
                why = await talk.run(tasks, partial(self._established, identity))
        if why and identity.url != self._moves.url:
            raise Broken(f"it has removed this agent: {why}")  # where it never was
        return why

    async def _leave_silent(self, line: UplinkSocket) -> None:
        await line.silence(self._clock, self._silent_sec)
        raise Broken(f"nothing heard from the controller for {self._silent_sec:.0f} s")

    async def _leave_ungreeted(self) -> None:
        """Whoever is there, and never gets as far as the results."""
        await self._clock.sleep(self._silent_sec)
        if not self.connected:
            raise Broken(f"the controller did not greet within {self._silent_sec:.0f} s")

    def _established(self, identity: Identity) -> None:
        self.connected = True
        self._moves.worked(identity)
        self._health.well(WORDS)
        self._health.well(SUBJECT)


class _Conversation:
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
    ) -> None:
        """`ask_elsewhere`: for the time, where this conversation has no words for it."""
        self._spool, self._want, self._clock, self._socket = spool, want, clock, socket
        self._session, self._tests = session, tests
        self._keeper, self._ask_elsewhere = keeper, ask_elsewhere
        self._groups, self._health, self._moves = groups, health, moves
        self._pump = Pump(spool, session, socket.send, clock, batch_size)
        self._wrong = 0

    async def run(self, tasks: TaskGroup, established: Callable[[], None]) -> str:
        await self._socket.send(self._session.start())
        async for message in self._socket:
            await anyio.lowlevel.checkpoint()  # there may be more of them without a pause
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

    async def _begin(self, tasks: TaskGroup, ready: Ready) -> None:
        if ready.gives_groups:
            await self._have_groups()
        tasks.start_soon(self._pump.run, ready.batched)
        tasks.start_soon(self._heartbeat)
        tasks.start_soon(self._test, ready.shows_tests)
        tasks.start_soon(self._keep_time, ready.tells_time)

    def _steps(self, message: str | bytes) -> list[Step]:
        try:
            text = message if isinstance(message, str) else message.decode()
            return list(self._session.received(text))
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
            raise Wrong(f"more than {MOST_WRONG} messages that are wrong, the last one: {reason}")
        self._health.ill(WORDS, f"{self._wrong} messages are passed over, the last one: {reason}")

    async def _heartbeat(self) -> None:
        while True:
            await self._clock.sleep(HEARTBEAT_SEC)
            await self._socket.send(self._session.ping(self._clock.now().isoformat()))

    async def _keep_time(self, tells_time: bool) -> None:
        async def ask() -> None:
            await self._socket.send(self._session.ask_time(self._keeper.asks()))

        async def tell(reading: ClockReading) -> None:
            if tells_time:
                await self._socket.send(self._session.clock_is(reading))

        await keep_time(self._keeper, self._clock, ask if tells_time else self._ask_elsewhere, tell)

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
