"""A WebSocket to the host that was named, and how a conversation over it ends."""

import asyncio
import socket
from types import TracebackType
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from forepost.kit.clock import Clock
from forepost.kit.dead_peers import GIVEN_UP_SEC, give_up_dead
from forepost.kit.outward import Outward

SLICE: Final = 4_096
"""Bytes that are parsed at once: a frame can have as few as 2, and costs what a large one does."""
CONTROLS_A_SEC: Final = 64
"""Pings and pongs that are borne; honest ones come once in some seconds."""


SILENT_SEC: Final = 50.0
"""Whoever lets us hear nothing for so long has gone: it is said within a minute. Something is asked
more often."""
LOOKS: Final = 12
"""So often the line is looked at in that time. Looks are counted, not time: a process that was
stopped for an hour has not listened for an hour."""
_NOT_THEIR_RIGHT: Final = frozenset({1002, 1007, 1009})
"""Close codes with which we leave: no WebSocket, no UTF-8, too large."""


class Broken(Exception):
    """The conversation ended; the text says why."""


class Silent(Broken):
    """Nothing was heard any more."""


class ProtocolFault(Broken):
    """It ended because of what was said, so that the next one is put off for longer each time."""


class UplinkSocket(ClientConnection):
    """Counts what is heard, byte by byte: a large message over a slow line is no silence.

    websockets takes a whole read at once, 130,000 empty pings, and keeps its answers to them for
    whoever does not read them. Here it is taken in slices, and pings without end are cut off.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._heard = self._second = self._controls = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        wire: socket.socket = transport.get_extra_info("socket")
        # For the moments in which nobody listens; `silence` is sooner, and has words for it.
        give_up_dead(wire, GIVEN_UP_SEC * 1.25)

    def data_received(self, data: bytes) -> None:
        self._heard += len(data)
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

    async def silence(self, clock: Clock, silent_sec: float) -> None:
        """Return when nothing was heard for so long although we listened, and nothing that waits
        to be sent went on; the line is cut then, with all that waits.
        """
        looks, before = 0, self._heard
        outward = Outward(self.transport.get_extra_info("socket"))
        while looks < LOOKS:
            await clock.sleep(silent_sec / LOOKS)
            if outward.moved() or self._heard != before or not self._listens():
                looks, before = 0, self._heard
            else:
                looks += 1
        self.transport.abort()

    def _listens(self) -> bool:
        """False while what was heard is not taken up: then the silence is ours."""
        return self.transport.is_closing() or self.transport.is_reading()


class Connection(connect):
    """Our key goes to nobody else, whatever the host says.

    The library's keep-alive is not used: its ping waits behind what cannot be sent.
    """

    def __init__(self, url: str, **more: Any) -> None:
        super().__init__(url, create_connection=UplinkSocket, ping_interval=None, **more)

    async def __aenter__(self) -> UplinkSocket:
        line = await super().__aenter__()
        assert isinstance(line, UplinkSocket)
        return line

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
    return isinstance(error, ProtocolFault)
