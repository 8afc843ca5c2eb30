"""The session of a browser in a cookie, and what keeps other pages from using it.

A browser sends the cookie with every request to this controller, whichever page asks. So the cookie
counts only where the request is plainly of the panel's own page: what changes something needs a
header that no foreign page can set, and an origin that is this controller's; a WebSocket needs that
origin.
"""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import urlsplit

from litestar.datastructures import Cookie

from forepost.controller.access.peer import Peers
from forepost.controller.asgi import headers_of
from forepost.kit.errors import Forbidden, Unauthenticated

NAME: Final = "forepost_session"
"""With the beginning of the store's id behind it: a browser gives a cookie to every port of a host,
and several controllers may be on one.
"""
PANEL: Final = "x-forepost-panel"
USER: Final = "x-forepost-user"
"""Whose page it is: another tab may have logged in as somebody else meanwhile."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST: Final = 4_096
ID_LETTERS: Final = 8
NOT_OURS: Final = "the request comes from another page than the panel's own"
NOT_THE_USER: Final = "somebody else is logged in in this browser: load the page anew"
_PORTS: Final = {"http": "80", "https": "443"}


class PageSession:
    def __init__(self, peers: Peers, public_url: str, store_id: str) -> None:
        """`public_url`: the settings'; empty where they have none."""
        self._peers = peers
        self.name = f"{NAME}_{store_id[:ID_LETTERS]}"
        self._public = urlsplit(public_url)

    def token(self, scope: Any) -> str:
        """The JWT in the cookie of a request; "" where there is none. Cookies of other programs on
        this host come along, however many and long they are.
        """
        lines = [value for name, value in scope["headers"] if name.lower() == b"cookie"]
        for part in b";".join(lines).decode("latin-1").split(";"):
            name, _, value = part.strip().partition("=")
            if name == self.name and len(value) <= LONGEST:
                return _plain(value)
        return ""

    def check(self, scope: Any) -> None:
        """Raises Forbidden where a request that changes something is not of the panel's page."""
        if scope["method"] in SAFE:
            return
        headers = headers_of(scope)
        if headers.get(PANEL) != "1":
            raise Forbidden(f"X-Forepost-Panel: 1 is needed with a session of a cookie; {NOT_OURS}")
        self._check_origin(scope, headers)

    def check_socket(self, scope: Any) -> None:
        """Raises Forbidden for a live connection that another page opens."""
        origin = headers_of(scope).get("origin", "")
        if not self._is_own(scope, origin):
            raise Forbidden(NOT_OURS)

    def check_user(self, scope: Any, user_id: int) -> None:
        """Raises Unauthenticated where the page believes that it is somebody else's."""
        believed = headers_of(scope).get(USER, "")
        if believed and believed != str(user_id):
            raise Unauthenticated(NOT_THE_USER)

    def kept(self, scope: Any, token: str, seconds: int) -> Cookie:
        """The cookie that keeps a session; without seconds, the one that ends it."""
        return Cookie(
            key=self.name,
            value=token,
            max_age=seconds,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self._is_secure(scope),
        )

    def _check_origin(self, scope: Any, headers: Mapping[str, str]) -> None:
        """By what a browser says of the page; a page cannot write it itself."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if site is not None and site != "same-origin":
            raise Forbidden(NOT_OURS)
        if origin is None and site is None:
            raise Forbidden(f"neither Origin nor Sec-Fetch-Site: {NOT_OURS}")
        if origin is None or (site is not None and origin != "null"):
            return  # behind a proxy the Host may be another one than the browser's
        if not self._is_own(scope, origin):
            raise Forbidden(NOT_OURS)

    def _is_own(self, scope: Any, origin: str) -> bool:
        try:
            page = urlsplit(origin)
            place = _place(page.scheme, page.netloc)
        except ValueError:
            return False
        if page.scheme not in _PORTS or not page.netloc:
            return False
        if self._public.netloc and place == _place(self._public.scheme, self._public.netloc):
            return page.scheme == self._public.scheme
        # A page without TLS is not that of a controller with it.
        if page.scheme == "http" and self._arrived_by_tls(scope):
            return False
        return place in {_place(page.scheme, host) for host in self._hosts(scope)}

    def _hosts(self, scope: Any) -> list[str]:
        headers = headers_of(scope)
        hosts = [headers.get("host", "")]
        if self._is_forwarded(scope):
            hosts.append(headers.get("x-forwarded-host", "").rpartition(",")[2].strip())
        return [host for host in hosts if host]

    def _is_secure(self, scope: Any) -> bool:
        """Whether the browser speaks TLS, as far as anybody says so."""
        scheme = headers_of(scope).get("origin", "").partition("://")[0]
        if scheme in _PORTS:
            return scheme == "https" or self._arrived_by_tls(scope)
        return self._public.scheme == "https" or self._arrived_by_tls(scope)

    def _arrived_by_tls(self, scope: Any) -> bool:
        if scope.get("scheme") in ("https", "wss"):
            return True
        told = headers_of(scope).get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        return self._is_forwarded(scope) and told in ("https", "wss")

    def _is_forwarded(self, scope: Any) -> bool:
        client = scope.get("client")
        return bool(client) and self._peers.is_proxy(client[0])


def _plain(value: str) -> str:
    """Without the quotes that a cookie may have."""
    try:
        found = SimpleCookie(f"{NAME}={value}").get(NAME)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _place(scheme: str, netloc: str) -> str:
    """Host and port in one spelling."""
    host = netloc.rpartition("@")[2].lower()
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdecimal():
        name, port = host, _PORTS.get(scheme, "")
    return f"{name}:{port}"
