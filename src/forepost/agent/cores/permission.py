"""What a site lets its agent reach, whoever asks: networks, ports, types of probe. Pure.

A rule is words that must all hold: `HTTP` (a type), `10.0.0.0/8` (a network or an address),
`port 25` or `port 1-1023`. `deny` goes before `allow`; where there is an `allow`, what is in none
of its rules is denied.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from forepost.wire.probes import KINDS

TYPES: Final = frozenset({*KINDS, "SPEEDTEST"})
OVER_TCP: Final = ("HTTP", "TCP", "TLS", "MQTT", "REDIS", "SMTP", "SSH", "WEBSOCKET")
LINK_LOCAL: Final = tuple(
    f"{kind} {network}"
    for kind in (*OVER_TCP, "SPEEDTEST", "DNS port 80", "DNS port 443")
    for network in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254", "fd20:ce::254")
)
"""Where clouds keep credentials for whoever asks over HTTP. PING and MTR learn nothing there, and
resolvers (port 53) are there, too."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class WrongPermission(ValueError):
    """The text names the rule and the reason."""


class Rule(msgspec.Struct, frozen=True):
    text: str
    kind: str = ""
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    ports: range = range(65_536)

    def holds(self, kind: str, addresses: Iterable[Ip], port: int) -> bool:
        if self.kind not in ("", kind) or port not in self.ports:
            return False
        return self.network is None or any(one in self.network for one in addresses)

    @property
    def of_the_type_alone(self) -> bool:
        return self.network is None and self.ports == range(65_536)


def rule(text: str) -> Rule:
    """Raises WrongPermission."""
    kind, network, ports = "", None, range(65_536)
    words = iter(text.split())
    for word in words:
        if word.upper() in TYPES:
            kind = word.upper()
        elif word.lower() == "port":
            ports = _ports(next(words, ""), text)
        else:
            try:
                network = ipaddress.ip_network(word, strict=False)
            except ValueError:
                raise WrongPermission(f"{text!r}: {word!r} is no network, type or port") from None
    if not text.strip():
        raise WrongPermission("a rule without words")
    return Rule(text, kind, network, ports)


def _ports(word: str, text: str) -> range:
    first, dash, last = word.partition("-")
    numbers = [first, last if dash else first]
    if not all(one.isascii() and one.isdecimal() and len(one) < 6 for one in numbers):
        raise WrongPermission(f"{text!r}: {word!r} is no port")
    low, high = (int(one) for one in numbers)
    if not low <= high < 65_536:
        raise WrongPermission(f"{text!r}: {word!r} are no ports")
    return range(low, high + 1)


class Permission:
    """Says whether a site lets a type of probe reach an address, by the rules of its settings."""

    def __init__(
        self, allow: Iterable[str] = (), deny: Iterable[str] = (), *, link_local: bool = False
    ) -> None:
        """Raises WrongPermission."""
        self._allow = [rule(text) for text in allow]
        self._deny = [rule(text) for text in (*deny, *(() if link_local else LINK_LOCAL))]

    def refusal(self, kind: str, address: str, port: int = 0) -> str:
        """Why this numeric address may not be reached by this type; "" where it may."""
        addresses = list(_meanings(address))
        for one in self._deny:
            if one.holds(kind, addresses, port):
                return f"this site does not allow it: [probes] deny {one.text!r}"
        if self._allow and not any(one.holds(kind, addresses, port) for one in self._allow):
            at = f"{address} port {port}" if port else address
            return f"this site does not allow it: {kind} to {at} is not in [probes] allow"
        return ""

    def refusal_of_type(self, kind: str) -> str:
        """Why nothing of this type may be measured, wherever; "" where something may."""
        for one in self._deny:
            if one.kind in ("", kind) and one.of_the_type_alone:
                return f"this site does not allow it: [probes] deny {one.text!r}"
        if self._allow and not any(one.kind in ("", kind) for one in self._allow):
            return f"this site does not allow it: {kind} is not in [probes] allow"
        return ""


def _meanings(address: str) -> Iterator[Ip]:
    """The address, and the IPv4 address that an IPv6 one stands for."""
    try:
        found = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return
    yield found
    if isinstance(found, ipaddress.IPv6Address):
        for inner in (found.ipv4_mapped, found.sixtofour):
            if inner is not None:
                yield inner
        if found in _NAT64 or int(found) >> 32 == 0:
            yield ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
