"""DNS messages: RFC 1035. Questions, and the addresses of answers."""

import struct
from typing import Final

import msgspec

from forepost.agent.meter.names.reader import Short, Unreadable, host_name_of, words
from forepost.wire.flows.meter import Facts, FlowLabel

A, AAAA, CNAME = 1, 28, 5
TYPES: Final = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA",
                33: "SRV", 35: "NAPTR", 43: "DS", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS",
                255: "ANY"}  # fmt: skip
CODES: Final = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
MOST_CODE: Final = 10
MOST_RECORDS: Final = 100
MOST_JUMPS: Final = 16
MOST_LABELS: Final = 128
_HEAD: Final = struct.Struct("!6H")
_SIZE: Final = {A: 4, AAAA: 16}


class Message(msgspec.Struct, frozen=True):
    is_answer: bool
    code: str
    name: str
    """That is asked for; empty where it is no host's."""
    type: str
    addresses: tuple[bytes, ...]
    """Of the name, by whatever aliases."""


def message(data: bytes) -> Message:
    """Raises Short, Unreadable."""
    if len(data) < _HEAD.size:
        raise Short
    _, flags, questions, answers, _, _ = _HEAD.unpack_from(data)
    if flags >> 11 & 15 not in (0, 4, 5) or questions != 1:
        raise Unreadable
    raw, at = _name(data, _HEAD.size)
    kind = _number(data, at)
    at += 4
    addresses: list[bytes] = []
    code = flags & 15
    if flags & 0x8000 and not code:
        for _ in range(min(answers, MOST_RECORDS)):
            _, at = _name(data, at)
            found, size = _number(data, at), _number(data, at + 8)
            at += 10
            if len(data) < at + size:
                break  # cut, or lost on the way: what there is counts
            if _SIZE.get(found) == size:
                addresses.append(data[at : at + size])
            at += size
    return Message(
        bool(flags & 0x8000),
        CODES[code] if code < len(CODES) else str(code),
        host_name_of(raw),
        TYPES.get(kind, str(kind)),
        tuple(addresses),
    )


def seems_dns(data: bytes) -> bool:
    """Whether it has the shape of a message, on whatever port: one question of a usual type, in
    the Internet's class, and nothing behind it in a query but what EDNS adds.
    """
    if len(data) < _HEAD.size + 5:
        return False
    _, flags, questions, answers, authorities, more = _HEAD.unpack_from(data)
    is_answer = bool(flags & 0x8000)
    if flags & 0x7840 or questions != 1 or flags & 15 > MOST_CODE:
        return False
    if not is_answer and (answers or authorities or more > 2 or flags & 15):
        return False
    try:
        raw, at = _name(data, _HEAD.size)
        kind, class_ = _number(data, at), _number(data, at + 2)
    except (Short, Unreadable):
        return False
    named = not raw or bool(host_name_of(raw))
    return named and kind in TYPES and class_ == 1 and (is_answer or more or len(data) == at + 4)


def label(key: bytes, direction: int, said: Message, confidence: int) -> FlowLabel:
    return FlowLabel(
        key=key,
        protocol="DNS",
        reason="dns_query",
        confidence=confidence,
        facts=Facts(
            dns_query=said.name,
            dns_type=said.type,
            dns_code=said.code if said.is_answer else "",
        ),
        final=said.is_answer,
        client=direction ^ said.is_answer,
    )


def local_message(data: bytes) -> Message:
    """Of MDNS (RFC 6762) or LLMNR (RFC 4795): any number of questions, or answers alone; the first
    of either. Its names have spaces and underscores. Raises Short, Unreadable.
    """
    if len(data) < _HEAD.size:
        raise Short
    _, flags, questions, answers, *_ = _HEAD.unpack_from(data)
    if flags >> 11 & 15 or not questions + answers:
        raise Unreadable
    raw, at = _name(data, _HEAD.size)
    kind = _number(data, at)
    if _number(data, at + 2) & 0x7FFF not in (1, 255):
        raise Unreadable
    code = flags & 15
    return Message(
        bool(flags & 0x8000),
        CODES[code] if code < len(CODES) else str(code),
        words(raw, 253),
        TYPES.get(kind, str(kind)),
        (),
    )


def _number(data: bytes, at: int) -> int:
    if len(data) < at + 2:
        raise Short
    return data[at] << 8 | data[at + 1]


def _name(data: bytes, at: int) -> tuple[bytes, int]:
    """A name and where it ends. Pointers go backwards only, so that they end."""
    labels: list[bytes] = []
    behind = 0
    jumps = 0
    while True:
        if at >= len(data):
            raise Short
        size = data[at]
        if size == 0:
            return b".".join(labels), behind or at + 1
        if size & 0xC0 == 0xC0:
            target = _number(data, at) & 0x3FFF
            behind = behind or at + 2
            jumps += 1
            if target >= at or jumps > MOST_JUMPS:
                raise Unreadable
            at = target
        elif size & 0xC0 or len(labels) >= MOST_LABELS:
            raise Unreadable
        else:
            labels.append(data[at + 1 : at + 1 + size])
            at += 1 + size
