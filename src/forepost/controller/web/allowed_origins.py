"""Lets pages of other hosts ask this controller: CORS, for the origins that the settings name.

A page of any other origin is answered as before, and its browser keeps the answer from it. Cookies
are never allowed: what such a page shows is a token that it was given.
"""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from forepost.controller.asgi import Asgi, Receive, Send, headers_of
from forepost.kit.settings import WrongSettings

METHODS: Final = b"GET, POST, PUT, PATCH, DELETE, OPTIONS"
HEADERS: Final = b"Authorization, Content-Type, X-API-Key, X-Requested-With, Accept"
SHOWN: Final = b"Retry-After, Warning, Content-Disposition"
MAX_AGE_SEC: Final = b"600"
_PORTS: Final = {"http": 80, "https": 443}


class AllowedOrigins:
    def __init__(self, origins: Sequence[str]) -> None:
        """Raises WrongSettings."""
        self._allowed = frozenset(map(_origin, origins))

    def of(self, scope: Any) -> str:
        """The page that asks, if it is one of these; else ""."""
        origin = headers_of(scope).get("origin", "").lower()
        return origin if origin in self._allowed else ""

    def around(self, app: Asgi) -> Asgi:
        """The application, whose answers say who may read them."""
        if not self._allowed:
            return app

        async def serve(scope: Any, receive: Receive, send: Send) -> None:
            headers = headers_of(scope)
            origin = headers.get("origin", "")
            if scope["type"] != "http" or not origin:
                await app(scope, receive, send)
                return
            allowed = origin.lower() in self._allowed
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                await _preflight(send, origin, allowed=allowed)
                return

            async def told(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message["headers"], *_told(origin, allowed)]}
                await send(message)

            await app(scope, receive, told)

        return serve


def _told(origin: str, allowed: bool) -> list[tuple[bytes, bytes]]:
    vary = (b"vary", b"Origin")
    if not allowed:
        return [vary]
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", SHOWN),
        vary,
    ]


async def _preflight(send: Send, origin: str, *, allowed: bool) -> None:
    headers = _told(origin, allowed)
    if allowed:
        headers += [
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", HEADERS),
            (b"access-control-max-age", MAX_AGE_SEC),
        ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _origin(text: str) -> str:
    """As a browser writes it: scheme and host, and the port where it is not the scheme's."""
    try:
        page = urlsplit(text.strip())
        port = page.port
    except ValueError as error:
        raise WrongSettings(f"http.allowed_origins: {text!r}: {error}") from None
    if page.scheme not in _PORTS or not page.hostname or page.path.strip("/") or page.query:
        raise WrongSettings(
            f"http.allowed_origins: {text!r} is no origin; one is https://panel.example.com"
        )
    if "*" in text:
        raise WrongSettings(f"http.allowed_origins: {text!r}: each origin has to be named")
    host = f"[{page.hostname}]" if ":" in page.hostname else page.hostname
    plain = port is None or port == _PORTS[page.scheme]
    return f"{page.scheme}://{host}" if plain else f"{page.scheme}://{host}:{port}"
