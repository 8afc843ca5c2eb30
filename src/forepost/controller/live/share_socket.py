"""`/ws/share/raw`: live results of what a share link shows, for whoever has the link. Raw ASGI."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import anyio
import msgspec

from forepost.controller.asgi import Asgi, Receive, Send, headers_of
from forepost.controller.live.frames import Flat, read
from forepost.controller.live.hub import Hub, Watcher
from forepost.kit.clock import Clock
from forepost.kit.errors import Refusal, Unauthenticated
from forepost.wire.rest.panel import Error, Ping, Pong, Subscribe, Subscribed
from forepost.wire.rest.share_links import PasswordNeeded

LOOK_SEC: Final = 15.0
"""Between two looks whether the link is still one."""
OVER: Final = "the share link has ended"


class LiveShare(msgspec.Struct, frozen=True):
    """What a link shows as it happens."""

    workspace_id: int
    probe_ids: Sequence[int]
    expires_at: datetime


EnterShare = Callable[[str, str, Any], Awaitable[LiveShare]]
"""(token, password, scope) -> what is shown. Raises NotFound, Gone, Unauthenticated, TooMany,
and Forbidden for a link that shows nothing live."""


def endpoint(hub: Hub, enter: EnterShare, clock: Clock) -> Asgi:
    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        token = asked.get("token", "")
        password = headers_of(scope).get("x-share-password", "") or asked.get("password", "")
        try:
            share = await enter(token, password, scope)
        except Refusal as refusal:
            await _refuse(send, refusal)
            return
        await send({"type": "websocket.accept", "subprotocol": None})
        watcher = Watcher("event", stranger=True)
        for probe_id in share.probe_ids:
            hub.watch(watcher, share.workspace_id, probe_id)

        async def until_over() -> None:
            """A link that expires, or is deleted, shows nothing more."""
            while clock.now() < share.expires_at:
                left_sec = (share.expires_at - clock.now()).total_seconds()
                await clock.sleep(max(0.1, min(LOOK_SEC, left_sec)))
                try:
                    await enter(token, password, scope)
                except Refusal:
                    break
            hub.gone(watcher)
            await send({"type": "websocket.send", "text": _written(Error(error=OVER))})
            await send({"type": "websocket.close", "code": 4401, "reason": OVER})
            tasks.cancel_scope.cancel()

        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_write, watcher, send)
                tasks.start_soon(until_over)
                await _listen(share, watcher, receive)
                tasks.cancel_scope.cancel()
        except* OSError:
            pass  # whoever looked is gone: that is how these conversations end
        finally:
            hub.gone(watcher)

    return serve


async def _listen(share: LiveShare, watcher: Watcher, receive: Receive) -> None:
    """There is nothing to be asked for: all that is shown comes by itself."""
    while (message := await receive())["type"] != "websocket.disconnect":
        _, said, wrong = read(message.get("text") or message.get("bytes") or "")
        match said:
            case Ping():
                watcher.offer(Flat.of(Pong()))
            case Subscribe():
                told = Subscribed(workspace_id=share.workspace_id, probe_id=said.probe_id)
                watcher.offer(Flat.of(told))
            case None:
                watcher.offer(Flat.of(Error(error=wrong)))
            case _:
                pass


async def _write(watcher: Watcher, send: Send) -> None:
    while True:
        frame = await watcher.next()
        await send({"type": "websocket.send", "text": frame.decode()})


def _written(error: Error) -> str:
    return Flat.of(error).event.decode()


async def _refuse(send: Send, refusal: Refusal) -> None:
    """Before the upgrade, as an answer of HTTP."""
    needed = PasswordNeeded(
        error=str(refusal), requires_password=isinstance(refusal, Unauthenticated)
    )
    headers = [(b"content-type", b"application/json")]
    start = "websocket.http.response.start"
    await send({"type": start, "status": refusal.status, "headers": headers})
    body = msgspec.json.encode(needed)
    await send({"type": "websocket.http.response.body", "body": body})
