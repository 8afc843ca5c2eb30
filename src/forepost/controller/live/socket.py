"""`/ws/panel`: live results for a person's browser. Raw ASGI."""

from typing import Any, Final

import anyio
import msgspec

from forepost.controller.access import Access
from forepost.controller.asgi import Asgi, Receive, Send, headers_of
from forepost.controller.live.hub import Hub, Watcher
from forepost.kit.errors import NotFound, Unauthenticated
from forepost.wire.base import complaint
from forepost.wire.panel import (
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

_said: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


def endpoint(hub: Hub, access: Access) -> Asgi:
    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        token, by_protocol = _token(headers_of(scope), scope.get("subprotocols", []))
        try:
            user_id = await access.user_of(token)
        except Unauthenticated:
            await send({"type": "websocket.close", "code": 4401})  # before accept: HTTP 403
            return
        await send({"type": "websocket.accept", "subprotocol": BEARER if by_protocol else None})
        watcher = Watcher()
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_write, watcher, send)
                await _read(hub, access, watcher, user_id, receive)
                tasks.cancel_scope.cancel()
        except* OSError:
            pass  # the panel is gone: that is how these conversations end
        finally:
            hub.gone(watcher)

    return serve


def _token(headers: dict[str, str], protocols: list[str]) -> tuple[str, bool]:
    """The JWT of the Authorization header, or of `Sec-WebSocket-Protocol: bearer, <jwt>`."""
    if len(protocols) == 2 and protocols[0] == BEARER:
        return protocols[1], True
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return (token.strip() if scheme.lower() == BEARER else ""), False


async def _write(watcher: Watcher, send: Send) -> None:
    while True:
        frame = await watcher.next()
        await send({"type": "websocket.send", "text": frame.decode()})


async def _read(hub: Hub, access: Access, watcher: Watcher, user_id: int, receive: Receive) -> None:
    while (message := await receive())["type"] != "websocket.disconnect":
        text = message.get("text") or message.get("bytes") or ""
        answer = await _answer(hub, access, watcher, user_id, text)
        watcher.offer(msgspec.json.encode(answer))


async def _answer(
    hub: Hub, access: Access, watcher: Watcher, user_id: int, text: str | bytes
) -> Subscribed | Unsubscribed | Pong | Error:
    try:
        said = _said.decode(text)
    except msgspec.ValidationError as error:
        return Error(error=complaint(error))
    except msgspec.DecodeError as error:
        return Error(error=f"body: not JSON: {error}")
    match said:
        case Subscribe():
            if len(watcher.watched) >= SUBSCRIPTIONS:
                return Error(error=f"no more than {SUBSCRIPTIONS} subscriptions")
            try:
                await access.role_in(said.workspace_id, user_id)
            except NotFound as refusal:
                return Error(error=str(refusal))
            hub.watch(watcher, said.workspace_id, said.probe_id)
            return Subscribed(workspace_id=said.workspace_id, probe_id=said.probe_id)
        case Unsubscribe():
            hub.unwatch(watcher, said.workspace_id, said.probe_id)
            return Unsubscribed(workspace_id=said.workspace_id, probe_id=said.probe_id)
        case Ping():
            return Pong()
