"""The control connection to one member: words both ways, in the event loop."""

import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from forepost.agent.edges.peers.channel import Channel, ChannelEnded
from forepost.kit.clock import Clock
from forepost.wire.jobs.members import (
    LENGTH,
    MOST_WORD,
    PING_SEC,
    SILENT_SEC,
    KeepAlive,
    Leave,
    Word,
    packed,
    read_word,
)

READ_BYTES: Final = 256 << 10
TWIN_SEC: Final = 10.0
"""Within which two connections were dialed at once; later one that comes takes the other's place,
of which this side may not know yet that it is dead.
"""
MOST_WAITING: Final = 64 << 20
"""Bytes that wait to be sent; a member that takes nothing any more is given up then."""


class Link:
    """Of one folder and one member."""

    def __init__(
        self, channel: Channel, device_id: str, clock: Clock, *, is_first: bool = True
    ) -> None:
        """`is_first`: whether the side with the greater device id has dialed."""
        channel.socket.setblocking(False)
        self._channel, self._clock = channel, clock
        self.device_id, self.is_relayed = device_id, channel.is_relayed
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._news = anyio.Event()
        self._ending = anyio.Event()
        self._heard_at = self._begun_at = clock.monotonic()
        self.is_first = is_first
        self.reason = ""
        """Why it ended."""

    def is_instead_of(self, other: "Link") -> bool:
        """Whether it stays where both sides have dialed at once: both choose the same of the two,
        or each would close the one that the other keeps.
        """
        is_young = self._clock.monotonic() - self._begun_at < TWIN_SEC
        return is_young and self.is_first and not other.is_first

    def say(self, word: Word) -> None:
        """Send soon. Where too much waits the link ends."""
        data = packed(word)
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > MOST_WAITING:
            self.close("it takes nothing any more")
        self._news.set()

    def close(self, reason: str) -> None:
        self.reason = self.reason or reason
        self._ending.set()

    async def run(self, heard: Callable[[Word], Awaitable[None]]) -> None:
        """Carry words until one side ends. Raises ChannelEnded, WrongWord; what `heard` raises."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._send)
                tasks.start_soon(self._watch)
                tasks.start_soon(self._end)
                await self._receive(heard)
                tasks.cancel_scope.cancel()
        finally:
            self._channel.close()

    async def _receive(self, heard: Callable[[Word], Awaitable[None]]) -> None:
        buffer = bytearray()
        need = LENGTH.size
        while True:
            while len(buffer) < need:
                data = await self._read()
                if not data:
                    raise ChannelEnded(self.reason or "it has closed the connection")
                buffer += data
            self._heard_at = self._clock.monotonic()
            (length,) = LENGTH.unpack_from(buffer)
            if length > MOST_WORD:
                raise ChannelEnded("a word of too many bytes")
            need = LENGTH.size + length
            if len(buffer) < need:
                continue
            word = read_word(bytes(memoryview(buffer)[LENGTH.size : need]))
            del buffer[:need]
            need = LENGTH.size
            if isinstance(word, Leave):
                raise ChannelEnded(f"it leaves: {word.reason[:200]}")
            if not isinstance(word, KeepAlive):
                await heard(word)

    async def _read(self) -> bytes:
        socket = self._channel.socket
        while True:
            try:
                return socket.recv(READ_BYTES)
            except ssl.SSLWantReadError:
                await _until(anyio.wait_readable, self._channel)
            except ssl.SSLWantWriteError:
                await _until(anyio.wait_writable, self._channel)
            except (OSError, ValueError) as error:
                raise ChannelEnded(self.reason or str(error)) from None

    async def _send(self) -> None:
        while True:
            while self._waiting:
                data = self._waiting.popleft()
                await self._write(data)
                self._waiting_bytes -= len(data)
            self._news = anyio.Event()
            with anyio.move_on_after(PING_SEC) as quiet:
                await self._news.wait()
            if quiet.cancelled_caught:
                self.say(KeepAlive())

    async def _write(self, data: bytes) -> None:
        view, socket = memoryview(data), self._channel.socket
        while view:
            try:
                count = socket.send(view[: 1 << 20])
                view = view[count:]
            except ssl.SSLWantWriteError:
                await _until(anyio.wait_writable, self._channel)
            except ssl.SSLWantReadError:
                await _until(anyio.wait_readable, self._channel)
            except (OSError, ValueError) as error:
                raise ChannelEnded(self.reason or str(error)) from None

    async def _end(self) -> None:
        await self._ending.wait()
        raise ChannelEnded(self.reason)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(PING_SEC)
            if self._clock.monotonic() - self._heard_at > SILENT_SEC:
                raise ChannelEnded("it is silent")


async def _until(wait: Callable[[ssl.SSLSocket], Awaitable[None]], channel: Channel) -> None:
    try:
        await wait(channel.socket)
    except (OSError, ValueError, anyio.ClosedResourceError) as error:
        raise ChannelEnded(str(error)) from None
