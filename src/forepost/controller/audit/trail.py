"""The one place that writes the audit log: around the whole application."""

import logging
from typing import Any, Final

import msgspec

from forepost.controller.access.actor import Actor, actor_of, detail_of, workspace_of
from forepost.controller.access.guard import Caller
from forepost.controller.access.peer import Peers
from forepost.controller.asgi import Asgi, Receive, Send
from forepost.controller.audit.actions import VERBS, action_of, object_of
from forepost.controller.audit.store import AuditLog, Entry
from forepost.controller.db.failures import FAILURES, failure_of
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Problem

GOOD: Final = 400
"""Statuses below it."""
FAULT: Final = 500

_log = logging.getLogger(__name__)


class Trail:
    def __init__(self, log: AuditLog, peers: Peers, clock: Clock) -> None:
        self._audit, self._peers, self._clock = log, peers, clock

    def around(self, app: Asgi) -> Asgi:
        """The application, whose answer to a change is held back until its row is committed."""

        async def serve(scope: Any, receive: Receive, send: Send) -> None:
            held = send if scope["method"] not in VERBS else _Held(self, scope, send).send
            await app(scope, receive, held)

        return serve

    def entry(self, scope: Any, status: int, answer: bytes) -> Entry | None:
        """The row of a request; None: it needs none."""
        handler = scope.get("route_handler")
        if handler is None:
            return None
        action = action_of(scope["method"], handler.opt, handler.resolve_tags())
        actor = actor_of(scope) or _caller(scope, status)
        if action is None or actor is None:
            return None
        path = scope["path_params"]
        kind, object_id = object_of(action, scope["path_template"], path, answer)
        workspace_id = workspace_of(scope) or path.get("workspace_id")
        if workspace_id is None and kind == "workspace":
            workspace_id = object_id
        return Entry(
            at=self._clock.now(),
            workspace_id=workspace_id,
            actor=actor,
            action=action,
            object_kind=kind,
            object_id=object_id,
            address=self._peers.of(scope),
            status=status,
            detail=detail_of(scope),
        )

    async def keep(self, scope: Any, status: int, answer: bytes) -> None:
        entry = self.entry(scope, status, answer)
        if entry is not None:
            await self._audit.add(entry)


def _caller(scope: Any, status: int) -> Actor | None:
    caller: Caller | None = scope.get("caller")
    return caller.actor if caller is not None and status < GOOD else None


class _Held:
    """An answer that waits for its row."""

    def __init__(self, trail: Trail, scope: Any, send: Send) -> None:
        self._trail, self._scope, self._send = trail, scope, send
        self._waiting: list[Any] = []

    async def send(self, message: Any) -> None:
        self._waiting.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            for ready in await self._kept():
                await self._send(ready)

    async def _kept(self) -> list[Any]:
        """The answer; a fault where its row cannot be kept: what was done is not to be hidden."""
        status = self._waiting[0]["status"]
        answer = b"".join(message.get("body", b"") for message in self._waiting[1:])
        try:
            await self._trail.keep(self._scope, status, answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no row
            if failure := failure_of(error):
                return _answer(*FAILURES[failure])
            _log.exception("%s %s has no row in the audit log", *_asked(self._scope))
            return _answer(FAULT, "internal error")
        return self._waiting


def _asked(scope: Any) -> tuple[str, str]:
    return scope["method"], scope["path"]


def _answer(status: int, words: str) -> list[Any]:
    body = msgspec.json.encode(Problem(error=words))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]
