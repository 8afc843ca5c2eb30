"""What is in front of an IP packet in capture files of odd links, byte for byte."""

import struct
from typing import Final

from tests.lab.frames import MACS, snap

RADIOTAP, WIFI, PPP, PPP_HDLC, PPP_ETHER, NFLOG = 127, 105, 9, 50, 51, 239
_FLAGS, _STAMP = 2, 1
_FCS: Final = 4


def wifi(packet: bytes, ether_type: int, *, qos: bool = False, ways: int = 1) -> bytes:
    """A data frame (802.11). `ways`: 1 to the access point, 2 from it, 3 between two of them."""
    target, source = MACS[1], MACS[0]
    between = bytes.fromhex("0200000000aa")
    addresses = {
        1: between + source + target,
        2: target + between + source,
        3: between + between + target,
    }[ways]
    kind = 0x88 if qos else 0x08
    head = bytes((kind, ways, 0, 0)) + addresses + b"\x10\0"
    head += source if ways == 3 else b""
    return head + (b"\0\0" if qos else b"") + snap(packet, ether_type)


def radiotap(frame: bytes, *, fcs: bool = False, stamp: bool = False) -> bytes:
    present = _FLAGS | (_STAMP if stamp else 0)
    fields = (bytes(8) if stamp else b"") + bytes((0x10 if fcs else 0,))
    head = struct.pack("<BBHI", 0, 0, 8 + len(fields), present) + fields
    return head + frame + (bytes(_FCS) if fcs else b"")


def ppp(packet: bytes, ether_type: int, *, short: bool = False, hdlc: bool = False) -> bytes:
    protocol = {0x0800: 0x21, 0x86DD: 0x57}[ether_type]
    told = bytes((protocol,)) if short else protocol.to_bytes(2)
    return (b"\xff\x03" if hdlc else b"") + told + packet


def ppp_ether(packet: bytes, ether_type: int) -> bytes:
    """RFC 2516: version and type, code, session, length."""
    behind = ppp(packet, ether_type)
    return b"\x11\0\0\7" + len(behind).to_bytes(2) + behind


def nflog(packet: bytes, *, order: str = "<") -> bytes:
    def told(kind: int, value: bytes) -> bytes:
        made = struct.pack(f"{order}HH", 4 + len(value), kind) + value
        return made + bytes(-len(value) % 4)

    return struct.pack("!BBH", 2, 0, 30) + told(1, bytes(4)) + told(10, b"in\0") + told(9, packet)
