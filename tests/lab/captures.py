"""Capture files written by hand: pcap and pcapng, in either byte order."""

import struct
from collections.abc import Sequence
from typing import Final

SECOND_NS: Final = 1_000_000_000
ETHERNET: Final = 1

Timed = tuple[int, bytes]
"""Unix time in ns, and the packet."""


def pcap(
    packets: Sequence[Timed],
    *,
    order: str = "<",
    nano: bool = False,
    link: int = ETHERNET,
    snap: int = 262_144,
) -> bytes:
    magic, unit_ns = (0xA1B23C4D, 1) if nano else (0xA1B2C3D4, 1_000)
    made = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, snap, link)]
    for at_ns, data in packets:
        seconds, rest_ns = divmod(at_ns, SECOND_NS)
        kept = data[:snap]
        head = struct.pack(f"{order}4I", seconds, rest_ns // unit_ns, len(kept), len(data))
        made += [head, kept]
    return b"".join(made)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def option(kind: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}HH", kind, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(
    link: int = ETHERNET, *, options: bytes = b"", snap: int = 0, order: str = "<"
) -> bytes:
    return block(1, struct.pack(f"{order}HHI", link, 0, snap) + options, order)


def enhanced(
    number: int, ticks: int, data: bytes, *, options: bytes = b"", order: str = "<"
) -> bytes:
    head = struct.pack(f"{order}5I", number, ticks >> 32, ticks & 0xFFFF_FFFF, len(data), len(data))
    return block(6, head + data + bytes(-len(data) % 4) + options, order)


def simple(data: bytes, *, order: str = "<") -> bytes:
    return block(3, struct.pack(f"{order}I", len(data)) + data, order)


def pcapng(
    packets: Sequence[Timed], *, order: str = "<", resolution: int = 9, link: int = ETHERNET
) -> bytes:
    """`resolution`: if_tsresol, a power of ten (of two: with 0x80)."""
    per_sec = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    told = option(9, bytes((resolution,)), order)
    made = section(order) + interface(link, options=told, order=order)
    for at_ns, data in packets:
        made += enhanced(0, at_ns * per_sec // SECOND_NS, data, order=order)
    return made
