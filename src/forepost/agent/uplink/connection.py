"""A WebSocket to the host that was named, and how a conversation over it ends."""

from types import TracebackType
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

SLICE: Final = 4_096
"""Bytes that are parsed at once: a frame can have as few as 2, and costs what a large one does."""
CONTROLS_A_SEC: Final = 64
"""Pings and pongs that are borne; honest ones come once in some seconds."""

_NOT_THEIR_RIGHT: Final = frozenset({1002, 1007, 1009})
"""Close codes with which we leave: no WebSocket, no UTF-8, too large."""


class Broken(Exception):
    """The conversation ended; the text says why."""


class Wrong(Broken):
    """It ended because of what was said, so that the next one is put off for longer each time."""


class BoundedConnection(ClientConnection):
    """websockets takes a whole read at once, 130,000 empty pings, and keeps its answers to them for
    whoever does not read them.
    """

    _second = _controls = 0

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + SLICE])

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame) and event.opcode in (Opcode.PING, Opcode.PONG):
            second = int(self.loop.time())
            if second != self._second:
                self._second, self._controls = second, 0
            self._controls += 1
            if self._controls > CONTROLS_A_SEC:
                self.transport.abort()
        super().process_event(event)


class Connection(connect):
    """Our key goes to nobody else, whatever the host says."""

    def __init__(self, url: str, **more: Any) -> None:
        super().__init__(url, create_connection=BoundedConnection, **more)

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Whoever reads nothing more would keep what is left to be sent, and our socket with it."""
        transport = self.connection.transport
        try:
            await super().__aexit__(kind, error, trace)
        finally:
            transport.abort()


def is_their_fault(error: BaseException) -> bool:
    if isinstance(error, ConnectionClosed):
        return error.sent is not None and error.sent.code in _NOT_THEIR_RIGHT
    return isinstance(error, Wrong)
