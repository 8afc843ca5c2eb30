"""How a result lies in a spool file. Pure.

    length u32 | crc32 u32 | seq u64 | time u64 (Unix ms) | data

little-endian; the checksum covers seq, time and data.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

_HEAD: Final = struct.Struct("<II")
_BODY: Final = struct.Struct("<QQ")
OVERHEAD: Final = _HEAD.size + _BODY.size


class Record(msgspec.Struct, frozen=True):
    seq: int
    time_ms: int
    data: bytes

    @property
    def size(self) -> int:
        return OVERHEAD + len(self.data)


def encode(record: Record) -> bytes:
    body = _BODY.pack(record.seq, record.time_ms) + record.data
    return _HEAD.pack(len(record.data), zlib.crc32(body)) + body


def decode(buffer: bytes) -> Iterator[Record]:
    """Whole records from the start of `buffer`; ends at the first that is cut off or damaged."""
    at = 0
    while at + OVERHEAD <= len(buffer):
        length, checksum = _HEAD.unpack_from(buffer, at)
        end = at + OVERHEAD + length
        body = buffer[at + _HEAD.size : end]
        if end > len(buffer) or zlib.crc32(body) != checksum:
            return
        seq, time_ms = _BODY.unpack_from(body)
        yield Record(seq, time_ms, body[_BODY.size :])
        at = end
