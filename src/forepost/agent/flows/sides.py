"""Which side of a flow is ours. Pure."""

import ipaddress
import socket
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal

OtherType = Literal["local", "remote", "broadcast", "multicast"]

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ALWAYS_LOCAL: Final = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
"""RFC 1918, 6598, 3927, 4193, 4291; more are those of the interfaces, and the setting `local`."""
_CACHED: Final = 4_096
_REMOTE: Final = 4
_MANY: Final = ("multicast", "broadcast")


class Sides:
    """`local`: prefixes that are of this site besides the private ones."""

    def __init__(self, local: Iterable[str] = ()) -> None:
        self._given = [ipaddress.ip_network(text, strict=False) for text in local]
        self._private = [ipaddress.ip_network(text) for text in ALWAYS_LOCAL]
        self._interfaces: dict[str, tuple[str, ...]] = {}
        self._arrange()

    def own(self, interface: str, prefixes: Iterable[str]) -> None:
        """Take the addresses that an interface has now, each with its prefix length."""
        self._interfaces[interface] = tuple(prefixes)
        self._arrange()

    def _arrange(self) -> None:
        own = [ipaddress.ip_interface(text) for has in self._interfaces.values() for text in has]
        around = [one.network for one in own if one.network.prefixlen]
        hosts = [ipaddress.ip_network(one.ip) for one in own]
        ranks = (hosts, self._given, around, self._private)
        self._ranks = {
            version: [
                (rank, *limits)
                for rank, networks in enumerate(ranks)
                for limits in _ranges(networks, version)
            ]
            for version in (4, 6)
        }
        self._broadcast = {
            int(network.broadcast_address)
            for network in (*self._given, *around, *self._private)
            if network.version == 4 and network.prefixlen < 31
        } | {0xFFFF_FFFF}
        self.kind = lru_cache(maxsize=_CACHED)(self._kind)
        """Address (4 or 16 bytes) to what it is: "remote" where nothing else."""
        self._rank = lru_cache(maxsize=_CACHED)(self._rank_of)

    def _kind(self, address: bytes) -> OtherType:
        number = int.from_bytes(address)
        if len(address) == 4:
            if number >> 28 == 0xE:
                return "multicast"
            if number in self._broadcast:
                return "broadcast"
        elif address[0] == 0xFF:
            return "multicast"
        return "local" if self._rank(address) < _REMOTE else "remote"

    def _rank_of(self, address: bytes) -> int:
        """How near it is to the meters: 0 an address of theirs."""
        number = int.from_bytes(address)
        ranks = self._ranks[4 if len(address) == 4 else 6]
        return next((rank for rank, low, high in ranks if low <= number <= high), _REMOTE)

    def local_is_a(self, a: bytes, b: bytes, *, a_began: bool) -> bool:
        """Whether the first of two addresses is the local side.

        That is the one nearer to the meters: an address of theirs, one of the setting, one of
        their networks, a private one. Where they are as near as each other it is the one that
        began; a group address is never local.
        """
        here, there = self.kind(a), self.kind(b)
        if here in _MANY or there in _MANY:
            return here not in _MANY
        one, other = self._rank(a), self._rank(b)
        return a_began if one == other else one < other


def _ranges(networks: Iterable[_Network], version: int) -> list[tuple[int, int]]:
    return [
        (int(network.network_address), int(network.broadcast_address))
        for network in networks
        if network.version == version
    ]


def spelled(address: bytes) -> str:
    """4 or 16 bytes as text (RFC 5952)."""
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


@lru_cache(maxsize=_CACHED)
def spelled_mac(address: bytes) -> str:
    return address.hex(":")


def prefix(address: bytes) -> str:
    """The /24 or /48 that an address is in."""
    if len(address) == 4:
        return f"{spelled(address[:3] + bytes(1))}/24"
    return f"{spelled(address[:6] + bytes(10))}/48"
