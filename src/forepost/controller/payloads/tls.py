"""TLS: one handshake, and the certificates that were shown."""

from typing import ClassVar, Final

import msgspec

from forepost.controller.payloads.grade import FINE, SURE_TRIES, UNSAID, Grade, degraded, failed
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
OF_OURS: Final = "client certificate"
"""What a server wants of us says nothing of its own chain."""
SOON_DAYS: Final = 14


class ChainLink(msgspec.Struct):
    """A certificate of the chain, the server's own first."""

    subject: str = ""
    days_until_expiry: float | None = None


class Tls(Payload):
    SAYS: ClassVar = (
        "tls_expiry_days",
        "tls_version_mismatch",
        "tls_weak_cipher",
        "tls_chain_issue",
    )

    UNIT: ClassVar = "days"
    tcp_connect_ms: float = 0
    tls_handshake_ms: float = 0
    tls_version: str = ""
    tls_cipher_suite: str = ""
    days_until_expiry: float | None = None
    cert_fingerprint: str = ""
    certificate_chain: list[ChainLink] | None = None
    is_expired: bool = False
    trusted: bool = False
    """Of our agent only."""
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
            if (first := self._first_end) is not None:
                found["tls_expiry_days"] = first[0]
        elif _about_trust(error):
            found["tls_chain_issue"] = 1.0
        if self.tls_version:
            found["tls_version_mismatch"] = float(self.tls_version not in MODERN)
        if self.tls_cipher_suite:
            suite = self.tls_cipher_suite.upper()
            found["tls_weak_cipher"] = float(any(part in suite for part in WEAK))
        return found

    def main_figure(self, figures: Figures) -> float | None:
        """Return the days until the first certificate of the chain ends."""
        first = self._first_end
        return None if first is None else first[0]

    def grade(self, figures: Figures) -> Grade:
        """By trust, and by the certificate of the chain that ends first."""
        if self.error:
            if self.tls_version:
                return failed(self.error, tries=SURE_TRIES)
            return failed(f"no handshake: {self.error}")
        if not self.tls_version:
            return UNSAID
        if self.is_expired:
            return failed("the certificate has expired", tries=SURE_TRIES)
        first = self._first_end
        return FINE if first is None else of_end(*first)

    @property
    def _first_end(self) -> tuple[float, str] | None:
        """Days until the first certificate of the chain ends, and which it is; None: not known.

        What has ended and is not needed, as the chain is trusted all the same, is left out.
        """
        ends = [
            (one.days_until_expiry, f"the certificate of {one.subject or 'the chain'}")
            for one in self.certificate_chain or ()
            if one.days_until_expiry is not None
            and not (self.trusted and one.days_until_expiry < 0)
        ]
        if self.days_until_expiry is not None:
            ends.append((self.days_until_expiry, "the certificate"))
        return min(ends, key=lambda end: end[0], default=None)


def of_end(days: float, which: str) -> Grade:
    """Return the grade of a certificate that is valid for so many days more."""
    if days < 0:
        return failed(f"{which} has expired", tries=SURE_TRIES)
    return degraded(f"{which} ends in {days:.0f} days") if days <= SOON_DAYS else FINE


def _about_trust(error: str) -> bool:
    return OF_OURS not in error and any(word in error for word in NOT_TRUSTED)
