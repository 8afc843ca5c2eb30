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


class Sides:
    """`local`: prefixes that are of this site besides the private ones."""

    def __init__(self, local: Iterable[str] = ()) -> None:
        networks = [ipaddress.ip_network(text, strict=False) for text in (*ALWAYS_LOCAL, *local)]
        self._local = {version: _ranges(networks, version) for version in (4, 6)}
        self._broadcast = {
            int(network.broadcast_address)
            for network in networks
            if network.version == 4 and network.prefixlen < 31
        } | {0xFFFF_FFFF}
        self.kind = lru_cache(maxsize=_CACHED)(self._kind)
        """Address (4 or 16 bytes) to what it is: "remote" where nothing else."""

    def _kind(self, address: bytes) -> OtherType:
        number = int.from_bytes(address)
        if len(address) == 4:
            if number >> 28 == 0xE:
                return "multicast"
            if number in self._broadcast:
                return "broadcast"
        elif address[0] == 0xFF:
            return "multicast"
        ranges = self._local[4 if len(address) == 4 else 6]
        return "local" if any(low <= number <= high for low, high in ranges) else "remote"

    def local_is_a(self, a: bytes, b: bytes, initiator: int) -> bool:
        """Whether the first of two addresses is the local side.

        Where both or none of them are of this site it is the one that began; a group address is
        never local.
        """
        here, there = self.kind(a), self.kind(b)
        if (here == "local") != (there == "local"):
            return here == "local"
        if here in ("multicast", "broadcast"):
            return False
        return there in ("multicast", "broadcast") or initiator == 0


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
