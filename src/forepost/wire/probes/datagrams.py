"""The datagrams of TRAFFICSIM: NetWatcher's JSON, and a sealed form between two of our agents.

The sealed form is one fixed header in network order, zeros up to the size that is wanted, and a tag
of 16 bytes: BLAKE2s, keyed with the key of the pair, over all that comes before it. Its first byte
is no JSON, so that both forms share a port.
"""

import hashlib
import hmac
import struct
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Kind = Literal["HELLO", "ACK", "DATA"]
HELLO: Final = "HELLO"
ACK: Final = "ACK"
DATA: Final = "DATA"
MS: Final = 1_000_000

Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Millis = Annotated[int, Meta(ge=0, le=2**53)]


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """What a datagram says. Times are ns since 1970 by the clock of whoever wrote them."""

    kind: Kind
    seq: int
    src_agent: int
    dst_agent: int = 0
    sent_ns: int = 0
    """HELLO, DATA: when it was sent. ACK: what the packet that it answers said there."""
    received_ns: int = 0
    """ACK: when that packet came in."""
    answered_ns: int = 0
    """ACK: when it was sent. Sealed form only, as what follows."""
    session: int = 0
    """Chosen by the client for one cycle."""
    cookie: int = 0
    """Chosen by the server for it, so that nothing recorded earlier is believed; 0 in HELLO."""
    count: int = 0
    """ACK: how many different packets of this session the server has had."""
    highest: int = 0
    """ACK: the highest number among them."""
    duplicates: int = 0
    """ACK: how many it had more than once."""
    tos: int = 0
    """ACK: the traffic class that the packet came in with."""
    clock_error_us: int = 0
    """ACK: bound of the error of the server's clock; 0 where it does not know."""


class NotOurs(ValueError):
    """Bytes that are no packet of this form, or not of this key."""


class _Data(msgspec.Struct):
    sent: Millis = 0
    received: Millis = 0
    seq: Count = 0


class _Plain(msgspec.Struct):
    type: Kind
    data: _Data
    src_agent: Count = 0
    dst_agent: Count = 0
    timestamp: Millis = 0
    size: Count = 0


class _Brief(msgspec.Struct, omit_defaults=True):
    """The same with what is 0 left out: Go reads it alike."""

    type: Kind
    data: _Data
    src_agent: int = 0
    timestamp: int = 0


_plain = msgspec.json.Decoder(_Plain)


def is_sealed(datagram: bytes) -> bool:
    return datagram[:1] == _MAGIC


def plain(packet: Packet, *, size: int = 0, most: int | None = None) -> bytes | None:
    """NetWatcher's JSON, with spaces after it up to `size` bytes: a parser of JSON ignores them.

    Longer than `most` it says less; None where even that does not fit.
    """
    stamp_ms = (packet.received_ns or packet.sent_ns) // MS
    data = _Data(packet.sent_ns // MS, packet.received_ns // MS, packet.seq)
    full = _Plain(packet.kind, data, packet.src_agent, packet.dst_agent, stamp_ms)
    written = msgspec.json.encode(full)
    if packet.kind != ACK:  # NetWatcher's agent counts the length of the packet without it
        full.size = max(len(written), size)
        written = msgspec.json.encode(full)
    if most is not None and len(written) > most:
        brief = _Brief(packet.kind, data, packet.src_agent, stamp_ms)
        written = msgspec.json.encode(brief)
        if len(written) > most:
            brief.timestamp = 0
            written = msgspec.json.encode(brief)
        if len(written) > most:
            return None
    return written.ljust(size)


def read_plain(datagram: bytes) -> Packet:
    """Raises NotOurs."""
    try:
        found = _plain.decode(datagram)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise NotOurs(str(error)) from None
    return Packet(
        kind=found.type,
        seq=found.data.seq,
        src_agent=found.src_agent,
        dst_agent=found.dst_agent,
        sent_ns=found.data.sent * MS,
        received_ns=found.data.received * MS,
    )


_MAGIC: Final = b"\xf0"
_KINDS: Final[tuple[Kind, ...]] = (HELLO, ACK, DATA)
_HEAD: Final = struct.Struct("!cBBxIIQQIQQQIIII")
_TAG: Final = 16
SMALLEST: Final = _HEAD.size + _TAG
"""Bytes of a sealed packet at least."""
_PERSON: Final = b"fp-tsim1"


def sealed(packet: Packet, key: bytes, *, size: int = 0) -> bytes:
    """`size` bytes, or as many as it takes."""
    head = _HEAD.pack(
        _MAGIC,
        _KINDS.index(packet.kind),
        packet.tos,
        packet.src_agent,
        packet.dst_agent,
        packet.session,
        packet.cookie,
        packet.seq,
        packet.sent_ns,
        packet.received_ns,
        packet.answered_ns,
        packet.count,
        packet.highest,
        packet.duplicates,
        packet.clock_error_us,
    )
    body = head.ljust(size - _TAG, b"\0")
    return body + _tag(body, key)


def claimed_sender(datagram: bytes) -> int:
    """Which agent a sealed packet says that it is from: whose key to try. Raises NotOurs."""
    if len(datagram) < SMALLEST or not is_sealed(datagram):
        raise NotOurs("too short")
    return int.from_bytes(datagram[4:8], "big")


def read_sealed(datagram: bytes, key: bytes) -> Packet:
    """Raises NotOurs: also for every packet that was not made with this key."""
    claimed_sender(datagram)
    if not hmac.compare_digest(_tag(datagram[:-_TAG], key), datagram[-_TAG:]):
        raise NotOurs("not of this key")
    found = _HEAD.unpack_from(datagram)
    if found[1] >= len(_KINDS):
        raise NotOurs("no such kind")
    return Packet(
        kind=_KINDS[found[1]],
        tos=found[2],
        src_agent=found[3],
        dst_agent=found[4],
        session=found[5],
        cookie=found[6],
        seq=found[7],
        sent_ns=found[8],
        received_ns=found[9],
        answered_ns=found[10],
        count=found[11],
        highest=found[12],
        duplicates=found[13],
        clock_error_us=found[14],
    )


def _tag(body: bytes, key: bytes) -> bytes:
    return hashlib.blake2s(body, digest_size=_TAG, key=key, person=_PERSON).digest()
