"""What a host says of itself in DHCP: RFC 2131 and 2132."""

from typing import Final

import msgspec

from forepost.agent.meter.names.reader import Reader, Short, Unreadable, words

_COOKIE: Final = b"\x63\x82\x53\x63"
_OPTIONS_AT: Final = 240
_HOST, _ASKED, _VENDOR, _PAD, _END = 12, 55, 60, 0, 255
MOST_OPTIONS: Final = 64


class DhcpRequest(msgspec.Struct, frozen=True):
    host: str
    vendor: str
    fingerprint: str
    """The options that it asks for, in its order: "1,3,6"."""


def is_answer(data: bytes) -> bool:
    """Of a server."""
    return data[:1] == b"\2" and data[_OPTIONS_AT - 4 : _OPTIONS_AT] == _COOKIE


def request(data: bytes) -> DhcpRequest:
    """Of a client. Raises Short, Unreadable."""
    if len(data) < _OPTIONS_AT:
        raise Short
    if data[0] != 1 or data[_OPTIONS_AT - 4 : _OPTIONS_AT] != _COOKIE:
        raise Unreadable
    options = Reader(data, _OPTIONS_AT)
    found: dict[int, bytes] = {}
    for _ in range(MOST_OPTIONS):
        kind = options.number(1) if options.left else _END
        if kind == _END:
            break
        if kind != _PAD:
            found.setdefault(kind, options.inside(1).rest())
    return DhcpRequest(
        words(found.get(_HOST, b""), 64),
        words(found.get(_VENDOR, b""), 64),
        ",".join(str(option) for option in found.get(_ASKED, b"")[:64]),
    )
