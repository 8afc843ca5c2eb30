"""What a proxy says before the connection that it carries: PROXY (haproxy) and SOCKS (RFC 1928)."""

import re
from typing import Final

from forepost.agent.meter.names.reader import Reader, Short

_PROXY_1: Final = re.compile(rb"PROXY (?:TCP4|TCP6|UNKNOWN)[ -~]{0,96}\r\n")
_PROXY_2: Final = bytes.fromhex("0d0a0d0a000d0a515549540a")
_SOCKS_5, _PASSWORD = 5, 1
_FIRST: Final = frozenset(bytes((first,)) for first in b"P\r\0SN\5\4")
"""Bytes that one of them begins with."""
_ADDRESS_BYTES: Final = {1: 4, 4: 16}
_DOMAIN: Final = 3
_POSTGRESQL: Final = frozenset({80_877_103, 80_877_104})
"""SSLRequest, GSSENCRequest."""
_NO_AUTHENTICATION: Final = 0


def behind(stream: bytes) -> bytes:
    """What follows the words of a proxy, or a request for TLS; the same where there are none. Of
    the answering side only SOCKS and the one letter of PostgreSQL have words of their own.
    """
    if stream[:1] not in _FIRST:
        return stream
    if found := _PROXY_1.match(stream):
        return stream[found.end() :]
    try:
        if stream.startswith(_PROXY_2):
            return stream[16 + int.from_bytes(stream[14:16]) :]
        if stream[:4] == b"\0\0\0\x08" and int.from_bytes(stream[4:8]) in _POSTGRESQL:
            return stream[8:]
        if stream[:3] in (b"S\x16\x03", b"N\x16\x03"):
            return stream[1:]
        if stream[:1] == bytes((_SOCKS_5,)):
            return _behind_socks_5(stream)
        if stream[:2] == b"\x04\1":
            return _behind_socks_4(stream)
        if stream[:2] == b"\0\x5a":
            return stream[8:]
    except Short:
        pass
    return stream


def _behind_socks_5(stream: bytes) -> bytes:
    """Of the client, else of the server. Raises Short."""
    for words in (_client, _server):
        try:
            return stream[words(stream) :]
        except (Short, ValueError):
            continue
    return stream


def _client(stream: bytes) -> int:
    """Methods, perhaps a user and password, a request: where they end. Raises Short, ValueError."""
    said = Reader(stream, 1)
    said.skip(said.number(1))
    if said.left and stream[said.at] == _PASSWORD:
        said.skip(1)
        said.skip(said.number(1))
        said.skip(said.number(1))
    return _request(said)


def _server(stream: bytes) -> int:
    """The chosen method, perhaps that the password is right, an answer."""
    said = Reader(stream, 1)
    if said.number(1) != _NO_AUTHENTICATION:
        said.skip(2)
    return _request(said)


def _request(said: Reader) -> int:
    if said.number(1) != _SOCKS_5:
        raise ValueError
    said.skip(2)
    kind = said.number(1)
    if kind == _DOMAIN:
        said.skip(said.number(1))
    else:
        said.skip(_ADDRESS_BYTES.get(kind, 0) or _unknown())
    said.skip(2)
    return said.at


def _unknown() -> int:
    raise ValueError


def _behind_socks_4(stream: bytes) -> bytes:
    """Raises Short."""
    said = Reader(stream, 8)
    end = _past(stream, said.at)
    if stream[4:7] == bytes(3) and stream[7]:  # SOCKS 4a: a name follows
        end = _past(stream, end)
    return stream[end:]


def _past(stream: bytes, at: int) -> int:
    end = stream.find(b"\0", at, at + 512)
    if end < 0:
        raise Short
    return end + 1
