"""What a probe brings of its own for TLS: whom it trusts, and who it is."""

import re
from typing import Annotated, Final

from msgspec import Meta

Pem = Annotated[str, Meta(max_length=60_000)]

_BLOCK: Final = re.compile(
    r"-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END \1-----"
)
_CERTIFICATES: Final = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_SEALED: Final = "ENCRYPTED"


def check_pem(ca_pem: str, client_certificate_pem: str, client_key_pem: str) -> None:
    """Raises ValueError, with the name of the field."""
    for field, text in (
        ("ca_pem", ca_pem),
        ("client_certificate_pem", client_certificate_pem),
    ):
        if text and not _kinds(text) & _CERTIFICATES:
            raise ValueError(f"{field}: there is no certificate in PEM in it")
    if bool(client_certificate_pem) != bool(client_key_pem):
        missing = "client_key_pem" if client_certificate_pem else "client_certificate_pem"
        raise ValueError(f"{missing}: certificate and key go together")
    if not client_key_pem:
        return
    if _SEALED in client_key_pem:
        raise ValueError("client_key_pem: it must not be sealed with a password")
    if not any(kind.endswith("PRIVATE KEY") for kind in _kinds(client_key_pem)):
        raise ValueError("client_key_pem: there is no key in PEM in it")


def _kinds(text: str) -> frozenset[str]:
    return frozenset(found.group(1) for found in _BLOCK.finditer(text))
