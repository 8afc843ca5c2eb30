"""A few JSON requests over HTTP, in a thread, on the standard library.

For the handful of calls around a WebSocket (enrolment, whoami, the command line's set-up). It costs
the agent no memory beyond `ssl`; httpx measured 13 MiB.
"""

import http.client
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread
import msgspec

LIMIT = 4 << 20
TIMEOUT_SEC = 15.0


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes

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
) -> Answer:
    """Send one request and read its answer whole (4 MiB at most). Raises Unreachable."""
    return await anyio.to_thread.run_sync(_request, method, url, body, headers, tls)


def _request(
    method: str, url: str, body: Any, headers: Mapping[str, str], tls: ssl.SSLContext | None
) -> Answer:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=TIMEOUT_SEC, context=tls or ssl.create_default_context()
        )
    elif parts.scheme == "http":
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SEC)
    else:
        raise Unreachable(f"{url}: the scheme is neither http nor https")
    data = None if body is None else msgspec.json.encode(body)
    content = {} if data is None else {"Content-Type": "application/json"}
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, data, {**content, **headers})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(LIMIT))
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{parts.scheme}://{parts.netloc}: {error!r}") from None
    finally:
        connection.close()
