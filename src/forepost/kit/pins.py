"""TLS with a server that is known by its key, whoever signed its certificate.

A pin is the SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469), in hex. It takes the place
of certificate authorities, names and dates: the handshake shows that the server has the key.
"""

import hashlib
import hmac
import re
import ssl
from functools import lru_cache
from typing import Any, Final

PIN: Final = re.compile("[0-9a-f]{64}")


@lru_cache(maxsize=8)
def pinned(pin: str) -> ssl.SSLContext:
    """A handshake ends with SSLCertVerificationError, before a byte of ours is sent, unless the
    server has the key of this pin.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    hold_to(context, pin)
    return context


def hold_to(context: ssl.SSLContext, pin: str) -> None:
    """Whatever else it asks for, handshakes of this context end without the key of this pin."""

    class Socket(ssl.SSLSocket):
        def do_handshake(self, *arguments: Any) -> None:
            super().do_handshake(*arguments)
            check(self.getpeercert(binary_form=True), pin)

    class Object(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            check(self.getpeercert(binary_form=True), pin)

    context.sslsocket_class, context.sslobject_class = Socket, Object


def check(certificate: bytes | None, pin: str) -> None:
    """Raises SSLCertVerificationError, whatever the certificate is."""
    try:
        found = pin_of(certificate or b"")
    except ValueError:
        found = "none that can be read"
    if not hmac.compare_digest(found, pin):
        raise ssl.SSLCertVerificationError(
            f"the server's key is not the pinned one: its pin is {found}"
        )


def pin_of(certificate: bytes) -> str:
    """Of a certificate in DER. Raises ValueError."""
    from asn1crypto.x509 import Certificate  # noqa: PLC0415 - memory, where nothing is pinned

    key = Certificate.load(certificate)["tbs_certificate"]["subject_public_key_info"]
    return hashlib.sha256(key.dump()).hexdigest()


def as_pin(text: str) -> str:
    """In hex, with or without colons. Raises ValueError."""
    pin = text.strip().replace(":", "").lower()
    if not PIN.fullmatch(pin):
        raise ValueError("is not the SHA-256 of a public key: 64 hex digits")
    return pin
