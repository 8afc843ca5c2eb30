"""What is in front of the network header in a capture file, by its link type. Pure.

Link types: tcpdump.org/linktypes.html. What a record is longer by than the packet was on its line
(the made-up header of Linux's "cooked" captures, the address family of loopback) is not counted.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

IPV4, IPV6 = 0x0800, 0x86DD
NO_MAC: Final = bytes(6)
ETHERNET_HEADER, TAG = 14, 4
_TAGS: Final = frozenset({0x8100, 0x88A8})
_OUTGOING: Final = 4
_LIKE_ETHERNET: Final = frozenset({1, 772})
"""ARPHRD numbers of links whose packets have an Ethernet header on the line."""
_FAMILIES: Final = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""AF_INET; AF_INET6 of Linux, the BSDs, FreeBSD, macOS."""

_PPP: Final = {0x0021: IPV4, 0x0057: IPV6, 0x0281: 0x8847, 0x0283: 0x8848}
LLC: Final = 4
"""What the kernel gives as EtherType where there is none: LLC follows."""
_PPPOE: Final = 0x8864
_WIFI_DATA: Final = 2
_QOS, _NO_DATA, _PROTECTED, _HT_CONTROL = 8, 4, 0x40, 0x80
_MANY_IN_ONE: Final = 0x80
"""Of QoS control: an A-MSDU; the first of its frames is read."""
_STAMP, _FLAGS, _MORE_FIELDS = 1, 2, 1 << 31
_WITH_FCS: Final = 0x10
_FCS_BYTES: Final = 4
_NFLOG_PAYLOAD: Final = 9


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


def ppp(protocol: int) -> int:
    """The EtherType of a protocol number of PPP; 0: it has none."""
    return _PPP.get(protocol, 0)


def _ppp(data: bytes) -> LinkFrame:
    """RFC 1661, 1662: address and control, and the first byte of the protocol, may be missing."""
    at = 2 if data[:2] == b"\xff\x03" else 0
    size = 1 if data[at : at + 1] and data[at] & 1 else 2
    return LinkFrame(ppp(int.from_bytes(data[at : at + size])), data[at + size :], 0)


def _ppp_on_ethernet(data: bytes) -> LinkFrame:
    return LinkFrame(_PPPOE, data, 0)


def _wifi(data: bytes) -> LinkFrame:
    """IEEE 802.11, 9.2: data that is not encrypted has LLC behind its header."""
    nothing = LinkFrame(0, b"", 0)
    if len(data) < 24 or data[0] >> 2 & 3 != _WIFI_DATA:
        return nothing
    kind, flags = data[0] >> 4, data[1]
    if kind & _NO_DATA or flags & _PROTECTED:
        return nothing
    to_station, from_station = flags & 1, flags & 2
    at = 30 if to_station and from_station else 24
    many = False
    if kind & _QOS:
        many = len(data) > at and bool(data[at] & _MANY_IN_ONE)
        at += 2 + (4 if flags & _HT_CONTROL else 0)
    if many:
        at += 14
    target = data[16:22] if to_station else data[4:10]
    source = data[10:16]
    if from_station:
        source = data[24:30] if to_station else data[16:22]
    return LinkFrame(LLC, data[at:], 0, 0, source, target)


def _radiotap(data: bytes) -> LinkFrame:
    """radiotap.org: the radio's own header, little-endian; a flag says whether the FCS is there."""
    size = int.from_bytes(data[2:4], "little")
    if len(data) < 8 or not 8 <= size <= len(data):
        return LinkFrame(0, b"", -len(data))
    first = int.from_bytes(data[4:8], "little")
    at, more = 8, first
    while more & _MORE_FIELDS and at + 4 <= size:
        more = int.from_bytes(data[at : at + 4], "little")
        at += 4
    if first & _STAMP:
        at = -(-at // 8) * 8 + 8
    fcs = 0
    if first & _FLAGS and at < size and data[at] & _WITH_FCS:
        fcs = _FCS_BYTES
    frame = _wifi(data[size : len(data) - fcs])
    return frame._replace(extra=-size - fcs)


def _nflog(data: bytes) -> LinkFrame:
    """Linux's netfilter log: lengths and kinds in the byte order of whoever wrote it."""
    orders: tuple[Literal["little", "big"], ...] = ("little", "big")
    for order in orders:
        at = 4
        while at + 4 <= len(data):
            size = int.from_bytes(data[at : at + 2], order)
            kind = int.from_bytes(data[at + 2 : at + 4], order) & 0x7FFF
            if size < 4:
                break
            if kind == _NFLOG_PAYLOAD:
                return _raw(data[at + 4 : at + size])._replace(extra=-(at + 4) - -size % 4)
            at += -(-size // 4) * 4
    return LinkFrame(0, b"", -len(data))


LINK_TYPES: Final[dict[int, Callable[[bytes], LinkFrame]]] = {
    0: _loopback,  # NULL
    1: _ethernet,
    9: _ppp,
    12: _raw,  # DLT_RAW, as some write it
    14: _raw,
    50: _ppp,
    51: _ppp_on_ethernet,
    101: _raw,
    105: _wifi,
    108: _loopback,  # LOOP of OpenBSD
    113: _cooked,
    127: _radiotap,
    228: _raw,  # IPV4
    229: _raw,  # IPV6
    239: _nflog,
    276: _cooked_2,
}
