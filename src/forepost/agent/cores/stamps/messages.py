"""Reads the control messages of a socket: kernel timestamps and the error queue. Pure.

Linux: Documentation/networking/timestamping.rst, include/uapi/linux/errqueue.h, ip(7), ipv6(7).
"""

import socket
import struct
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

Ancillary = Sequence[tuple[int, int, bytes]]

SO_TIMESTAMPING: Final = 37
SOFTWARE_BOTH_WAYS: Final = 1 << 1 | 1 << 3 | 1 << 4
"""SOF_TIMESTAMPING_TX_SOFTWARE, _RX_SOFTWARE, _SOFTWARE."""
SOFTWARE_ARRIVALS: Final = 1 << 3 | 1 << 4
"""The same without those of departures."""
NUMBERED: Final = SOFTWARE_BOTH_WAYS | 1 << 7 | 1 << 11
"""The same with SOF_TIMESTAMPING_OPT_ID (a number instead of the packet) and _OPT_TSONLY."""

IP_RECVERR: Final = 11
IPV6_RECVERR: Final = 25

_SOL_SOCKET: Final = 1
_SOL_IP: Final = 0
_SOL_IPV6: Final = 41
_ERRORS: Final = frozenset({(_SOL_IP, IP_RECVERR), (_SOL_IPV6, IPV6_RECVERR)})
_ICMP, _ICMP6, _STAMP = 2, 3, 4
_TIMESPEC: Final = struct.Struct("@ll")
_EXTENDED: Final = struct.Struct("@IBBBBII")
_FAMILY: Final = struct.Struct("@H")
_RFC4884: Final = struct.Struct("@HBB")


Sent = tuple[int, int]
"""A packet left: its number on this socket since numbering began, ns of CLOCK_REALTIME."""


Received = tuple[bytes, str, int | None]
"""A packet, its source address, and when it came in by the kernel's wall clock."""


class Trouble(NamedTuple):
    """An ICMP error for a packet of ours."""

    kind: int
    code: int
    offender: str = ""
    """Who says so: an address."""
    rx_ns: int | None = None
    """When the error came in, ns of CLOCK_REALTIME."""
    extension_at: int = 0
    """Where in what came with it the extensions begin (RFC 4884); 0 where there are none."""


def arrival_ns(ancillary: Ancillary) -> int | None:
    """When a packet came in, ns of CLOCK_REALTIME; None where the kernel did not say."""
    for level, kind, data in ancillary:
        if level == _SOL_SOCKET and kind == SO_TIMESTAMPING and len(data) >= _TIMESPEC.size:
            seconds, ns = _TIMESPEC.unpack_from(data)
            return int(seconds * 1_000_000_000 + ns) or None
    return None


def outcome(ancillary: Ancillary) -> Sent | Trouble | None:
    """What one message of the error queue says; None for anything else, such as this host's own
    refusals: the call that sent the packet was told.
    """
    time_ns = 0
    said: tuple[int, ...] = ()
    offender = b""
    for level, kind, data in ancillary:
        if kind == SO_TIMESTAMPING and level == _SOL_SOCKET and len(data) >= _TIMESPEC.size:
            seconds, ns = _TIMESPEC.unpack_from(data)
            time_ns = seconds * 1_000_000_000 + ns
        elif (level, kind) in _ERRORS and len(data) >= _EXTENDED.size:
            said = _EXTENDED.unpack_from(data)
            offender = data[_EXTENDED.size :]
    if not said:
        return None
    _, origin, icmp_type, icmp_code, _, _, value = said
    if origin == _STAMP:
        return (value, time_ns) if time_ns else None
    if origin not in (_ICMP, _ICMP6):
        return None
    return Trouble(icmp_type, icmp_code, _address(offender), time_ns or None, _extension_at(value))


def _address(sockaddr: bytes) -> str:
    """Read what SO_EE_OFFENDER points at; "" where the kernel does not know."""
    if len(sockaddr) < _FAMILY.size:
        return ""
    family = _FAMILY.unpack_from(sockaddr)[0]
    if family == socket.AF_INET and len(sockaddr) >= 8:
        return socket.inet_ntop(family, sockaddr[4:8])
    if family == socket.AF_INET6 and len(sockaddr) >= 24:
        return socket.inet_ntop(family, sockaddr[8:24])
    return ""


def _extension_at(value: int) -> int:
    """Read struct sock_ee_data_rfc4884: 16 bits of offset, then flags, of which 1 is "wrong"."""
    offset, flags, _ = _RFC4884.unpack(value.to_bytes(4, sys.byteorder))
    return 0 if flags & 1 else int(offset)
