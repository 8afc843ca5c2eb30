"""A few JSON requests over HTTP, in a thread, on the standard library.

For the handful of calls around a WebSocket (enrolment, whoami, the command line's set-up). It costs
the agent no memory beyond `ssl`; httpx measured 13 MiB. A redirect is an answer like any other:
what is sent, keys among it, goes to the host that was named and nowhere else.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import SplitResult, urlsplit

import anyio.to_thread
import msgspec

from forepost.kit.clock import Clock, SystemClock
from forepost.kit.happy_eyeballs import peer_of, put_last
from forepost.kit.proxies import Proxy
from forepost.kit.tunnel import reach

LIMIT = 4 << 20
MOST_FRAMING = 1 << 20
"""Bytes of status, headers, announcements (1xx) and chunk lengths."""
TIMEOUT_SEC = 15.0
"""For connecting, and for each send."""
MOST_SEC = 60.0
"""From the request to the end of its answer."""


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    at: datetime | None = None
    """When it was given, by the clock of whoever answered; None where that was not said."""

    def json(self) -> Any:
        """The body, decoded; None where it is no JSON, or nested beyond all measure."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError):
            return None


class Unreachable(ConnectionError):
    """No answer came; the text says why."""


async def request(
    method: str,
    url: str,
    *,
    body: Any = None,
    headers: Mapping[str, str] = {},
    tls: ssl.SSLContext | None = None,
    proxy: Proxy | None = None,
    within_sec: float = MOST_SEC,
) -> Answer:
    """Send one request and read its answer whole (4 MiB at most). Raises Unreachable.

    Without `proxy` none is asked, whatever the environment says.
    """
    asked = partial(_request, method, url, body, headers, tls, proxy, within_sec)
    return await anyio.to_thread.run_sync(asked, abandon_on_cancel=True)


def _request(
    method: str,
    url: str,
    body: Any,
    headers: Mapping[str, str],
    tls: ssl.SSLContext | None,
    proxy: Proxy | None,
    within_sec: float,
) -> Answer:
    clock = SystemClock()
    until = clock.monotonic() + within_sec
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise Unreachable(f"{url}: the scheme is neither http nor https")
    data = None if body is None else msgspec.json.encode(body)
    content = {} if data is None else {"Content-Type": "application/json"}
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection: http.client.HTTPConnection | None = None
    peer = ""
    try:
        timeout_sec = min(TIMEOUT_SEC, within_sec)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        opened = reach(parts.hostname or "", port, timeout_sec, proxy, clock)
        peer = peer_of(opened)
        opened.settimeout(timeout_sec)
        connection = _spoken_over(opened, parts, tls)
        connection.response_class = partial(_Response, until, clock)  # type: ignore[assignment]
        connection.request(method, path, data, {**content, **headers})
        answer = connection.getresponse()
        at = _date(answer.getheader("Date", ""))
        return Answer(answer.status, answer.read(LIMIT), at)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        if isinstance(error, TimeoutError):
            put_last(peer, clock)
        place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        raise Unreachable(f"{place}: {_words(error)}") from None
    finally:
        if connection is not None:
            connection.close()


def _spoken_over(
    opened: socket.socket, parts: SplitResult, tls: ssl.SSLContext | None
) -> http.client.HTTPConnection:
    """Raises OSError; the socket is closed then."""
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    try:
        if parts.scheme == "https":
            tls = tls or ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, parts.port, context=tls)
            opened = tls.wrap_socket(opened, server_hostname=host)
        else:
            connection = http.client.HTTPConnection(host, parts.port)
    except BaseException:
        opened.close()
        raise
    connection.sock = opened
    return connection


def _date(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return str(error) or "no answer in time"
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return repr(error)


class _Response(http.client.HTTPResponse):
    """Its bytes are counted, and each wait ends with the whole request's time."""

    def __init__(
        self, until: float, clock: Clock, sock: socket.socket, *rest: Any, **more: Any
    ) -> None:
        super().__init__(sock, *rest, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_Bounded(sock, until, clock))


class _Bounded(io.RawIOBase):
    def __init__(self, opened: socket.socket, until: float, clock: Clock) -> None:
        self._file = opened.makefile("rb", buffering=0)
        self._socket, self._until, self._clock = opened, until, clock
        self._left = LIMIT + MOST_FRAMING

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int | None:
        left_sec = self._until - self._clock.monotonic()
        if left_sec <= 0:
            raise TimeoutError("the answer has no end")
        if self._left <= 0:
            raise http.client.HTTPException(f"the answer is larger than {LIMIT >> 20} MiB")
        self._socket.settimeout(min(left_sec, TIMEOUT_SEC))
        count: int | None = self._file.readinto(into)
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
