"""Keeps one WebSocket to the controller: probes come down, results go up and out of the spool."""

import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import anyio
import msgspec
from anyio.abc import TaskGroup
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from forepost.agent.node import Identity, Node
from forepost.agent.uplink.record import Record
from forepost.agent.uplink.session import (
    Acked,
    Deactivated,
    ProbesAre,
    Ready,
    Say,
    Session,
    TurnedAway,
)
from forepost.agent.uplink.spool import Spool
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire import neffos
from forepost.wire.uplink import MAX_BATCH, MAX_BATCH_BYTES, Refused

FIRST_SEC, LONGEST_SEC = 1.0, 60.0
HEARTBEAT_SEC: Final = 30.0
LARGEST_MESSAGE: Final = 16 << 20
SUBJECT: Final = "controller"

WantProbes = Callable[[str, Sequence[msgspec.Raw]], Awaitable[list[str]]]
"""Takes revision and list; returns what cannot be run."""

_log = logging.getLogger(__name__)


class Broken(Exception):
    """The conversation ended; the text says why."""


class Link:
    def __init__(
        self, node: Node, spool: Spool, want: WantProbes, clock: Clock, health: Health
    ) -> None:
        self._node, self._spool, self._want = node, spool, want
        self._clock, self._health = clock, health
        self.connected = False

    async def run(self, identity: Identity) -> None:
        """Talk, and connect again after a growing, jittered pause; return when deactivated."""
        pause = FIRST_SEC
        while True:
            try:
                deactivated = await self._converse(identity)
            except* (OSError, InvalidHandshake, ConnectionClosed, Broken, TimeoutError) as group:
                if self.connected:
                    pause = FIRST_SEC
                self._health.ill(SUBJECT, f"{identity.url}: {_first(group)}")
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
        async with connect(
            url,
            additional_headers=identity.headers,
            compression=None,
            max_size=LARGEST_MESSAGE,
            proxy=None,
        ) as socket:
            talk = _Conversation(self._node, self._spool, self._want, self._clock, socket)
            async with anyio.create_task_group() as tasks:
                why = await talk.run(tasks, self._established)
        return why

    def _established(self) -> None:
        self.connected = True
        self._health.well(SUBJECT)


class _Conversation:
    def __init__(
        self, node: Node, spool: Spool, want: WantProbes, clock: Clock, socket: ClientConnection
    ) -> None:
        self._spool, self._want, self._clock, self._socket = spool, want, clock, socket
        self._session = Session(node.version, round(clock.now().timestamp() * 1e9), spool.lost)
        self._acked = anyio.Event()

    async def run(self, tasks: TaskGroup, established: Callable[[], None]) -> str:
        await self._socket.send(self._session.start())
        async for message in self._socket:
            text = message if isinstance(message, str) else message.decode()
            for step in self._steps(text):
                match step:
                    case Say(words):
                        await self._socket.send(words)
                    case Ready(batched):
                        established()
                        tasks.start_soon(self._pump, batched)
                        tasks.start_soon(self._heartbeat)
                    case ProbesAre(revision, probes):
                        unsupported = await self._want(revision, probes)
                        if revision:
                            await self._socket.send(self._session.have(revision, unsupported))
                    case Acked(refused):
                        self._refuse(refused)
                        self._acked.set()
                    case TurnedAway(reason):
                        raise Broken(reason)
                    case Deactivated(reason):
                        tasks.cancel_scope.cancel()
                        return reason
        raise Broken("the controller closed the connection")

    def _steps(self, text: str) -> list[Say | Ready | ProbesAre | Acked | TurnedAway | Deactivated]:
        try:
            return list(self._session.received(text))
        except (neffos.Malformed, msgspec.MsgspecError) as error:
            raise Broken(f"not understood: {error}") from None

    async def _pump(self, batched: bool) -> None:
        """Send the oldest results, wait until they are kept, forget them; for ever."""
        while True:
            await self._spool.wait()
            batch = self._spool.batch(MAX_BATCH if batched else 1, MAX_BATCH_BYTES)
            if batch is None:
                continue
            self._acked = anyio.Event()
            await self._socket.send(self._words(batched, batch.boot, batch.records))
            await self._acked.wait()
            self._spool.ack(batch)

    def _words(self, batched: bool, boot: int, records: list[Record]) -> str:
        return self._session.report(boot, records) if batched else self._session.post(records[0])

    async def _heartbeat(self) -> None:
        while True:
            await self._clock.sleep(HEARTBEAT_SEC)
            await self._socket.send(self._session.ping(self._clock.now().isoformat()))

    def _refuse(self, refused: list[Refused]) -> None:
        self._spool.refused(len(refused))
        for one in refused:
            _log.warning("result %d refused by the controller: %s", one.seq, one.reason)


def _first(group: BaseExceptionGroup[BaseException]) -> str:
    """The innermost first reason of a group, in words."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
