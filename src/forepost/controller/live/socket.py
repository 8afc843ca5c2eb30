"""`/ws/panel` and `/ws/panel/raw`: live news for a person's browser. Raw ASGI."""

from collections import Counter
from typing import Any, Final
from urllib.parse import parse_qsl

import anyio
import msgspec

from forepost.controller.access.credentials import SignedIn
from forepost.controller.access.guard import Access
from forepost.controller.access.page_session import PageSession
from forepost.controller.asgi import KNOWN, Asgi, Receive, Send, headers_of
from forepost.controller.live.frames import Flat, Style, read
from forepost.controller.live.hub import Hub, Watcher
from forepost.kit.errors import Forbidden, NotFound, Refusal, TooMany, Unauthenticated
from forepost.wire.rest.bodies import Problem
from forepost.wire.rest.panel import (
    Error,
    Ping,
    Pong,
    Said,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)

BEARER: Final = "bearer"
SUBSCRIPTIONS: Final = 1_000
"""Of one panel at most."""
PANELS: Final = 100
"""Open at once of one account at most, for each of the two paths."""
PANELS_AGAIN_SEC: Final = 60
GOODBYE_SEC: Final = 5.0
"""How long a panel that does not read has for its last frame."""
ENDED: Final = "the session has ended"

Answer = Subscribed | Unsubscribed | Pong | Error


def endpoint(hub: Hub, access: Access, style: Style) -> Asgi:
    """`style`: how a panel is written to until a frame of its own tells which way it reads."""
    changes, places = Changes(access), PanelPlaces()

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        try:
            token, by_protocol = _token(scope, access.pages)
            session = await access.session(token)
            places.take(session.user_id)
        except (Unauthenticated, Forbidden, TooMany) as refusal:
            await _refuse(send, refusal)
            return
        scope["extensions"][KNOWN]()
        await send({"type": "websocket.accept", "subprotocol": BEARER if by_protocol else None})
        watcher = Watcher(style)
        panel = _Panel(hub, access, changes, watcher, session)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_write, watcher, send)
                tasks.start_soon(panel.shut_out_of_what_is_over)
                tasks.start_soon(panel.end, send, tasks.cancel_scope)
                await panel.read(receive)
                tasks.cancel_scope.cancel()
        except* OSError:
            pass  # the panel is gone: that is how these conversations end
        finally:
            hub.gone(watcher)
            places.leave(session.user_id)

    return serve


class Changes:
    """Says that memberships may have changed."""

    def __init__(self, access: Access) -> None:
        self.next = anyio.Event()
        """Set at the next change."""
        access.follow(self._changed)

    def _changed(self) -> None:
        self.next.set()
        self.next = anyio.Event()


class PanelPlaces:
    """How many panels each account has open."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()

    def take(self, user_id: int) -> None:
        """Raises TooMany."""
        if self._open[user_id] >= PANELS:
            raise TooMany(PANELS_AGAIN_SEC)
        self._open[user_id] += 1

    def leave(self, user_id: int) -> None:
        self._open[user_id] -= 1
        if not self._open[user_id]:
            del self._open[user_id]


class _Panel:
    def __init__(
        self, hub: Hub, access: Access, changes: Changes, watcher: Watcher, session: SignedIn
    ) -> None:
        self._hub, self._access, self._changes = hub, access, changes
        self._watcher, self._session = watcher, session

    async def read(self, receive: Receive) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            text = message.get("text") or message.get("bytes") or ""
            style, said, wrong = read(text)
            if style is not None:
                self._watcher.style = style
            answer = Error(error=wrong) if said is None else await self._answer(said)
            self._watcher.offer(Flat.of(answer))

    async def shut_out_of_what_is_over(self) -> None:
        """Whoever is removed from a workspace hears no more of it."""
        while True:
            changed = self._changes.next
            for workspace_id in self._watcher.workspaces:
                if not await self._is_member(workspace_id):
                    self._hub.shut_out(self._watcher, workspace_id)
                    over = Error(error="workspace not found", workspace_id=workspace_id)
                    self._watcher.offer(Flat.of(over))
            await changed.wait()

    async def end(self, send: Send, scope: anyio.CancelScope) -> None:
        """Close a panel whose session ends while it is open."""
        await self._access.until_over(self._session)
        self._hub.gone(self._watcher)
        frame = Flat.of(Error(error=ENDED))
        written = frame.flat if self._watcher.style == "flat" else frame.event
        with anyio.move_on_after(GOODBYE_SEC):
            await send({"type": "websocket.send", "text": written.decode()})
            await send({"type": "websocket.close", "code": 4401, "reason": ENDED})
        scope.cancel()

    async def _answer(self, said: Said) -> Answer:
        match said:
            case Subscribe():
                return await self._subscribe(said.workspace_id, said.probe_id)
            case Unsubscribe():
                self._hub.unwatch(self._watcher, said.workspace_id, said.probe_id)
                return Unsubscribed(workspace_id=said.workspace_id, probe_id=said.probe_id)
            case Ping():
                return Pong()

    async def _subscribe(self, workspace_id: int, probe_id: int) -> Answer:
        if len(self._watcher.watched) >= SUBSCRIPTIONS:
            return Error(error=f"no more than {SUBSCRIPTIONS} subscriptions")
        while True:
            changed = self._changes.next
            if not await self._is_member(workspace_id):
                return Error(error="workspace not found")
            if not changed.is_set():  # else the answer may be of before
                break
        self._hub.watch(self._watcher, workspace_id, probe_id)
        return Subscribed(workspace_id=workspace_id, probe_id=probe_id)

    async def _is_member(self, workspace_id: int) -> bool:
        try:
            await self._access.role_in(workspace_id, self._session.user_id)
        except NotFound:
            return False
        return True


def _token(scope: Any, pages: PageSession) -> tuple[str, bool]:
    """The JWT of the Authorization header, of `Sec-WebSocket-Protocol: bearer, <jwt>`, of
    `?token=`, or of the cookie of the panel's own page; True where it is that of the protocol.
    Raises Forbidden.
    """
    protocols: list[str] = scope.get("subprotocols", [])
    if len(protocols) == 2 and protocols[0] == BEARER:
        return protocols[1], True
    scheme, _, token = headers_of(scope).get("authorization", "").partition(" ")
    if scheme.lower() == BEARER:
        return token.strip(), False
    asked = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token", "")
    kept = "" if asked or scheme else pages.token(scope)
    if kept:
        pages.check_socket(scope)
    return asked or kept, False


async def _refuse(send: Send, refusal: Refusal) -> None:
    """Before the upgrade, as an answer of HTTP."""
    await send(
        {
            "type": "websocket.http.response.start",
            "status": refusal.status,
            "headers": [(b"content-type", b"application/json")],
        }
    )
    body = msgspec.json.encode(Problem(error=str(refusal)))
    await send({"type": "websocket.http.response.body", "body": body})


async def _write(watcher: Watcher, send: Send) -> None:
    while True:
        frame = await watcher.next()
        await send({"type": "websocket.send", "text": frame.decode()})
