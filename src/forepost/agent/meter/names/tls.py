"""The hellos of TLS: RFC 8446 and 5246, SNI RFC 6066, ALPN RFC 7301."""

import re
from typing import Final

import msgspec

from forepost.agent.meter.names.reader import Reader, Short, Unreadable, host_name_of, words

HANDSHAKE, CLIENT_HELLO, SERVER_HELLO = 22, 1, 2
LONGEST_HELLO: Final = 16_384
MOST_RECORDS: Final = 8
MOST_EXTENSIONS: Final = 64
_SNI, _ALPN, _VERSIONS, _ECH = 0, 16, 43, 0xFE0D
_HELLO: Final = re.compile(rb"\x16\x03[\x00-\x04]..[\x01\x02]\x00..\x03[\x00-\x03]", re.DOTALL)
_NAMES: Final = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2",
                 0x0304: "TLS 1.3"}  # fmt: skip


class ClientHello(msgspec.Struct, frozen=True):
    server_name: str
    alpn: tuple[str, ...]
    version: str
    """The highest that it offers."""
    ech: bool = False
    """It has an encrypted hello inside, or pretends to: `server_name` is the outer one."""


class ServerHello(msgspec.Struct, frozen=True):
    alpn: str
    """Empty in TLS 1.3: it is encrypted there."""
    version: str
    cipher: str
    """IANA's number: "0x1301"."""


def seems_tls(data: bytes) -> bool:
    """Whether a stream begins as TLS: a handshake record of version 3."""
    return data[:2] == b"\x16\x03" or (len(data) == 1 and data == b"\x16")


def hello_at(stream: bytes, most: int) -> int | None:
    """Where a hello begins behind something else: a command that asks for TLS, a proxy's words."""
    found = _HELLO.search(stream, 1, most)
    return found.start() if found else None


def handshake(stream: bytes) -> bytes:
    """The handshake messages in the records that are whole or begun. Raises Unreadable."""
    records = Reader(stream)
    message = b""
    for _ in range(MOST_RECORDS):
        if records.left < 5 or records.data[records.at] != HANDSHAKE:
            break
        kind, version, length = records.number(1), records.number(2), records.number(2)
        if kind != HANDSHAKE or version >> 8 != 3 or length > LONGEST_HELLO + 256:
            raise Unreadable
        message += records.take(min(length, records.left))
    return message


def client_hello(message: bytes) -> ClientHello:
    """Raises Short, Unreadable."""
    body = _body(message, CLIENT_HELLO)
    version = body.number(2)
    body.skip(32)
    body.inside(1)
    body.inside(2)
    body.inside(1)
    name, offered, ech = "", [version], False
    alpn: tuple[str, ...] = ()
    for kind, extension in _extensions(body):
        if kind == _SNI and extension.left:
            name = _server_name(extension)
        elif kind == _ALPN:
            alpn = _protocols(extension)
        elif kind == _ECH:
            ech = True
        elif kind == _VERSIONS:
            listed = extension.inside(1)
            offered += [listed.number(2) for _ in range(min(listed.left // 2, 32))]
    return ClientHello(name, alpn, _highest(offered), ech)


def server_hello(message: bytes) -> ServerHello:
    """Raises Short, Unreadable."""
    body = _body(message, SERVER_HELLO)
    version = body.number(2)
    body.skip(32)
    body.inside(1)
    cipher = body.number(2)
    body.skip(1)
    alpn: tuple[str, ...] = ()
    for kind, extension in _extensions(body):
        if kind == _ALPN:
            alpn = _protocols(extension)
        elif kind == _VERSIONS and extension.left == 2:
            version = extension.number(2)
    return ServerHello(alpn[0] if alpn else "", _highest([version]), f"0x{cipher:04x}")


def _body(message: bytes, kind: int) -> Reader:
    reader = Reader(message)
    if reader.number(1) != kind:
        raise Unreadable
    length = reader.number(3)
    if length > LONGEST_HELLO:
        raise Unreadable
    if reader.left < length:
        raise Short
    return Reader(message, reader.at, reader.at + length)


def _extensions(body: Reader) -> list[tuple[int, Reader]]:
    if not body.left:
        return []
    every = body.inside(2)
    found: list[tuple[int, Reader]] = []
    while every.left and len(found) < MOST_EXTENSIONS:
        found.append((every.number(2), every.inside(2)))
    return found


def _server_name(extension: Reader) -> str:
    names = extension.inside(2)
    if not names.left or names.number(1) != 0:
        return ""
    return host_name_of(names.inside(2).rest())


def _protocols(extension: Reader) -> tuple[str, ...]:
    listed = extension.inside(2)
    found: list[str] = []
    while listed.left and len(found) < 16:
        found.append(words(listed.inside(1).rest(), 32))
    return tuple(found)


def _highest(versions: list[int]) -> str:
    """Without the values that are drawn to be ignored (GREASE, RFC 8701)."""
    known = [version for version in versions if version in _NAMES]
    return _NAMES[max(known)] if known else ""
