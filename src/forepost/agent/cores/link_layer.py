"""What is in front of the network header in a capture file, by its link type. Pure.

Link types: tcpdump.org/linktypes.html. What a record is longer by than the packet was on its line
(the made-up header of Linux's "cooked" captures, the address family of loopback) is not counted.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

IPV4, IPV6 = 0x0800, 0x86DD
NO_MAC: Final = bytes(6)
ETHERNET_HEADER, TAG = 14, 4
_TAGS: Final = frozenset({0x8100, 0x88A8})
_OUTGOING: Final = 4
_LIKE_ETHERNET: Final = frozenset({1, 772})
"""ARPHRD numbers of links whose packets have an Ethernet header on the line."""
_FAMILIES: Final = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""AF_INET; AF_INET6 of Linux, the BSDs, FreeBSD, macOS."""


class LinkFrame(NamedTuple):
    """A packet from its network header on; what was cut off is missing."""

    ether_type: int
    """0: the link says of no protocol what it is."""
    data: bytes
    extra: int
    """How much longer it was on its line than its record says; negative: shorter."""
    vlan: int = 0
    source_mac: bytes = NO_MAC
    target_mac: bytes = NO_MAC
    outgoing: bool = False


def _ethernet(data: bytes) -> LinkFrame:
    """The first VLAN tag is taken off, as the kernel does."""
    if len(data) < ETHERNET_HEADER:
        return LinkFrame(0, b"", 0)
    kind, rest, vlan = int.from_bytes(data[12:14]), data[ETHERNET_HEADER:], 0
    if kind in _TAGS and len(rest) >= TAG:
        vlan, kind, rest = int.from_bytes(rest[:2]) & 0xFFF, int.from_bytes(rest[2:4]), rest[TAG:]
    return LinkFrame(kind, rest, 0, vlan, data[6:12], data[:6])


def _raw(data: bytes) -> LinkFrame:
    version = data[0] >> 4 if data else 0
    return LinkFrame({4: IPV4, 6: IPV6}.get(version, 0), data, 0)


def _loopback(data: bytes) -> LinkFrame:
    """An address family in the byte order of whoever wrote it."""
    family = min(int.from_bytes(data[:4], "little"), int.from_bytes(data[:4], "big"))
    return LinkFrame(_FAMILIES.get(family, 0), data[4:], -min(4, len(data)))


def _cooked(data: bytes) -> LinkFrame:
    if len(data) < 16:
        return LinkFrame(0, b"", -len(data))
    kind, hardware, size = (int.from_bytes(data[at : at + 2]) for at in (0, 2, 4))
    return _cooked_frame(data[16:], kind, hardware, data[6 : 6 + size], data[14:16], 16)


def _cooked_2(data: bytes) -> LinkFrame:
    if len(data) < 20:
        return LinkFrame(0, b"", -len(data))
    hardware = int.from_bytes(data[8:10])
    mac = data[12 : 12 + data[11]]
    return _cooked_frame(data[20:], data[10], hardware, mac, data[:2], 20)


def _cooked_frame(
    data: bytes, kind: int, hardware: int, mac: bytes, protocol: bytes, header: int
) -> LinkFrame:
    return LinkFrame(
        int.from_bytes(protocol),
        data,
        (ETHERNET_HEADER if hardware in _LIKE_ETHERNET else 0) - header,
        source_mac=mac if len(mac) == len(NO_MAC) else NO_MAC,
        outgoing=kind == _OUTGOING,
    )


LINK_TYPES: Final[dict[int, Callable[[bytes], LinkFrame]]] = {
    0: _loopback,  # NULL
    1: _ethernet,
    12: _raw,  # DLT_RAW, as some write it
    14: _raw,
    101: _raw,
    108: _loopback,  # LOOP of OpenBSD
    113: _cooked,
    228: _raw,  # IPV4
    229: _raw,  # IPV6
    276: _cooked_2,
}
