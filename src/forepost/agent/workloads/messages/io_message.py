"""The ioMessage, and its binary form: a header with lengths, then the data in the same order. Pure.

Integers may have any width, none among them: SDKs differ in what they write.
"""

import struct
from typing import Final

import msgspec

VERSION: Final = 4
_HEAD: Final = (
    ("id", 1),
    ("tag", 2),
    ("groupid", 1),
    ("sequencenumber", 1),
    ("sequencetotal", 1),
    ("priority", 1),
    ("timestamp", 1),
    ("publisher", 1),
    ("authid", 2),
    ("authgroup", 2),
    ("chainposition", 1),
    ("hash", 2),
    ("previoushash", 2),
    ("nonce", 2),
    ("difficultytarget", 1),
    ("infotype", 1),
    ("infoformat", 1),
    ("contextdata", 4),
    ("contentdata", 4),
)
"""Fields in their order, and how many bytes the length of each has."""
WIDTHS: Final = {
    "sequencenumber": 4,
    "sequencetotal": 4,
    "priority": 1,
    "timestamp": 8,
    "chainposition": 8,
    "difficultytarget": 4,
}
"""Of integers, as they are written; a zero is not written."""
BYTES: Final = ("contextdata", "contentdata")
LONGEST: Final = {name: 256**width - 1 for name, width in _HEAD}
WIDEST: Final = 8
"""Bytes of an integer that is read."""
_SHORT: Final = ((4, 1), (1, 4), (1, 1))
"""How an SDK writes the lengths of context and content where one is absent: with one byte."""


class WrongMessage(ValueError):
    """The text names the field and the reason."""


class IoMessage(msgspec.Struct, frozen=True, kw_only=True):
    id: str = ""
    tag: str = ""
    groupid: str = ""
    version: int = VERSION
    sequencenumber: int = 0
    sequencetotal: int = 0
    priority: int = 0
    timestamp: int = 0
    """Milliseconds since 1970."""
    publisher: str = ""
    authid: str = ""
    authgroup: str = ""
    chainposition: int = 0
    hash: str = ""
    previoushash: str = ""
    nonce: str = ""
    difficultytarget: int = 0
    infotype: str = ""
    infoformat: str = ""
    contextdata: bytes = b""
    contentdata: bytes = b""


def encoded(message: IoMessage) -> bytes:
    """Raises WrongMessage for what has no room in its field."""
    head, data = bytearray(struct.pack("!H", VERSION)), bytearray()
    for name, width in _HEAD:
        value = getattr(message, name)
        part = _part(name, value)
        if len(part) > LONGEST[name]:
            raise WrongMessage(f"{name}: longer than {LONGEST[name]} bytes")
        head += len(part).to_bytes(width)
        data += part
    return bytes(head + data)


def decoded(data: bytes) -> IoMessage:
    """Raises WrongMessage."""
    if len(data) < 2:
        raise WrongMessage("message: too short")
    if (version := int.from_bytes(data[:2])) != VERSION:
        raise WrongMessage(f"version: {version}; {VERSION} is the one that is understood")
    lengths, at = _lengths(data, (4, 4))
    if at + sum(lengths) != len(data):
        for widths in _SHORT:
            other, begin = _lengths(data, widths)
            if begin + sum(other) == len(data):
                lengths, at = other, begin
                break
        else:
            raise WrongMessage(
                f"message: {at + sum(lengths)} bytes are told, {len(data)} are there"
            )
    found: dict[str, str | int | bytes] = {}
    for (name, _), length in zip(_HEAD, lengths, strict=True):
        found[name] = _value(name, data[at : at + length])
        at += length
    return msgspec.convert(found, IoMessage)


def _lengths(data: bytes, last: tuple[int, int]) -> tuple[list[int], int]:
    """Lengths of all fields, and where the data begin. `last`: bytes of the last two lengths."""
    widths = [width for _, width in _HEAD[:-2]] + list(last)
    at, lengths = 2, []
    for width in widths:
        lengths.append(int.from_bytes(data[at : at + width]))
        at += width
    return lengths, at


def _part(name: str, value: str | int | bytes) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    try:
        return value.to_bytes(WIDTHS[name]) if value else b""
    except OverflowError:
        raise WrongMessage(f"{name}: does not fit into {WIDTHS[name]} bytes") from None


def _value(name: str, part: bytes) -> str | int | bytes:
    if name in BYTES:
        return part
    if name in WIDTHS:
        if len(part) > WIDEST:
            raise WrongMessage(f"{name}: wider than {WIDEST} bytes")
        return int.from_bytes(part)
    try:
        return part.decode()
    except UnicodeDecodeError:
        raise WrongMessage(f"{name}: not UTF-8") from None
