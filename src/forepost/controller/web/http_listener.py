"""uvicorn's HTTP protocol, with an end for requests that never become whole.

uvicorn waits without end for the first byte, for the rest of the headers and for the rest of a
body, and keeps as many headers as come.
"""

import asyncio
import logging
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from forepost.controller.web.listener import Listener
from forepost.controller.web.places import ConnectionPlace, Places

REQUEST_SEC: Final = 15.0
"""How long a request may take to arrive, from its first byte (or from the connection) on ..."""
BYTES_A_SEC: Final = 4_096
"""... and a second more for so many bytes of it: a slow line is no attack."""
MOST_HEADERS: Final = 64 << 10
MOST_BYTES: Final = 64 << 20
"""Of one request with its body. What a route takes is far less; this is for what nobody reads."""

_log = logging.getLogger(__name__)


class HttpListener(HttpToolsProtocol):
    def __init__(self, places: Places, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._places = places
        self._place: ConnectionPlace | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._begun = 0.0
        self._received = self._header_bytes = 0
        self._in_headers = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._place = self._places.take(self.client[0] if self.client else "")
        if self._place is None:
            transport.abort()
            return
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        if self._place is not None:
            self._place.leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._begin()  # empty lines before a request are time of that request
        self._received += len(data)
        if self._received > MOST_BYTES or (
            self._in_headers and self._received > MOST_HEADERS + len(data)
        ):
            self._give_up("too many bytes")
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of a trailer too, which comes after a body."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MOST_HEADERS:
            self._give_up("too many headers")
            return
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_headers = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """The place goes with the connection."""
        self._stop()
        super().handle_websocket_upgrade()
        taken_over = self.transport.get_protocol()
        assert isinstance(taken_over, Listener)
        taken_over.place = self._place

    def _begin(self) -> None:
        """The time of one request begins."""
        self._stop()
        self._begun, self._in_headers = self.loop.time(), True
        self._received = self._header_bytes = 0
        self._timer = self.loop.call_later(REQUEST_SEC, self._look)

    def _look(self) -> None:
        """Give a request up that has had its time, or look again when it will have had it."""
        allowed_sec = REQUEST_SEC + self._received / BYTES_A_SEC
        left_sec = self._begun + allowed_sec - self.loop.time()
        if self.flow.read_paused:  # it is we who do not read
            self._timer = self.loop.call_later(REQUEST_SEC, self._look)
        elif left_sec <= 0:
            self._give_up(f"not whole after {allowed_sec:.0f} s")
        else:
            self._timer = self.loop.call_later(left_sec, self._look)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self, reason: str) -> None:
        _log.debug("a request of %s is given up: %s", self.client, reason)
        self._stop()
        self.transport.abort()
