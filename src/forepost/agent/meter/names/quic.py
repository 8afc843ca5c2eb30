"""The first packets of QUIC: RFC 9000, 9001 (version 1) and 9369 (version 2).

Their keys come from the connection id that the client chose: anybody on the way can read them. They
need AES, which the package cryptography has (extra `flows`); without it `available` is False.
"""

import hashlib
import hmac
from typing import Any, Final

from forepost.agent.meter.names.reader import Reader, Short, Wrong

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    available = True
except ImportError:
    available = False

V1, V2 = 1, 0x6B33_43CF
_SALT: Final = {
    V1: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
    V2: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
}
_LABEL: Final = {V1: b"quic", V2: b"quicv2"}
_INITIAL: Final = {V1: 0, V2: 1}
"""What the two type bits of an Initial packet are."""
LONGEST_ID: Final = 20
MOST_CRYPTO: Final = 16_384
MOST_FRAMES: Final = 256
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO = 0, 1, 2, 3, 6


def seems_quic(data: bytes) -> bool:
    """Whether a datagram begins with a long header of a version that is read here."""
    return len(data) > 6 and data[0] & 0xC0 == 0xC0 and int.from_bytes(data[1:5]) in _SALT


class ClientInitials:
    """What the Initial packets of one client carry, put together."""

    def __init__(self, data: bytes) -> None:
        """`data`: its first datagram. Raises Short, Wrong."""
        reader = Reader(data, 1)
        self._version = reader.number(4)
        if self._version not in _SALT or not available:
            raise Wrong
        self._keys = _Keys(self._version, _connection_id(reader))
        self._crypto: dict[int, bytes] = {}

    def add(self, data: bytes) -> None:
        """Take the Initial packets of a datagram; one of a server has other keys. Raises Wrong."""
        reader = Reader(data)
        for _ in range(4):
            if reader.left < 7 or not data[reader.at] & 0x80:
                return
            self._packet(reader)

    def message(self) -> bytes:
        """What there is from the beginning without a gap."""
        joined = b""
        for offset in sorted(self._crypto):
            if offset > len(joined):
                break
            joined += self._crypto[offset][len(joined) - offset :]
        return joined

    def _packet(self, reader: Reader) -> None:
        start = reader.at
        first = reader.number(1)
        if reader.number(4) != self._version:
            raise Wrong
        _connection_id(reader)
        _connection_id(reader)
        if first >> 4 & 3 != _INITIAL[self._version]:
            raise Wrong
        reader.skip(_varint(reader))
        length = _varint(reader)
        number_at = reader.at
        reader.skip(length)
        packet = reader.data[start : reader.at]
        self._frames(self._keys.open(packet, number_at - start))

    def _frames(self, plain: bytes) -> None:
        frames = Reader(plain)
        for _ in range(MOST_FRAMES):
            if not frames.left:
                return
            kind = frames.number(1)
            if kind == _CRYPTO:
                offset, size = _varint(frames), _varint(frames)
                if offset + size > MOST_CRYPTO:
                    raise Wrong
                self._crypto[offset] = max(
                    self._crypto.get(offset, b""), frames.take(size), key=len
                )
            elif kind in (_ACK, _ACK_ECN):
                _acknowledgement(frames, kind)
            elif kind == _PADDING:
                _padding(frames)
            elif kind != _PING:
                return  # the connection ends: nothing of interest follows


class _Keys:
    """Of the client's Initial packets (RFC 9001, section 5.2)."""

    def __init__(self, version: int, connection_id: bytes) -> None:
        initial = hmac.digest(_SALT[version], connection_id, hashlib.sha256)
        secret = _expand(initial, b"client in", 32)
        label = _LABEL[version]
        self._iv = _expand(secret, label + b" iv", 12)
        self._aead: Any = AESGCM(_expand(secret, label + b" key", 16))
        one_block = modes.ECB()  # noqa: S305 - as the RFC says
        self._mask: Any = Cipher(algorithms.AES(_expand(secret, label + b" hp", 16)), one_block)

    def open(self, packet: bytes, number_at: int) -> bytes:
        """Take off the protection of header and payload. Raises Short, Wrong."""
        sample = packet[number_at + 4 : number_at + 20]
        if len(sample) < 16:
            raise Short
        mask = self._mask.encryptor().update(sample)
        first = packet[0] ^ (mask[0] & 0x0F)
        size = (first & 3) + 1
        number = bytes(
            p ^ m for p, m in zip(packet[number_at : number_at + size], mask[1:], strict=False)
        )
        header = bytes((first,)) + packet[1:number_at] + number
        nonce = int.from_bytes(self._iv) ^ int.from_bytes(number)
        try:
            opened = self._aead.decrypt(nonce.to_bytes(12), packet[number_at + size :], header)
        except InvalidTag:
            raise Wrong from None
        return bytes(opened)


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label of RFC 8446 with an empty context; `size` is one block at most."""
    full = b"tls13 " + label
    info = size.to_bytes(2) + bytes((len(full),)) + full + b"\0"
    return hmac.digest(secret, info + b"\1", hashlib.sha256)[:size]


def _connection_id(reader: Reader) -> bytes:
    size = reader.number(1)
    if size > LONGEST_ID:
        raise Wrong
    return reader.take(size)


def _varint(reader: Reader) -> int:
    """RFC 9000, section 16."""
    first = reader.number(1)
    size = 1 << (first >> 6)
    value = first & 0x3F
    return value << 8 * (size - 1) | reader.number(size - 1)


def _acknowledgement(frames: Reader, kind: int) -> None:
    _varint(frames)
    _varint(frames)
    ranges = _varint(frames)
    if ranges > MOST_FRAMES:
        raise Wrong
    for _ in range(1 + 2 * ranges + (3 if kind == _ACK_ECN else 0)):
        _varint(frames)


def _padding(frames: Reader) -> None:
    data = frames.data
    while frames.left and data[frames.at] == 0:
        frames.at += 1
