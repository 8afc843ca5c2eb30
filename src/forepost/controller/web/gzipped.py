"""Answers packed with gzip for who takes it: the panel's files, and lists of many sites.

Only answers without a secret: the length of a packed one tells something of what is in it to who
may choose a part of it.
"""

import gzip
import re
from functools import partial
from typing import Any, Final

import anyio.to_thread

from forepost.controller.asgi import Asgi, Receive, Send, headers_of

LEAST: Final = 2_048
"""Bytes; less is sent as it is."""
LARGE: Final = 256 << 10
"""From here on packing is quick rather than close."""
QUICK, CLOSE = 1, 6
_PATHS: Final = re.compile(
    r"/assets/[\w.-]+\.(js|css|svg)"
    r"|/workspaces/\d+/(health|sites|connectivity-matrix|network-map)"
)
_GZIP: Final = re.compile(r"\s*(gzip|\*)\s*(;\s*q\s*=\s*(0(\.\d+)?|1(\.0+)?)\s*)?", re.IGNORECASE)
_REPLACED: Final = (b"content-length", b"etag", b"accept-ranges")
"""Of what is packed it is another length, and no longer the same bytes."""


def gzipped(app: Asgi) -> Asgi:
    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        fits = scope["type"] == "http" and scope["method"] == "GET"
        if fits and _PATHS.fullmatch(scope["path"]) and takes_gzip(headers_of(scope)):
            await app(scope, receive, _Packing(send).send)
        else:
            await app(scope, receive, send)

    return serve


def takes_gzip(headers: dict[str, str]) -> bool:
    """Whether `Accept-Encoding` says so; ranges are of what is not packed."""
    found = [_GZIP.fullmatch(one) for one in headers.get("accept-encoding", "").split(",")]
    wanted = [one for one in found if one and float(one[3] or 1) > 0]
    return bool(wanted) and "range" not in headers


class _Packing:
    """Holds an answer back until it is whole."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Any = None
        self._body: list[bytes] = []

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            self._start = message
        elif self._start is not None and message["type"] == "http.response.body":
            self._body.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._end()
        else:
            await self._send(message)

    async def _end(self) -> None:
        body, headers = b"".join(self._body), self._start["headers"]
        headers = [*headers, (b"vary", b"accept-encoding")]
        if len(body) >= LEAST:
            level = QUICK if len(body) >= LARGE else CLOSE
            small = partial(gzip.compress, body, level, mtime=0)
            body = await anyio.to_thread.run_sync(small)
            headers = [(name, value) for name, value in headers if name.lower() not in _REPLACED]
            headers += [
                (b"content-encoding", b"gzip"),
                (b"content-length", str(len(body)).encode()),
            ]
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
