"""What a device is called by its public key."""

import base64
import hashlib
from typing import Final

ID_BYTES: Final = 20


def device_ids(spki: bytes) -> tuple[str, str]:
    """Return the id of whoever has a public key (SubjectPublicKeyInfo, DER): base32, and hex."""
    first = hashlib.sha256(spki).digest()[:ID_BYTES]
    return base64.b32encode(first).decode(), first.hex()
