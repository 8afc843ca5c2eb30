"""Whose request it is: the address of the client, behind proxies that are trusted by name.

Only `X-Forwarded-For` is read, only where a trusted proxy delivered it, and from the right: each
proxy adds whom it saw to the end, so that what stands further left may be anybody's invention.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any, Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NEIGHBOURS: Final = 64
"""Bits of an IPv6 address that are one customer's: he has all addresses behind them."""


class Peers:
    def __init__(self, trusted_proxies: Sequence[str] = ()) -> None:
        """Raises ValueError for what is not a network or an address."""
        self._trusted: list[Network] = [ipaddress.ip_network(text) for text in trusted_proxies]

    def of(self, scope: Any) -> str:
        """The address of a request's client, in its plain form; "" where there is none."""
        client = scope.get("client")
        address = parsed(client[0]) if client else None
        if address is None:
            return ""
        return str(self._client(address, scope["headers"]) if self._trusted else address)

    def is_proxy(self, text: str) -> bool:
        """Whether this is the address of a proxy that is trusted."""
        address = parsed(text)
        return address is not None and self._trusts(address)

    def _client(self, address: Address, headers: Any) -> Address:
        for text in _forwarded_for(headers):
            if not self._trusts(address):
                break
            seen = parsed(text)
            if seen is None:
                break
            address = seen
        return address

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _forwarded_for(headers: Any) -> Iterator[str]:
    """Whom the proxies saw, the last proxy first."""
    lines = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    yield from reversed(",".join(lines).split(",") if lines else [])


def parsed(text: str) -> Address | None:
    """An address as proxies write it, also with a port; IPv4 in IPv6 is IPv4. Pure."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or ipaddress.IPv6Address(int(address))
    return address


def household(address: str) -> str:
    """What one client can change at will is one caller for a limit: the /64 of an IPv6 address."""
    known = parsed(address)
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(known), NEIGHBOURS), strict=False))
    return address
