"""The packets of a trace, and what comes back, as bytes. Pure.

All packets of a flow look alike to routers that share load: ports (UDP), identifier (ICMP) and
checksum are constant. What varies is the sequence number, and 16 bits that make up for it.
"""

import struct
from typing import Final, Literal, NamedTuple, Protocol

import msgspec

from forepost.agent.cores.icmp.packet import IPV6, Form, quoted, reply, request
from forepost.agent.cores.stamps.messages import Trouble

SECRET_BITS: Final = 48
_WORD: Final = 0xFFFF
_FLOW_STEP: Final = 0x0101
_UDP: Final = struct.Struct("!HQ")
_SEQ: Final = struct.Struct("!H")

Mark = tuple[int, int | None]
"""Sequence number and token of a packet of ours; no token where a router quoted less."""
Verdict = Literal["passed", "reached", "refused"]


class HopAnswer(NamedTuple):
    verdict: Verdict
    refusal: str = ""


def token(secret: int, seq: int, flow: int) -> int:
    """64 bits that answer for a packet: `secret`, then what keeps the sum of all words constant.

    The sum of RFC 1071 is arithmetic modulo 65,535, in which 2^16 is 1.
    """
    return secret << 16 | (_FLOW_STEP * (flow + 1) - seq - secret) % _WORD


class Style(Protocol):
    """How the packets of one socket are written and read."""

    def packet(self, seq: int, token: int, size: int) -> bytes:
        """Write the packet of number `seq`, with `token` in it and `size` bytes of data."""
        ...

    def replied(self, data: bytes) -> Mark | None:
        """Read the mark out of the target's own answer; None: it is not to one of ours."""
        ...

    def quoted(self, data: bytes) -> Mark | None:
        """Read the mark out of what an ICMP error quotes; None: it is not one of ours."""
        ...

    @property
    def headers(self) -> int:
        """Bytes of headers in front of what an error quotes for us."""
        ...


class EchoStyle(msgspec.Struct, frozen=True):
    form: Form
    ident: int

    @property
    def headers(self) -> int:
        return 40 if self.form is IPV6 else 20

    def packet(self, seq: int, token: int, size: int) -> bytes:
        return request(self.form, self.ident, seq, token, bytes(max(0, size - 8)))

    def replied(self, data: bytes) -> Mark | None:
        return self._ours(reply(self.form, data))

    def quoted(self, data: bytes) -> Mark | None:
        return self._ours(quoted(self.form, data))

    def _ours(self, echo: tuple[int, int, int | None] | None) -> Mark | None:
        return None if echo is None or echo[0] != self.ident else (echo[1], echo[2])


class DatagramStyle(msgspec.Struct, frozen=True):
    v6: bool

    @property
    def headers(self) -> int:
        return 48 if self.v6 else 28

    def packet(self, seq: int, token: int, size: int) -> bytes:
        return _UDP.pack(seq, token) + bytes(max(0, size - _UDP.size))

    def replied(self, data: bytes) -> Mark | None:
        """Whoever sends our packet back: an echo service. Other answers name no packet."""
        return self.quoted(data)

    def quoted(self, data: bytes) -> Mark | None:
        """None also where a router quotes the UDP header only: which packet it was is unknown."""
        if len(data) >= _UDP.size:
            seq, token = _UDP.unpack_from(data)
            return seq, token
        return (_SEQ.unpack_from(data)[0], None) if len(data) >= _SEQ.size else None


_REFUSALS_V4: Final = {0: "!N", 1: "!H", 2: "!P", 4: "!F", 5: "!S", 6: "!N", 7: "!H"}
_REFUSALS_V6: Final = {0: "!N", 1: "!X", 2: "!S", 3: "!H", 4: "!p", 5: "!X", 6: "!X"}
_PROHIBITED_V4: Final = frozenset({9, 10, 13})


def said(trouble: Trouble, target: str, *, v6: bool) -> HopAnswer | None:
    """What an ICMP error says of the way to `target`; None for one that says nothing of it."""
    unreachable, exceeded, too_big = (1, 3, 2) if v6 else (3, 11, None)
    if trouble.kind == exceeded and trouble.code == 0:
        return HopAnswer("passed")
    if trouble.kind not in (unreachable, too_big):
        return None
    if trouble.offender == target:
        return HopAnswer("reached")
    if trouble.kind == too_big:
        return HopAnswer("refused", "!F")
    words = (_REFUSALS_V6 if v6 else _REFUSALS_V4).get(trouble.code, f"!{trouble.code}")
    prohibited = not v6 and trouble.code in _PROHIBITED_V4
    return HopAnswer("refused", "!X" if prohibited else words)
