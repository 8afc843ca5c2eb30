"""Messages of a TLS handshake, as far as a failed one is to be told: what a server said. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec

VERSIONS: Final = {
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    0x0303: "TLS 1.2",
    0x0304: "TLS 1.3",
}
MOST_CERTIFICATES: Final = 100
_HEAD: Final = 4
"""Bytes of each message: its type and its length."""
_SUPPORTED_VERSIONS: Final = 43


class SaidHello(msgspec.Struct, frozen=True):
    version: str
    """"TLS 1.3"; "" for one that nobody knows."""
    cipher: int
    """IANA's number of the cipher suite."""


class _Short(ValueError):
    """It ends too early."""


def server_hello(message: bytes) -> SaidHello | None:
    """Read a ServerHello, with its head; None where it is none."""
    try:
        version, rest = _number(message[_HEAD:], 2)
        _, rest = _taken(rest, 32)  # random
        _, rest = _vector(rest, 1)  # session
        cipher, rest = _number(rest, 2)
        _, rest = _taken(rest, 1)  # compression
        extensions = _vector(rest, 2)[0] if rest else b""
        while extensions:
            kind, extensions = _number(extensions, 2)
            said, extensions = _vector(extensions, 2)
            if kind == _SUPPORTED_VERSIONS:
                version, _ = _number(said, 2)
    except _Short:
        return None
    return SaidHello(VERSIONS.get(version, ""), cipher)


def certificates(message: bytes, version: str) -> Iterator[bytes]:
    """Yield the certificates (DER) of a Certificate message, with its head, as far as it goes."""
    with_extensions = version == "TLS 1.3"
    try:
        rest = message[_HEAD:]
        if with_extensions:
            _, rest = _vector(rest, 1)  # context
        listed, _ = _vector(rest, 3)
        for _ in range(MOST_CERTIFICATES):
            if not listed:
                return
            one, listed = _vector(listed, 3)
            if with_extensions:
                _, listed = _vector(listed, 2)
            yield one
    except _Short:
        return


def _taken(data: bytes, length: int) -> tuple[bytes, bytes]:
    if len(data) < length:
        raise _Short
    return data[:length], data[length:]


def _number(data: bytes, length: int) -> tuple[int, bytes]:
    head, rest = _taken(data, length)
    return int.from_bytes(head), rest


def _vector(data: bytes, length_bytes: int) -> tuple[bytes, bytes]:
    """Bytes after their length."""
    length, rest = _number(data, length_bytes)
    return _taken(rest, length)
