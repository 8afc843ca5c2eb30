"""TLS: one handshake, and the certificates that were shown."""

from typing import Any, ClassVar, Final

from forepost.controller.payloads.payload import (
    NO_MEASURES,
    Figures,
    Measures,
    Metrics,
    Payload,
    once,
)

MODERN: Final = {"TLS 1.2", "TLS 1.3", "TLSv1.2", "TLSv1.3"}
WEAK: Final = ("RC4", "DES", "NULL", "EXPORT", "MD5", "ANON", "IDEA", "TLS_RSA_")
"""Parts of names of cipher suites that are broken or keep no forward secrecy."""
NOT_TRUSTED: Final = ("certificate", "x509", "verify", "unknown authority", "self-signed")
"""Words of an error of TLS that is about the chain rather than about reaching the server."""


class Tls(Payload):
    SAYS: ClassVar = (
        "tls_expiry_days",
        "tls_version_mismatch",
        "tls_weak_cipher",
        "tls_chain_issue",
    )

    tcp_connect_ms: float = 0
    tls_handshake_ms: float = 0
    tls_version: str = ""
    tls_cipher_suite: str = ""
    days_until_expiry: float | None = None
    cert_fingerprint: str = ""
    certificate_chain: list[Any] | None = None
    is_expired: bool = False
    cert_type: str = ""
    error: str | None = None

    def measures(self) -> Measures:
        """What is wrong with a certificate is no loss: the server answers."""
        if not self.tls_version and not self.error:
            return NO_MEASURES
        came = bool(self.tls_version)
        return once(self.tcp_connect_ms + self.tls_handshake_ms, came=came, well=came)

    def metrics(self, figures: Figures) -> Metrics:
        found: Metrics = {}
        error = (self.error or "").lower()
        shown = bool(self.cert_fingerprint or self.certificate_chain or self.cert_type)
        if shown or (not error and self.days_until_expiry is not None):
            wrong = self.is_expired or self.cert_type == "self-signed" or _about_trust(error)
            found["tls_chain_issue"] = float(wrong)
            if self.days_until_expiry is not None:
                found["tls_expiry_days"] = self.days_until_expiry
        elif _about_trust(error):
            found["tls_chain_issue"] = 1.0
        if self.tls_version:
            found["tls_version_mismatch"] = float(self.tls_version not in MODERN)
        if self.tls_cipher_suite:
            suite = self.tls_cipher_suite.upper()
            found["tls_weak_cipher"] = float(any(part in suite for part in WEAK))
        return found


def _about_trust(error: str) -> bool:
    return any(word in error for word in NOT_TRUSTED)
