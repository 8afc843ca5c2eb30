"""Keys of QUIC's Initial packets: RFC 9001, section 5.2, and RFC 9369, section 3.3.

HMAC is that of the package cryptography too: hashlib would bring a second OpenSSL (3.5 MiB).
"""

from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from forepost.agent.meter.names.reader import Short, Unreadable

_V1: Final = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_DRAFT: Final = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
_SALT: Final = {
    1: _V1,
    **dict.fromkeys(range(0xFF00_001D, 0xFF00_0021), _DRAFT),  # 29 to 32
    0xFF00_0021: _V1,
    0xFF00_0022: _V1,
    0x6B33_43CF: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
}
_LABEL: Final = {0x6B33_43CF: b"quicv2"}


class Keys:
    """Of the client's Initial packets."""

    def __init__(self, version: int, connection_id: bytes) -> None:
        initial = _hmac(_SALT[version], connection_id)
        secret = _expand(initial, b"client in", 32)
        label = _LABEL.get(version, b"quic")
        self._iv = _expand(secret, label + b" iv", 12)
        self._aead: Any = AESGCM(_expand(secret, label + b" key", 16))
        one_block = modes.ECB()  # noqa: S305 - as the RFC says
        self._mask: Any = Cipher(algorithms.AES(_expand(secret, label + b" hp", 16)), one_block)

    def open(self, packet: bytes, number_at: int) -> bytes:
        """Take off the protection of header and payload. Raises Short, Unreadable."""
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
            raise Unreadable from None
        return bytes(opened)


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label of RFC 8446 with an empty context; `size` is one block at most."""
    full = b"tls13 " + label
    info = size.to_bytes(2) + bytes((len(full),)) + full + b"\0"
    return _hmac(secret, info + b"\1")[:size]


def _hmac(key: bytes, data: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()
