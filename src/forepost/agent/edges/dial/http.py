"""One request of HTTP over a stream, and how it is in HTTP/1.1.

h11 does the reading: pure Python, 0.2 MiB resident.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import anyio.lowlevel
import h11
import msgspec

from forepost.agent.ports.dialer import Failed, Stream
from forepost.kit.clock import Clock

HEAD_BYTES: Final = 65_536
"""What status and headers may take, and each part of a body's framing."""
MOST_ANNOUNCED: Final = 16
"""Responses that only announce another one (1xx)."""
MOST_PIECES: Final = 65_536
"""Of a body: chunks, and what comes in one read."""
EVENTS_A_TURN: Final = 128
"""Then everybody else has a turn: a read may hold thousands of chunks."""
_NEVER_A_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "CONNECT", "DELETE"})


class WantsHttp1(Failed):
    """The server answers this request in HTTP/1.1 only, and said so in HTTP/2 (RFC 9113, 7)."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    method: str
    path: str
    """With the query."""
    headers: Sequence[tuple[str, str]]
    """Host among them."""
    body: bytes = b""

    def all_headers(self) -> list[tuple[str, str]]:
        """Return the headers, with how long the body is where one may be expected."""
        if self.body or self.method not in _NEVER_A_BODY:
            return [*self.headers, ("Content-Length", str(len(self.body)))]
        return list(self.headers)


class ResponseHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a response says before its body."""

    status: int
    reason: str
    version: str
    """"1.1", "2.0"."""
    headers: list[tuple[str, str]]
    """Names in lower case."""
    first_byte: float
    """When it came: seconds of the monotonic clock."""

    def header(self, name: str) -> str:
        """Return the first of this name (in lower case), or ""."""
        return next((value for key, value in self.headers if key == name), "")

    def values(self, name: str) -> list[str]:
        """Return all of this name (in lower case)."""
        return [value for key, value in self.headers if key == name]


class HttpExchange(Protocol):
    """One request and its response, in two steps: what came of the body stays in `body`, whatever
    becomes of the rest.
    """

    body: bytearray
    truncated: bool
    """There was more of the body than was wanted."""

    async def ask(self, request: HttpRequest) -> ResponseHead:
        """Send the request and read the head of its response. Raises Failed."""
        ...

    async def read(self) -> None:
        """Read the body, to its end or as much as is wanted. Raises Failed."""
        ...


class Http1Exchange:
    """An HttpExchange in HTTP/1.1. Of the body it keeps `most_bytes`."""

    def __init__(self, stream: Stream, clock: Clock, *, most_bytes: int) -> None:
        self._stream, self._clock, self._most_bytes = stream, clock, most_bytes
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._first_byte: float | None = None
        self.body = bytearray()
        self.truncated = False

    async def ask(self, request: HttpRequest) -> ResponseHead:
        await self._stream.send(self._written(request))
        try:
            head = await self._head()
        except h11.RemoteProtocolError as error:
            raise Failed("wrong", str(error)) from None
        assert self._first_byte is not None
        return ResponseHead(
            status=head.status_code,
            reason=head.reason.decode("latin-1"),
            version=head.http_version.decode("latin-1"),
            headers=[
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers
            ],
            first_byte=self._first_byte,
        )

    async def read(self) -> None:
        try:
            await self._read()
        except h11.RemoteProtocolError as error:
            raise Failed("wrong", str(error)) from None

    def _written(self, request: HttpRequest) -> bytes:
        try:
            events: list[h11.Event] = [
                h11.Request(
                    method=request.method, target=request.path, headers=request.all_headers()
                )
            ]
            if request.body:
                events.append(h11.Data(data=request.body))
            events.append(h11.EndOfMessage())
            return b"".join(self._http.send(event) or b"" for event in events)
        except (h11.LocalProtocolError, UnicodeEncodeError) as error:
            raise Failed("denied", f"it cannot be sent: {error}") from None

    async def _read(self) -> None:
        pieces = 0
        while not self.truncated:
            event = await self._event()
            pieces += 1
            if pieces % EVENTS_A_TURN == 0:
                await anyio.lowlevel.checkpoint()
            if pieces > MOST_PIECES:
                raise Failed("wrong", f"it comes in more than {MOST_PIECES:,} pieces")
            if isinstance(event, h11.Data):
                self.body += event.data
                self.truncated = len(self.body) > self._most_bytes
                del self.body[self._most_bytes :]
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise Failed("closed", "the connection was closed within it")

    async def _head(self) -> h11.Response:
        """Read on over the responses that only announce another one (1xx)."""
        for _ in range(MOST_ANNOUNCED + 1):
            event = await self._event()
            if isinstance(event, h11.Response):
                return event
        raise Failed("wrong", f"more than {MOST_ANNOUNCED} responses only announce another (1xx)")

    async def _event(self) -> h11.Event:
        while not isinstance(event := self._http.next_event(), h11.Event):
            if event is h11.PAUSED:
                raise Failed("wrong", "it changes the protocol, which nobody asked for")
            data = await self._stream.receive()
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise Failed("closed", "the connection was closed without a response")
            if self._first_byte is None:
                self._first_byte = self._clock.monotonic()
            self._http.receive_data(data)
        return event
