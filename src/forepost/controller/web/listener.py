"""uvicorn's WebSocket protocol, with a shorter way from the socket to the application and back.

uvicorn stops reading the socket after every message until the application has taken it, hands
messages over in an asyncio.Queue, and answers through a coroutine: a third of what a result costs.
Here up to `AHEAD` messages wait; from then on uvicorn's own way holds, so that a sender who is not
read is slowed down. An application that asks for it (`DIRECT`) sees each text on the spot.

uvicorn also takes a whole read of the socket at once: 40,000 empty frames of a stranger. Here it is
taken in slices, none while the application has not taken the messages of those before, and frames
that are no messages are counted: whoever sends them without end is cut off.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State

from forepost.controller.asgi import KNOWN
from forepost.controller.fleet.socket import DIRECT
from forepost.controller.web.places import ConnectionPlace
from forepost.kit.outward import Outward

AHEAD: Final = 4
SLICE: Final = 4_096
"""Bytes that are parsed at once: a frame can have as few as 6, and costs what a large one does."""
MOST_FRAGMENTS: Final = 2_048
"""Of one message; makers write 4 KiB and more in each."""
CONTROLS_A_SEC: Final = 64
"""Pings and pongs of one connection; honest ones come once in some seconds."""


@lru_cache(maxsize=64)
def _framed(text: str) -> bytes:
    """A whole text frame from a server; nearly all answers are the same one."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class Mailbox:
    """As much of asyncio.Queue as uvicorn uses: many who put, one who gets."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: deque[Any] = deque()
        self._getter: asyncio.Future[None] | None = None

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        if self._getter is not None and not self._getter.done():
            self._getter.set_result(None)

    async def get(self) -> Any:
        while not self._messages:
            self._getter = self._loop.create_future()
            await self._getter
        return self._messages.popleft()

    def empty(self) -> bool:
        return not self._messages

    def qsize(self) -> int:
        return len(self._messages)


class Listener(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.queue = Mailbox(self.loop)  # type: ignore[assignment]
        self._take: Callable[[str], bool] | None = None
        self.place: ConnectionPlace | None = None
        self._kept = bytearray()
        """What was read and is not parsed yet: less than one read of the socket."""
        self._fragments = self._controls = 0
        self._second = 0
        self._heard = False
        self._asked: dict[bytes, asyncio.Future[None]] = {}
        """By the words of pings that somebody waits for the answer to."""

    def data_received(self, data: bytes) -> None:
        self._heard = True
        if len(data) <= SLICE and not self._kept:
            super().data_received(data)
            return
        self._kept += data
        self._parse()

    def _parse(self) -> None:
        """Slice by slice, until there is nothing more or the application has to take some first."""
        while self._kept and not self.read_paused and not self.transport.is_closing():
            piece = bytes(self._kept[:SLICE])
            del self._kept[:SLICE]
            super().data_received(piece)

    async def receive(self) -> Any:
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._parse()
            if not self.read_paused:
                self.transport.resume_reading()
        return message

    async def send(self, message: Any) -> None:
        """A refusal is an answer, too: uvicorn would call it a fault of ours in the log."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True

    def handle_ping(self) -> None:
        if self._is_control_well():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._is_control_well():
            answered = self._asked.get(bytes(event.data))
            if answered is not None and not answered.done():
                answered.set_result(None)
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        self._fragments = 0 if event.fin else self._fragments + 1
        if self._fragments < MOST_FRAGMENTS:
            super().handle_cont(event)
        else:
            self.transport.abort()

    def _is_control_well(self) -> bool:
        second = int(self.loop.time())
        if second != self._second:
            self._second, self._controls = second, 0
        self._controls += 1
        if self._controls > CONTROLS_A_SEC:
            self.transport.abort()
        return not self.transport.is_closing()

    def handle_connect(self, event: Request) -> None:
        self._outward = Outward(self.transport.get_extra_info("socket"))
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[DIRECT] = (self.say_now, self.hear_first, self.read_out)
            extensions[KNOWN] = self._known

    def send_keepalive_ping(self) -> None:
        self._heard = False
        self._outward.moved()  # from now on
        super().send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        """The answer may wait behind a large message, theirs or ours, or behind what we have not
        read: all are signs of life. So long as somebody waits until all is read, that is no sign
        that nobody is there. Whoever is gone gets no time to take what he has not taken
        until now.
        """
        if self._heard or self.read_paused or self._outward.moved() or self._asked:
            self.send_keepalive_ping()  # so that something is heard of us too
            return
        super().keepalive_timeout()
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.place is not None:
            self.place.leave()
        for answered in self._asked.values():
            if not answered.done():
                answered.set_result(None)
        super().connection_lost(exc)

    def _known(self) -> None:
        if self.place is not None:
            self.place.known()

    def hear_first(self, take: Callable[[str], bool]) -> None:
        self._take = take

    def say_now(self, text: str) -> None:
        """Send without waiting for room; to a connection that is closing, nothing."""
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return
        self.transport.write(_framed(text))

    async def read_out(self) -> None:
        """Return when the other side has read all that it was sent, or is gone."""
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return
        words = secrets.token_bytes(8)
        self._asked[words] = answered = self.loop.create_future()
        try:
            self.conn.send_ping(words)
            self.transport.write(b"".join(self.conn.data_to_send()))
            await answered
        finally:
            del self._asked[words]

    def handle_text(self, event: Frame) -> None:
        if not event.fin or self.close_sent or self.queue.qsize() >= AHEAD:
            super().handle_text(event)
            return
        try:
            text = bytes(event.data).decode()
        except UnicodeDecodeError:
            super().handle_text(event)
            return
        # What waits must be taken first: results keep their order.
        if self._take is None or not self.queue.empty() or not self._take(text):
            self.queue.put_nowait({"type": "websocket.receive", "text": text})
