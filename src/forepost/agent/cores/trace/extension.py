"""What routers add to an ICMP error (RFC 4884): MPLS label stacks (RFC 4950) in words. Pure."""

import struct
from collections.abc import Iterator
from typing import Final

MOST: Final = 8
"""Objects and labels in one error that are told."""

_HEADER: Final = struct.Struct("!BBH")
_OBJECT: Final = struct.Struct("!HBB")
_LABEL: Final = struct.Struct("!I")
_VERSION: Final = 2
_MPLS: Final = (1, 1)
_QUOTED_AT_LEAST: Final = 128
"""Routers from before RFC 4884 put the extensions after so much of our packet and said nothing."""


def extensions(data: bytes, at: int, headers: int) -> list[str]:
    """Read what comes with an error: `data`, with the extensions `at` (0: nobody said).

    `headers`: bytes of our own packet that the kernel took off the front of `data`.
    """
    if not at:
        at = _QUOTED_AT_LEAST - headers
        if not _checks(data[at:]):
            return []
    return list(_told(data[at:]))[:MOST]


def _checks(data: bytes) -> bool:
    """Whether it is surely an extension: its version, and a checksum that is there and right."""
    if len(data) < _HEADER.size + _OBJECT.size or data[0] >> 4 != _VERSION or len(data) % 2:
        return False
    said = _HEADER.unpack_from(data)[2]
    return said != 0 and int.from_bytes(data, "big") % 0xFFFF == 0


def _told(data: bytes) -> Iterator[str]:
    if len(data) < _HEADER.size or data[0] >> 4 != _VERSION:
        return
    at = _HEADER.size
    while at + _OBJECT.size <= len(data):
        length, group, kind = _OBJECT.unpack_from(data, at)
        if length < _OBJECT.size or at + length > len(data):
            return
        body = data[at + _OBJECT.size : at + length]
        if (group, kind) == _MPLS:
            yield from _labels(body)
        else:
            yield f"class {group} type {kind}: {body[:32].hex()}"
        at += length


def _labels(body: bytes) -> Iterator[str]:
    for at in range(0, len(body) - _LABEL.size + 1, _LABEL.size):
        entry = _LABEL.unpack_from(body, at)[0]
        label, exp, bottom, ttl = entry >> 12, entry >> 9 & 7, entry >> 8 & 1, entry & 0xFF
        yield f"MPLS: Lbl {label} TC {exp} S {bottom} TTL {ttl}"
