"""The encryption of SNMP version 3, by pysnmp on top of the package cryptography."""

from typing import Any, Final

from pyasn1.type import univ

# Imports in circles: what follows can only be imported after it.
from pysnmp.proto.secmod.rfc3414 import service  # noqa: F401

# isort: split
from pysnmp.proto.error import ProtocolError, StatusInformation
from pysnmp.proto.secmod.eso.priv import aes192, aes256
from pysnmp.proto.secmod.rfc3414.auth import hmacmd5, hmacsha
from pysnmp.proto.secmod.rfc3414.priv import des
from pysnmp.proto.secmod.rfc3826.priv import aes
from pysnmp.proto.secmod.rfc7860.auth.hmacsha2 import HmacSha2

_CIPHERS: Final[dict[str, Any]] = {
    "DES": des.Des(),
    "AES": aes.Aes(),
    "AES192": aes192.AesBlumenthal192(),
    "AES256": aes256.AesBlumenthal256(),
    "AES192C": aes192.Aes192(),
    "AES256C": aes256.Aes256(),
}
"""One of each for the whole process: they count their salts, which must not come twice."""
_HASHES: Final[dict[str, Any]] = {
    "MD5": hmacmd5.HmacMd5.SERVICE_ID,
    "SHA": hmacsha.HmacSha.SERVICE_ID,
    "SHA1": hmacsha.HmacSha.SERVICE_ID,
    "SHA224": HmacSha2.SHA224_SERVICE_ID,
    "SHA256": HmacSha2.SHA256_SERVICE_ID,
    "SHA384": HmacSha2.SAH384_SERVICE_ID,
    "SHA512": HmacSha2.SHA512_SERVICE_ID,
}
Parameters = tuple[int, int, Any]
"""Boots and time of the engine, and the salt."""


class Privacy:
    """Encrypts and decrypts by one protocol of SNMP version 3."""

    def __init__(self, protocol: str, auth_protocol: str) -> None:
        self._cipher, self._hash = _CIPHERS[protocol], _HASHES[auth_protocol]

    def localized(self, password: str, engine: bytes) -> Any:
        key = self._cipher.hash_passphrase(self._hash, univ.OctetString(password.encode()))
        return self._cipher.localize_key(self._hash, key, univ.OctetString(engine))

    def encrypt(self, key: Any, parameters: Parameters, plain: bytes) -> tuple[bytes, bytes]:
        """Return the text and its salt."""
        text, salt = self._cipher.encrypt_data(key, parameters, plain)
        return bytes(text), bytes(salt)

    def decrypt(self, key: Any, parameters: Parameters, text: bytes) -> bytes | None:
        """None: it cannot be."""
        boots, time, salt = parameters
        at = (boots, time, univ.OctetString(salt))
        try:
            return bytes(self._cipher.decrypt_data(key, at, univ.OctetString(text)))
        except (StatusInformation, ProtocolError, ValueError, TypeError):
            return None
