"""What the WebSockets that go past Litestar have in common."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qsl

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Asgi = Callable[[Any, Receive, Send], Awaitable[None]]

KNOWN: Final = "forepost.known"
"""ASGI extension of our listener for WebSockets: to be called once it is clear who is connected, so
that the connection is no longer a stranger's.
"""
IN_URL: Final = "x-websocket-header-"


def headers_of(scope: Any) -> dict[str, str]:
    """Names in lower case; of a header that is given twice, the last."""
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}


def headers_and_query_of(scope: Any) -> dict[str, str]:
    """Also those in the URL, where neffos' browser clients put them:
    `?X-Websocket-Header-X-Agent-PSK=`. The real header counts where both are there.
    """
    asked = parse_qsl(scope["query_string"].decode("latin-1"))
    in_url = {
        name.lower().removeprefix(IN_URL): value
        for name, value in asked
        if name.lower().startswith(IN_URL)
    }
    return in_url | headers_of(scope)
