"""Holds the control sockets of microservices, and carries out what `control` decides."""

import contextlib
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import count
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from forepost.agent.edges.local.websocket import LocalSocket
from forepost.agent.workloads.control import (
    ACKNOWLEDGEMENT,
    NEW_CONFIG,
    NEW_RESOURCES,
    PING,
    PONG,
    ControlSockets,
    ControlStep,
    EndSocket,
    SendPing,
    SendSignal,
)
from forepost.agent.workloads.microservices import Microservices
from forepost.kit.clock import Clock

TURN_SEC: Final = 1.0
CLOSE_SEC: Final = 5.0
"""For the other side to agree to the end."""
MOST_WAITING: Final = 64
"""Steps that one socket has not taken; who has more of them is gone."""
PONGS: Final = {PING: PONG}
NO_RESOURCES: Final = "[]"
GONE: Final = (
    OSError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)


class _Held:
    def __init__(self, line: LocalSocket, send: MemoryObjectSendStream[ControlStep]) -> None:
        self.line, self.send = line, send
        self.frames = 0
        """Of which was told that they were heard."""
        self.scope = anyio.CancelScope()


class ControlLines:
    def __init__(
        self,
        sockets: ControlSockets,
        microservices: Microservices,
        resources: Callable[[], str],
        clock: Clock,
    ) -> None:
        """`resources`: the edge resources of this site, as a JSON array."""
        self._sockets, self._microservices = sockets, microservices
        self._resources, self._clock = resources, clock
        self._held: dict[int, _Held] = {}
        self._numbers = count(1)
        self._some = anyio.Event()

    async def talk(self, uuid: str, line: LocalSocket) -> None:
        """Serve one socket until either side ends it."""
        number = next(self._numbers)
        send, receive = anyio.create_memory_object_stream[ControlStep](MOST_WAITING)
        held = self._held[number] = _Held(line, send)
        self._some.set()
        line.answer_pings(PONGS)
        try:
            there = {
                NEW_CONFIG: self._config_digest(uuid),
                NEW_RESOURCES: self._resources_digest(),
            }
            self._do(self._sockets.opened(number, uuid, there, self._now))
            with held.scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._write, held, receive)
                    await self._read(number, line)
                    tasks.cancel_scope.cancel()
        finally:
            del self._held[number]
            self._sockets.closed(number)
            send.close()
            receive.close()

    async def run(self) -> None:
        """Tell what changes, for ever."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._turns)
            while True:
                self.look()
                await self._microservices.changed()

    def look(self) -> None:
        """Tell what changed since the last look."""
        resources, now = self._resources_digest(), self._now
        for uuid in self._sockets.microservices():
            there = {NEW_CONFIG: self._config_digest(uuid), NEW_RESOURCES: resources}
            self._do(self._sockets.changed(uuid, there, now))

    async def _turns(self) -> None:
        while True:
            if not self._held:
                self._some = anyio.Event()
                await self._some.wait()
            await self._clock.sleep(TURN_SEC)
            now = self._now
            for number, held in self._held.items():
                if held.frames != held.line.frames:
                    held.frames = held.line.frames
                    self._sockets.heard(number, now)
            self._do(self._sockets.turn(now))

    async def _read(self, number: int, line: LocalSocket) -> None:
        with contextlib.suppress(*GONE):
            async for message in line.messages():
                if message == ACKNOWLEDGEMENT:
                    self._do(self._sockets.acknowledge(number, self._now))

    async def _write(self, held: _Held, steps: MemoryObjectReceiveStream[ControlStep]) -> None:
        with contextlib.suppress(*GONE):
            async for step in steps:
                match step:
                    case SendSignal(code=code):
                        await held.line.send(code)
                    case SendPing():
                        await held.line.ping(PING)
                    case EndSocket(code=why, reason=reason):
                        await held.line.close(why, reason)
                        await self._clock.sleep(CLOSE_SEC)
                        break
        held.scope.cancel()

    def _do(self, steps: Iterable[ControlStep]) -> None:
        for step in steps:
            held = self._held.get(step.socket)
            if held is None:
                continue
            try:
                held.send.send_nowait(step)
            except anyio.WouldBlock:
                held.scope.cancel()  # it has not read for minutes

    def _config_digest(self, uuid: str) -> str:
        config = self._microservices.config_of(uuid)
        return "" if config is None else _digest(config)

    def _resources_digest(self) -> str:
        resources = self._resources()
        return "" if resources == NO_RESOURCES else _digest(resources)

    @property
    def _now(self) -> float:
        return self._clock.monotonic()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
