"""The packet of NTP (RFC 5905, 7.3): the question, and how an answer is read. Pure."""

import struct
from ipaddress import IPv4Address
from typing import Final

import msgspec

PACKET: Final = struct.Struct("!BBbbII4sQQQQ")
"""Leap, version and mode; stratum, poll, precision, root delay, root dispersion, reference,
reference time, origin, receive and transmit time."""
CLIENT, SERVER = 3, 4
VERSION: Final = 4
UNIX_EPOCH: Final = 2_208_988_800
"""Seconds from 1900 to 1970."""
ERA: Final = 1 << 32
"""Seconds."""
LEAPS: Final = ("none", "insert", "delete", "unsynchronised")
MOST_STRATUM: Final = 15


class WrongAnswer(ValueError):
    """What came is no answer to the question, with the reason."""


class NtpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Times in s since 1970."""

    leap: str
    stratum: int
    """0: a kiss of death; its code is the reference."""
    precision_sec: float
    root_delay_sec: float
    root_dispersion_sec: float
    reference: str
    received: float
    transmitted: float


def question(cookie: int) -> bytes:
    """`cookie`: 64 random bits that come back as the origin; a client need not tell its time."""
    head = VERSION << 3 | CLIENT
    return PACKET.pack(head, 0, 0, 0, 0, 0, bytes(4), 0, 0, 0, cookie)


def answer_to(cookie: int, data: bytes, now: float) -> NtpAnswer:
    """`now`: s since 1970, for the era of the server's times. Raises WrongAnswer."""
    if len(data) < PACKET.size:
        raise WrongAnswer("too short for NTP")
    head, stratum, _, precision, delay, dispersion, reference, _, origin, received, sent = (
        PACKET.unpack_from(data)
    )
    if head & 7 != SERVER:
        raise WrongAnswer("no answer of a server")
    if origin != cookie:
        raise WrongAnswer("an answer to another question")
    return NtpAnswer(
        leap=LEAPS[head >> 6],
        stratum=stratum,
        precision_sec=2.0**precision,
        root_delay_sec=delay / 65_536,
        root_dispersion_sec=dispersion / 65_536,
        reference=_reference(reference, stratum),
        received=_unix(received, now),
        transmitted=_unix(sent, now),
    )


def _reference(data: bytes, stratum: int) -> str:
    if stratum > 1:
        return str(IPv4Address(data))
    return "".join(chr(byte) for byte in data if 33 <= byte < 127)


def _unix(time: int, now: float) -> float:
    """Return the time in the era in which it is nearest to `now`."""
    sec = time / ERA - UNIX_EPOCH
    return sec + round((now - sec) / ERA) * ERA
