"""Packets from their network header on: which flow, which way, where the data is. Pure.

The same reading as flow.bpf.c, for what has no kernel table: the ring, capture files, inspection.
IPv4 RFC 791, IPv6 RFC 8200, AH RFC 4302, TCP RFC 9293, UDP RFC 768.
"""

import struct
from typing import Final, NamedTuple

from forepost.agent.meter.layers import NOTHING, behind

IPV4, IPV6 = 0x0800, 0x86DD
MOST_EXTENSIONS: Final = 6

ICMP, TCP, UDP, FRAGMENT, AUTHENTICATION, ICMPV6, SCTP, UDPLITE = 1, 6, 17, 44, 51, 58, 132, 136
_OPTIONS: Final = frozenset({0, 43, 60, 135, 139, 140})
"""Hop-by-hop, routing, destination options, mobility, HIP, Shim6: a length in 8 bytes each."""
_DATAGRAMS: Final = {UDP: 8, UDPLITE: 8, SCTP: 12}

_IP4: Final = struct.Struct("!BBHHHBB2x4s4s")
_IP6: Final = struct.Struct("!IHBB16s16s")
_TCP: Final = struct.Struct("!2s2sI4xBB")
_WORDS4: Final = struct.Struct("=I")
_WORDS6: Final = struct.Struct("=4I")
_PORT: Final = struct.Struct("=H")
_ENDS: Final = struct.Struct("=BBH")
_PAD4: Final = bytes(12)
_NO_PORT: Final = b"\0\0"


class Packet(NamedTuple):
    source: bytes
    target: bytes
    source_port: bytes
    target_port: bytes
    """On the wire; zeros where there is none."""
    protocol: int
    version: int
    vlan: int
    tos: int
    flags: int
    """Of TCP."""
    seq: int
    headers: int
    """Bytes before the data of the transport."""
    end: int
    """Where the packet ends by its own account: link padding is behind it."""
    fragment: int | None
    """Identification of the datagram that it is a part of."""
    later: bool
    """A fragment without the transport's header."""
    whole: bytes = b""
    """All that there is of it, link tags included."""
    start: int = 0
    """Where its IP header begins."""


def parse(ether_type: int, vlan: int, data: bytes) -> Packet | None:
    """None: malformed, or neither IPv4 nor IPv6 (`carries_ip` tells)."""
    at = 0
    if ether_type not in (IPV4, IPV6):
        ether_type, at, vlan = behind(ether_type, vlan, data)
    try:
        if ether_type == IPV4:
            return _ipv4(data, at, vlan)
        return _ipv6(data, at, vlan) if ether_type == IPV6 else None
    except struct.error:
        return None


def carries_ip(ether_type: int, data: bytes) -> bool:
    return behind(ether_type, 0, data)[0] != NOTHING


def _ipv4(data: bytes, at: int, vlan: int) -> Packet | None:
    first, tos, length, number, fragment, _, protocol, source, target = _IP4.unpack_from(data, at)
    header = (first & 15) << 2
    if first >> 4 != 4 or header < 20 or 0 < length < header:
        return None
    offset = (fragment & 0x1FFF) << 3
    part = number if offset or fragment & 0x2000 else None
    end = at + length if length else len(data)
    return _transport(
        data, at + header, end, (source, target, protocol, 4, vlan, tos, part, offset > 0), at
    )


def _ipv6(data: bytes, at: int, vlan: int) -> Packet | None:
    first, length, protocol, _, source, target = _IP6.unpack_from(data, at)
    if first >> 28 != 6:
        return None
    start = at
    at += 40
    end = at + length if length else len(data)
    part, later = None, False
    for _ in range(MOST_EXTENSIONS):
        if later or len(data) < at + 8:
            break
        if protocol in _OPTIONS:
            protocol, at = data[at], at + ((data[at + 1] + 1) << 3)
        elif protocol == AUTHENTICATION:
            protocol, at = data[at], at + ((data[at + 1] + 2) << 2)
        elif protocol == FRAGMENT:
            protocol, _, offset, number = struct.unpack_from("!BBHI", data, at)
            later = bool(offset & 0xFFF8)
            part = number if later or offset & 1 else None
            at += 8
        else:
            break
    return _transport(
        data, at, end, (source, target, protocol, 6, vlan, first >> 20 & 0xFF, part, later), start
    )


def _transport(
    data: bytes,
    at: int,
    end: int,
    about: tuple[bytes, bytes, int, int, int, int, int | None, bool],
    start: int,
) -> Packet:
    source, target, protocol, version, vlan, tos, part, later = about
    source_port = target_port = _NO_PORT
    flags = seq = 0
    headers = at
    if later:
        pass
    elif protocol == TCP:
        if len(data) >= at + _TCP.size:
            source_port, target_port, seq, offset, flags = _TCP.unpack_from(data, at)
            headers = at + ((offset >> 4) << 2)
    elif protocol in _DATAGRAMS:
        if len(data) >= at + 4:
            source_port, target_port = data[at : at + 2], data[at + 2 : at + 4]
        headers = at + _DATAGRAMS[protocol]
    return Packet(
        source,
        target,
        source_port,
        target_port,
        protocol,
        version,
        vlan,
        tos,
        flags,
        seq,
        headers,
        end,
        part,
        later,
        data,
        start,
    )


def flow_key(packet: Packet) -> tuple[bytes, int]:
    """Return KEY, and the direction of this packet: 0 from a to b."""
    source, target = packet.source, packet.target
    if packet.version == 4:
        here: tuple[int, ...] = _WORDS4.unpack(source)
        there: tuple[int, ...] = _WORDS4.unpack(target)
        source, target = source + _PAD4, target + _PAD4
    else:
        here, there = _WORDS6.unpack(source), _WORDS6.unpack(target)
    ends = _ENDS.pack(packet.protocol, packet.version, packet.vlan)
    if here > there or (
        here == there and _PORT.unpack(packet.source_port) > _PORT.unpack(packet.target_port)
    ):
        return target + source + packet.target_port + packet.source_port + ends, 1
    return source + target + packet.source_port + packet.target_port + ends, 0
