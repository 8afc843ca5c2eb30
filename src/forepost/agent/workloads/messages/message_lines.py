"""Holds the message sockets of microservices."""

import contextlib
from typing import Final

import anyio

from forepost.agent.edges.local.websocket import LocalSocket
from forepost.agent.workloads.control import ACKNOWLEDGEMENT, NEWER, PING, PONG, SILENT
from forepost.agent.workloads.messages.bus import MessageBus
from forepost.agent.workloads.messages.io_message import WrongMessage, decoded, encoded
from forepost.agent.workloads.messages.message_line import (
    MESSAGE,
    EndMessages,
    MessageLine,
    MessageStep,
    SendMessage,
    SendMessagePing,
    TakeMessage,
    framed,
    receipt,
    unframed,
)
from forepost.kit.clock import Clock

TURN_SEC: Final = 1.0
CLOSE_SEC: Final = 5.0
WRONG: Final = 1003
"""Codes of a close: what came is no message; it cannot be kept."""
NOT_KEPT: Final = 1011
GONE: Final = (
    OSError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)


class _Speaker:
    """One socket: a task reads it, another one sends what waits."""

    def __init__(self, uuid: str, line: LocalSocket, bus: MessageBus, clock: Clock) -> None:
        self._uuid, self._line, self._bus, self._clock = uuid, line, bus, clock
        self._state = MessageLine(clock.monotonic())
        self._news = anyio.Event()
        self._frames = 0
        self._end: tuple[int, str] | None = None

    def wake(self) -> None:
        self._news.set()

    def end(self, code: int, reason: str) -> None:
        self._end = self._end or (code, reason)
        self.wake()

    async def read(self) -> None:
        async for message in self._line.messages():
            now = self._clock.monotonic()
            if message == ACKNOWLEDGEMENT:
                self._take(self._state.acknowledged(now))
                self.wake()
            elif isinstance(message, bytes) and message[:1] == MESSAGE:
                await self._publish(message)

    async def write(self) -> None:
        while self._end is None:
            self._news = anyio.Event()
            now = self._clock.monotonic()
            if self._frames != self._line.frames:
                self._frames = self._line.frames
                self._state.heard(now)
            for step in self._state.turn(now):
                await self._do(step)
            found = self._bus.first(self._uuid)
            for step in self._state.offer(None if found is None else found[0], now):
                await self._do(step)
            with anyio.move_on_after(TURN_SEC):
                await self._news.wait()
        await self._line.close(*self._end)
        await self._clock.sleep(CLOSE_SEC)

    async def _publish(self, frame: bytes) -> None:
        try:
            made = self._bus.publish(self._uuid, decoded(unframed(frame)))
        except (WrongMessage, ValueError) as wrong:
            self.end(WRONG, str(wrong)[:100])
            return
        except OSError:
            self.end(NOT_KEPT, "the message cannot be kept")
            return
        self._state.receipt_sent(self._clock.monotonic())
        await self._line.send(receipt(made.id, made.timestamp))

    async def _do(self, step: MessageStep) -> None:
        match step:
            case SendMessage():
                found = self._bus.first(self._uuid)
                if found is not None:
                    await self._line.send(framed(encoded(found[1])))
            case SendMessagePing():
                await self._line.ping(PING)
            case EndMessages(reason=reason):
                self.end(SILENT, reason)
            case TakeMessage():
                self._take([step])

    def _take(self, steps: list[MessageStep]) -> None:
        for step in steps:
            if isinstance(step, TakeMessage):
                self._bus.take(self._uuid, step.number)


class MessageLines:
    """One live socket for each microservice, the newest."""

    def __init__(self, bus: MessageBus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self._speakers: dict[str, _Speaker] = {}

    async def talk(self, uuid: str, line: LocalSocket) -> None:
        """Serve one socket until either side ends it."""
        if before := self._speakers.get(uuid):
            before.end(NEWER, "a newer socket of this microservice")
        speaker = self._speakers[uuid] = _Speaker(uuid, line, self._bus, self._clock)
        line.answer_pings({PING: PONG})
        self._bus.listen(uuid, speaker.wake)
        try:
            async with anyio.create_task_group() as tasks:

                async def write() -> None:
                    with contextlib.suppress(*GONE):
                        await speaker.write()
                    tasks.cancel_scope.cancel()

                tasks.start_soon(write)
                with contextlib.suppress(*GONE):
                    await speaker.read()
                tasks.cancel_scope.cancel()
        finally:
            self._bus.leave(uuid, speaker.wake)
            if self._speakers.get(uuid) is speaker:
                del self._speakers[uuid]
