"""Packets of MQTT 3.1.1 (OASIS, 2014): what a client says, and what a broker does. Pure."""

import enum
from typing import Final

MOST_LENGTH_BYTES: Final = 4
PROTOCOL_LEVEL: Final = 4
CLEAN_SESSION, HAS_PASSWORD, HAS_USER = 0x02, 0x40, 0x80


class PacketKind(enum.IntEnum):
    """The upper half of the first byte."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    SUBACK = 9
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class WrongPacket(ValueError):
    """What came is no packet, with the reason."""


REFUSALS: Final = {
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker does not take this client_id",
    3: "the broker is not available",
    4: "the broker refuses user or password",
    5: "the broker does not let this client in",
}
"""By the return code of a CONNACK."""


def connect(client_id: str, username: str, password: str, keep_alive_sec: int) -> bytes:
    flags, said = CLEAN_SESSION, _text(client_id)
    if username:
        flags |= HAS_USER
        said += _text(username)
    if password:
        flags |= HAS_PASSWORD
        said += _text(password)
    head = _text("MQTT") + bytes((PROTOCOL_LEVEL, flags)) + keep_alive_sec.to_bytes(2)
    return packet(PacketKind.CONNECT, head + said)


def subscribe(topic: str) -> bytes:
    return packet(PacketKind.SUBSCRIBE, b"\x00\x01" + _text(topic) + b"\x00", flags=0x02)


def packet(kind: PacketKind, body: bytes = b"", *, flags: int = 0) -> bytes:
    return bytes((kind << 4 | flags,)) + _length(len(body)) + body


def message_of(body: bytes, flags: int) -> bytes:
    """Return what a PUBLISH carries. Raises WrongPacket."""
    start = 2 + int.from_bytes(body[:2]) + (2 if flags & 0x06 else 0)
    if len(body) < start:
        raise WrongPacket("a message that is shorter than its topic")
    return body[start:]


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2) + data


def _length(length: int) -> bytes:
    found = bytearray()
    while True:
        length, digit = divmod(length, 128)
        found.append(digit | 0x80 if length else digit)
        if not length:
            return bytes(found)
