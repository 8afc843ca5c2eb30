"""One request of HTTP/2 (RFC 9113) over a stream. h2 does the frames: it is imported here alone, at
the first request that needs it.
"""

from typing import Final

import anyio.lowlevel
import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from forepost.agent.edges.dial.http import (
    EVENTS_A_TURN,
    MOST_ANNOUNCED,
    MOST_PIECES,
    HttpRequest,
    ResponseHead,
    WantsHttp1,
)
from forepost.agent.ports.dialer import Failed, Stream
from forepost.kit.clock import Clock

_OF_ONE_CONNECTION: Final = frozenset(
    {"connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
)
"""Headers that HTTP/2 has no place for (8.2.2)."""
Headers = list[tuple[str, str]]


class Http2Exchange:
    """An HttpExchange in HTTP/2. Of the body it keeps `most_bytes`."""

    def __init__(self, stream: Stream, clock: Clock, *, scheme: str, most_bytes: int) -> None:
        self._stream, self._clock, self._most_bytes = stream, clock, most_bytes
        self._scheme = scheme
        self._http = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding=None)
        )
        self._id = 0
        self._pieces = 0
        self._head: ResponseHead | None = None
        self._is_over = False
        self.body = bytearray()
        self.truncated = False
        self.trailers: Headers = []
        """What comes behind the body; names in lower case."""

    async def ask(self, request: HttpRequest) -> ResponseHead:
        body = await self._say(request)
        announced = 0
        while self._head is None:
            body = await self._say_more(body)
            announced += await self._hear()
            if announced > MOST_ANNOUNCED:
                reason = f"more than {MOST_ANNOUNCED} responses only announce another (1xx)"
                raise Failed("wrong", reason)
        return self._head

    async def read(self) -> None:
        while not (self._is_over or self.truncated):
            await self._hear()

    async def _say(self, request: HttpRequest) -> bytes:
        """Return what of the body is still to be said."""
        http = self._http
        try:
            http.initiate_connection()
            http.update_settings({h2.settings.SettingCodes.ENABLE_PUSH: 0})
            self._id = http.get_next_available_stream_id()
            headers = self._written(request)
            http.send_headers(self._id, headers, end_stream=not request.body)
        except (h2.exceptions.H2Error, UnicodeError, ValueError) as error:
            raise Failed("denied", f"it cannot be sent: {error}") from None
        return await self._say_more(request.body)

    def _written(self, request: HttpRequest) -> list[tuple[bytes, bytes]]:
        given = [(name.lower(), value) for name, value in request.all_headers()]
        authority = next((value for name, value in given if name == "host"), "")
        found = [
            (":method", request.method),
            (":scheme", self._scheme),
            (":authority", authority),
            (":path", request.path),
            *((name, value) for name, value in given if name not in _OF_ONE_CONNECTION),
        ]
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in found]

    async def _say_more(self, body: bytes) -> bytes:
        """As much of it as the server has room for; return the rest."""
        http = self._http
        while body and not self._is_over:
            room = min(http.local_flow_control_window(self._id), http.max_outbound_frame_size)
            if room <= 0:
                break
            piece, body = body[:room], body[room:]
            http.send_data(self._id, piece, end_stream=not body)
        await self._flush()
        return body

    async def _hear(self) -> int:
        """Take what comes next; return how many responses only announced another one."""
        data = await self._stream.receive()
        now = self._clock.monotonic()
        if not data:
            where = "within it" if self._head else "without a response"
            raise Failed("closed", f"the connection was closed {where}")
        try:
            events = self._http.receive_data(data)
        except h2.exceptions.H2Error as error:
            await self._flush()
            raise Failed("wrong", f"HTTP/2: {str(error) or type(error).__name__}") from None
        announced = 0
        for event in events:
            self._pieces += 1
            if self._pieces % EVENTS_A_TURN == 0:
                await anyio.lowlevel.checkpoint()
            if self._pieces > MOST_PIECES:
                raise Failed("wrong", f"it comes in more than {MOST_PIECES:,} pieces")
            announced += isinstance(event, h2.events.InformationalResponseReceived)
            self._take(event, now)
        await self._flush()
        return announced

    def _take(self, event: h2.events.Event, now: float) -> None:
        """Raises Failed."""
        if isinstance(event, h2.events.ConnectionTerminated):
            if event.error_code or not self._is_answered(event):
                raise Failed("closed", f"the server ends the connection: {_code(event.error_code)}")
            return
        if getattr(event, "stream_id", None) != self._id:
            return
        if isinstance(event, h2.events.ResponseReceived):
            self._head = _head_of(_texts(event.headers), now)
        elif isinstance(event, h2.events.DataReceived):
            self.body += event.data
            self.truncated = len(self.body) > self._most_bytes
            del self.body[self._most_bytes :]
            self._http.acknowledge_received_data(event.flow_controlled_length, self._id)
        elif isinstance(event, h2.events.TrailersReceived):
            self.trailers = _texts(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            self._is_over = True
        elif isinstance(event, h2.events.StreamReset) and not self._is_over:
            wants = event.error_code == h2.errors.ErrorCodes.HTTP_1_1_REQUIRED
            kind = WantsHttp1 if wants else Failed
            raise kind("reset", f"the server gives the request up: {_code(event.error_code)}")

    def _is_answered(self, event: h2.events.ConnectionTerminated) -> bool:
        """Whether a server that says goodbye still answers what it was asked."""
        return event.last_stream_id is None or event.last_stream_id >= self._id

    async def _flush(self) -> None:
        if data := self._http.data_to_send():
            await self._stream.send(data)


def _texts(headers: object) -> Headers:
    assert isinstance(headers, list)
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _head_of(headers: Headers, first_byte: float) -> ResponseHead:
    """Raises Failed."""
    said = next((value for name, value in headers if name == ":status"), "")
    if not (said.isascii() and said.isdigit() and len(said) == 3):
        raise Failed("wrong", f"HTTP/2: {said[:20]!r} is no status")
    return ResponseHead(
        status=int(said),
        reason="",
        version="2.0",
        headers=[(name, value) for name, value in headers if not name.startswith(":")],
        first_byte=first_byte,
    )


def _code(code: object) -> str:
    return getattr(code, "name", None) or str(code)
