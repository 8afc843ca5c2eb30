"""Who may speak to a local HTTP face: programs of this host, and no page in a browser. Pure.

A page of the Internet can have a browser send requests to 127.0.0.1, and with a name of its own
that leads there (DNS rebinding) read the answers. Browsers say whence a request comes, programs do
not: so a request that says so is refused, and so is a name that is not this host's.
"""

import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

from forepost.kit.host_name import is_loopback

TELLS_A_PAGE: Final = ("origin", "referer")
NOBODY_ELSE: Final = "none"
"""What a browser says of an address that its user typed in."""


class Guard(msgspec.Struct, frozen=True):
    """`names`: what this host is called besides loopback, such as the gateway of the containers'
    network. `pages_may_upgrade`: clients that are no pages send an `Origin` with an upgrade.
    """

    names: frozenset[str] = frozenset()
    pages_may_upgrade: bool = False

    def refusal(self, headers: Mapping[str, str], port: int, *, upgrades: bool = False) -> str:
        """Return why a request is refused, "" where it is not. `headers`: by lower-case name."""
        if wrong := self._wrong_host(headers.get("host", ""), port):
            return wrong
        if upgrades and (self.pages_may_upgrade or _is_own(headers)):
            return ""
        for name in TELLS_A_PAGE:
            if name in headers:
                return f"{name.capitalize()}: pages may not ask here"
        if headers.get("sec-fetch-site", NOBODY_ELSE) != NOBODY_ELSE:
            return "Sec-Fetch-Site: pages may not ask here"
        return ""

    def _wrong_host(self, host: str, port: int) -> str:
        if not host:
            return "Host: is missing"
        name, told_port = _parts(host)
        if told_port not in ("", str(port)):
            return f"Host: not the port {port}"
        if name in self.names or is_loopback(name):
            return ""
        return "Host: not a name of this host"


def same(given: str, wanted: str) -> bool:
    """Compare two tokens in constant time."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def _is_own(headers: Mapping[str, str]) -> bool:
    """Whether the origin is the face itself, which has no pages: so some libraries of WebSockets
    say it.
    """
    _, found, host = headers.get("origin", "").partition("://")
    return bool(found) and host.lower() == headers.get("host", "").lower()


def _parts(host: str) -> tuple[str, str]:
    host = host.strip().lower()
    if host.startswith("["):
        name, _, rest = host[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = host.partition(":")
    return name, port
