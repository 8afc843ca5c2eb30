"""Echo requests and replies as bytes: RFC 792 (IPv4) and RFC 4443 (IPv6). Pure."""

import struct
from typing import Final

import msgspec

TOKEN_BYTES: Final = 8

_HEADER: Final = struct.Struct("!BBHHHQ")
_QUOTED: Final = struct.Struct("!BBHHH")
_REST: Final = struct.Struct("!HHQ")


class Form(msgspec.Struct, frozen=True):
    """How one kind of socket wants its packets."""

    request: int
    reply: int
    own_checksum: bool
    """The kernel fills it in for all but raw IPv4."""
    ip_header: bool
    """What is received begins with the IP header: raw IPv4 only."""


RAW_IPV4: Final = Form(8, 0, own_checksum=True, ip_header=True)
DATAGRAM_IPV4: Final = Form(8, 0, own_checksum=False, ip_header=False)
IPV6: Final = Form(128, 129, own_checksum=False, ip_header=False)


Echo = tuple[int, int, int | None]
"""Identifier, sequence number, token; no token where a router quoted less of our request."""


def request(form: Form, ident: int, seq: int, token: int, zeros: bytes) -> bytes:
    """Encode a request: the 64-bit token is the first of its data, then `zeros`.

    The checksum of RFC 1071, the sum of 16-bit words with end-around carry, is arithmetic modulo
    65,535, in which a 64-bit number is the sum of its words, and zeros add nothing.
    """
    if not form.own_checksum:
        return _HEADER.pack(form.request, 0, 0, ident, seq, token) + zeros
    total = (form.request << 8) + ident + seq + token
    return _HEADER.pack(form.request, 0, -total % 0xFFFF, ident, seq, token) + zeros


def reply(form: Form, data: bytes) -> Echo | None:
    """Decode what a socket received; None for anything that is no reply of ours."""
    start = (data[0] & 0x0F) * 4 if form.ip_header and data else 0
    if len(data) < start + _HEADER.size or data[start] != form.reply:
        return None
    return _REST.unpack_from(data, start + 4)


def quoted(form: Form, data: bytes) -> Echo | None:
    """Decode the part of our own request that an ICMP error carries back, from its ICMP header."""
    if len(data) < _QUOTED.size or data[0] != form.request:
        return None
    if len(data) < _HEADER.size:
        _, _, _, ident, seq = _QUOTED.unpack_from(data)
        return ident, seq, None
    return _REST.unpack_from(data, 4)


_UNREACHABLE_V4: Final = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "packet too big",
    5: "source route failed",
    6: "network unknown",
    7: "host unknown",
    9: "network administratively prohibited",
    10: "host administratively prohibited",
    13: "administratively prohibited",
}
_UNREACHABLE_V6: Final = {
    0: "no route",
    1: "administratively prohibited",
    2: "beyond scope of source address",
    3: "address unreachable",
    4: "port unreachable",
    5: "source address failed policy",
    6: "route rejected",
}
_OTHERS: Final = {
    (False, 11): "time to live exceeded",
    (False, 12): "parameter problem",
    (True, 2): "packet too big",
    (True, 3): "hop limit exceeded",
    (True, 4): "parameter problem",
}


_NOTES: Final = frozenset({(False, 4), (False, 5), (True, 137)})
"""Source quench and redirect: the packet goes on its way (RFC 792, RFC 6633, RFC 4861)."""
_ENDS_V4: Final = frozenset({2, 3, 4})
"""Codes of "destination unreachable" that are final by RFC 1122, 4.2.3.9; the others are hints."""


def is_final(form: Form, kind: int, code: int) -> bool:
    """Whether an ICMP error leaves no hope of an answer. After any other the packet, or another
    copy of it, may still arrive: routes move, and several routers may speak of one packet.
    """
    if form is IPV6:
        return kind == 2 or (kind, code) == (1, 4)
    return kind == 3 and code in _ENDS_V4


def meaning(form: Form, kind: int, code: int) -> str:
    """Say an ICMP error in words (type and code of RFC 792, RFC 1812, RFC 4443); "" for a note
    that says nothing of the packet's end.
    """
    v6 = form is IPV6
    if (v6, kind) in _NOTES:
        return ""
    if kind == (1 if v6 else 3):
        words = (_UNREACHABLE_V6 if v6 else _UNREACHABLE_V4).get(code)
        return f"destination unreachable: {words or f'code {code}'}"
    return _OTHERS.get((v6, kind), f"ICMP type {kind} code {code}")
