"""One HTTP request and as much of its answer as is wanted. No redirect is followed here."""

from collections.abc import Callable, Mapping
from typing import Final

import anyio
import httptools
import msgspec
from anyio.abc import ByteStream

from forepost.controller.outgoing.calls import Calls, Unsent
from forepost.controller.outgoing.urls import UrlTarget

LONGEST_HEAD: Final = 64 << 10
"""Beyond what is wanted of the body, in bytes."""

Wanted = Callable[[int], int]
"""Status -> bytes of the body that are read."""


class HttpReply(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    """Its beginning, where it is longer than what was wanted."""


async def ask(
    calls: Calls,
    method: str,
    target: UrlTarget,
    headers: Mapping[str, str],
    wanted: Wanted,
    body: bytes = b"",
) -> HttpReply:
    """Raises Unsent and Unallowed."""

    async def say(stream: ByteStream) -> HttpReply:
        await stream.send(_request(method, target, headers, body))
        return await _answer(stream, wanted)

    try:
        return await calls.call(target.host, target.port, say, tls=target.tls)
    except httptools.HttpParserError:
        raise Unsent("its answer is not HTTP") from None


def _request(method: str, target: UrlTarget, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.authority}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    lines += ["Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


async def _answer(stream: ByteStream, wanted: Wanted) -> HttpReply:
    reading = _Reading(wanted)
    received = 0
    while not reading.enough:
        try:
            data = await stream.receive()
        except anyio.EndOfStream:
            if reading.status:  # a body without a length ends so
                break
            raise
        received += len(data)
        if received > LONGEST_HEAD + reading.longest:
            break
        reading.feed(data)
    if not reading.status:
        raise Unsent("its answer is too long")
    return HttpReply(reading.status, reading.headers, reading.body)


class _Reading:
    """What httptools tells of an answer; interim ones (1xx) are passed over."""

    def __init__(self, wanted: Wanted) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._wanted = wanted
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.longest = 0
        self.enough = False

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1").strip()

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        self.status = status if status >= 200 else 0
        self.longest = self._wanted(self.status) if self.status else 0
        self.enough = bool(self.status) and not self.longest

    def on_body(self, body: bytes) -> None:
        self.body = (self.body + body)[: self.longest]
        self.enough = self.enough or len(self.body) == self.longest

    def on_message_complete(self) -> None:
        self.enough = bool(self.status)
