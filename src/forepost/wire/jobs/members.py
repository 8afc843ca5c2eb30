"""What members of a folder say to each other: after TLS, MessagePack objects behind their length.

The first word of a connection says whose it is and what it is for; whoever listens answers with
`Welcome`, or says why not and closes. A connection for control carries the other words both ways;
one for bulk carries `Ask`s one way and their answers, bytes behind `ANSWER`, the other way.
"""

import struct
from typing import Final, Literal

import msgspec

from forepost.wire.jobs.folder import SignedRoot

VERSION: Final = 1
LENGTH: Final = struct.Struct(">I")
MOST_WORD: Final = 12 << 20
"""Bytes of one word on a control connection."""
MOST_FIRST: Final = 16 << 10
"""Bytes of a word of somebody who is not known yet."""
MOST_ASKED: Final = 4_096
"""Things in one `Ask`, and hashes in one `WantPages`."""
PING_SEC: Final = 20.0
SILENT_SEC: Final = 60.0

Purpose = Literal["meet", "control", "give", "take"]
"""meet: shows its certificate, so that the other side lets it in with it. give: who dialed is asked
on this connection; take: it asks."""


class MemberHello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    version: int
    purpose: Purpose
    key: str
    """Of the folder; "" for `meet`."""
    certificate: bytes = b""
    """DER, for `meet`."""


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag="welcome"):
    refused: str = ""
    """Why nothing comes of it."""


class Roots(msgspec.Struct, frozen=True, array_like=True, tag="roots"):
    """The newest roots of writers that the member knows, its own among them."""

    roots: list[SignedRoot]


class Holding(msgspec.Struct, frozen=True, array_like=True, tag="have"):
    """Which pieces of a root the member has."""

    root: bytes
    """The hash of its outermost page."""
    complete: bool
    pieces: bytes = b""
    """Little-endian, a bit a piece: those that are new since the last word about this root."""
    needs: int = 0
    """Bytes that it still lacks."""


class WantPages(msgspec.Struct, frozen=True, array_like=True, tag="want_pages"):
    number: int
    """Repeated in the answer."""
    hashes: list[bytes]


class GivePages(msgspec.Struct, frozen=True, array_like=True, tag="give_pages"):
    """Pages of trees and of recipes. Those that are missing, the member has not, or not yet."""

    number: int
    pages: list[bytes]
    more: bool = False
    """Whether another answer to this number follows."""


class Bad(msgspec.Struct, frozen=True, array_like=True, tag="bad"):
    """Bytes that came from the member do not have the hash that they were asked for."""

    hash: bytes


class Leave(msgspec.Struct, frozen=True, array_like=True, tag="leave"):
    """The member closes the connection, and this is no fault."""

    reason: str


class Come(msgspec.Struct, frozen=True, array_like=True, tag="come"):
    """The member wants to ask, and cannot dial: a connection with the purpose `give` is wanted."""


class KeepAlive(msgspec.Struct, frozen=True, array_like=True, tag="ping"):
    """Answered by nothing but the other side's own."""


Word = (
    MemberHello | Welcome | Roots | Holding | WantPages | GivePages | Bad | Leave | Come | KeepAlive
)
_decoder: Final[msgspec.msgpack.Decoder[Word]] = msgspec.msgpack.Decoder(Word)
_encoder: Final = msgspec.msgpack.Encoder()


class WantedChunk(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A small file as a whole, or a chunk of a large one."""

    hash: bytes
    length: int
    content: bytes = b""
    """Of the large file; b"": a small file, `hash` is all of it."""
    offset: int = 0


Ask = list[WantedChunk]
_asks: Final[msgspec.msgpack.Decoder[Ask]] = msgspec.msgpack.Decoder(Ask)
ANSWER: Final = LENGTH
"""Before the bytes of each thing that was asked for, in the order of the request: how many. Several
of them travel together behind their `LENGTH`, of one request at most.
"""
MOST_ANSWER: Final = (4 << 20) + (64 << 10)
"""Bytes that travel together: a chunk of the longest, or small files."""
HAS_NOT: Final = 0xFFFF_FFFF
"""Instead of the number of bytes: the member has it not, or not whole any more."""


class WrongWord(ValueError):
    """Bytes that are no word."""


def packed(word: Word | Ask) -> bytes:
    body = _encoder.encode(word)
    return LENGTH.pack(len(body)) + body


def read_word(body: bytes) -> Word:
    """Raises WrongWord."""
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise WrongWord(str(error)) from None


def read_ask(body: bytes) -> Ask:
    """Raises WrongWord."""
    try:
        found = _asks.decode(body)
    except msgspec.MsgspecError as error:
        raise WrongWord(str(error)) from None
    if len(found) > MOST_ASKED:
        raise WrongWord("too much is asked for at once")
    return found
