"""How a result lies in a spool file, and how it is found again behind damage. Pure.

    mark | length u32 | seq u64 | place u64 | crc32 of the head u32 | crc32 of the data u32 | data

little-endian. The mark is no UTF-8, so that it is never part of a result, which is JSON. Both sums
begin with the boot, so that no record is taken for one of another start. `place` counts what this
boot wrote down: a place that nobody finds is a result that is missing.

Files of the first form, whose names have two parts, have neither mark nor place:

    length u32 | crc32 u32 | seq u64 | time u64 | data
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

MARK: Final = b"\xf5\xfeR\xff"
LONGEST: Final = 16 << 20
"""Bytes of one result; a head that says more is damaged."""
MOST_UNMARKED: Final = 1 << 40
"""Results of one boot that a file without marks can speak of."""
_HEAD: Final = struct.Struct("<4sIQQ")
_SUMS: Final = struct.Struct("<II")
OVERHEAD: Final = _HEAD.size + _SUMS.size
_OLD_HEAD: Final = struct.Struct("<II")
_OLD_BODY: Final = struct.Struct("<QQ")
_OLD_OVERHEAD: Final = _OLD_HEAD.size + _OLD_BODY.size


class Record(msgspec.Struct, frozen=True):
    seq: int
    data: bytes


class RecordAt(msgspec.Struct, frozen=True):
    """What lies in a file from `at` to `end`, which is beyond its end where it is torn off."""

    at: int
    end: int
    place: int
    record: Record | None
    """None: its head is whole and its data is not."""


def encode(record: Record, boot: int, place: int) -> bytes:
    head = _HEAD.pack(MARK, len(record.data), record.seq, place)
    head_sum = zlib.crc32(head, boot & 0xFFFFFFFF)
    return head + _SUMS.pack(head_sum, zlib.crc32(record.data, head_sum)) + record.data


def decode(buffer: bytes, boot: int, *, marked: bool = True) -> Iterator[RecordAt]:
    """What `buffer` has of this boot, in order; what is between two of them is damaged."""
    return _marked(buffer, boot) if marked else _unmarked(buffer)


def _marked(buffer: bytes, boot: int) -> Iterator[RecordAt]:
    at = buffer.find(MARK)
    while at >= 0:
        found = _at(buffer, at, boot)
        whole = found is not None and found.record is not None
        if found is not None:
            yield found
        # Where data is damaged its length may be right, or it is a torn end that others follow.
        at = found.end if whole and found is not None else at + 1
        if buffer[at : at + len(MARK)] != MARK:
            at = buffer.find(MARK, at)


def _at(buffer: bytes, at: int, boot: int) -> RecordAt | None:
    if at + OVERHEAD > len(buffer):
        return None
    _, length, seq, place = _HEAD.unpack_from(buffer, at)
    head_sum, data_sum = _SUMS.unpack_from(buffer, at + _HEAD.size)
    head = buffer[at : at + _HEAD.size]
    if length > LONGEST or zlib.crc32(head, boot & 0xFFFFFFFF) != head_sum:
        return None
    start = at + OVERHEAD
    data = buffer[start : start + length]
    if len(data) < length or zlib.crc32(data, head_sum) != data_sum:
        return RecordAt(at, start + length, place, None)
    return RecordAt(at, start + length, place, Record(seq, data))


def _unmarked(buffer: bytes) -> Iterator[RecordAt]:
    at = last = 0
    while at + _OLD_OVERHEAD <= len(buffer):
        found = _old_at(buffer, at, last)
        if found is None:
            at += 1
            continue
        yield found
        at, last = found.end, found.place


def _old_at(buffer: bytes, at: int, last: int) -> RecordAt | None:
    seq, _ = _OLD_BODY.unpack_from(buffer, at + _OLD_HEAD.size)
    if not last < seq < MOST_UNMARKED:  # tells nearly every wrong place, before a sum is made
        return None
    length, checksum = _OLD_HEAD.unpack_from(buffer, at)
    end = at + _OLD_OVERHEAD + length
    if end > len(buffer) or length > LONGEST:
        return None
    body = buffer[at + _OLD_HEAD.size : end]
    if zlib.crc32(body) != checksum:
        return None
    return RecordAt(at, end, seq, Record(seq, body[_OLD_BODY.size :]))
