"""Answers below `/netwatcher` as NetWatcher's public code does: one layer before the routes.

What is asked for is handed on as our routes know it, and what they answer is said in the other
words, both by the table. What has no row passes as it is.
"""

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from forepost.controller.asgi import Asgi, Receive, Send
from forepost.controller.web.netwatcher.row import VoiceRow
from forepost.controller.web.netwatcher.table import row_of
from forepost.controller.web.parameters import LENIENT

PREFIX: Final = "/netwatcher"
LARGEST_BODY: Final = 1 << 20
"""Of a request whose body is put in other words; the routes know the limit of all others."""


def spoken(app: Asgi) -> Asgi:
    """The application, which answers in either voice."""

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if not (path == PREFIX or path.startswith(PREFIX + "/")):
            await app(scope, receive, send)
            return
        inner = _inside(scope, path.removeprefix(PREFIX) or "/")
        row = row_of(scope["method"], inner["path"]) if scope["type"] == "http" else None
        if row is None:
            await app(inner, receive, send)
            return
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        _point(inner, row, asked)
        if row.body is not None:
            inner, receive = await _with_body(inner, receive, row)
        answer = _Answer(row, inner["path"], asked, send) if row.answer is not None else None
        await app(inner, receive, send if answer is None else answer.send)

    return serve


def _inside(scope: Any, path: str) -> Any:
    return {**scope, "path": path, "raw_path": path.encode("utf-8"), LENIENT: True}


def _point(scope: Any, row: VoiceRow, asked: dict[str, str]) -> None:
    """At the route, with the query that it knows."""
    if row.method:
        scope["method"] = row.method
    if row.to:
        scope["path"] = row.path_for(scope["path"])
        scope["raw_path"] = scope["path"].encode("utf-8")
    if row.query is not None:
        scope["query_string"] = urlencode(row.query(asked)).encode("latin-1")


async def _with_body(scope: Any, receive: Receive, row: VoiceRow) -> tuple[Any, Receive]:
    """What is no JSON object, or too long, goes on as it came: the route says so."""
    assert row.body is not None
    parts, size, more = list[bytes](), 0, True
    while more and size <= LARGEST_BODY:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    body = b"".join(parts)
    if not more:
        try:
            said = msgspec.json.decode(body)
        except msgspec.DecodeError:
            said = None
        if isinstance(said, dict):
            body = msgspec.json.encode(row.body(said))
    kept = [one for one in scope["headers"] if more or one[0].lower() != b"content-length"]
    if not more:
        kept.append((b"content-length", b"%d" % len(body)))
    first = {"type": "http.request", "body": body, "more_body": more}

    async def again() -> Any:
        nonlocal first
        message, first = first, {}
        return message or await receive()

    return {**scope, "headers": kept}, again


class _Answer:
    """Holds an answer of JSON until it is whole, and says it in the other words."""

    def __init__(self, row: VoiceRow, path: str, asked: dict[str, str], send: Send) -> None:
        self._row, self._path, self._asked, self._send = row, path, asked, send
        self._start: Any = None
        self._parts: list[bytes] = []

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        self._parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = self._said(b"".join(self._parts))
        headers = [one for one in self._start["headers"] if one[0].lower() != b"content-length"]
        headers.append((b"content-length", b"%d" % len(body)))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _said(self, body: bytes) -> bytes:
        assert self._row.answer is not None
        if self._start["status"] >= 300:  # a refusal is one in both voices
            return body
        try:
            said = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return body
        return msgspec.json.encode(self._row.answer(said, self._asked))
