"""HTTP: one request, with its redirects."""

from typing import ClassVar, Final

import msgspec

from forepost.controller.payloads.grade import FINE, UNSAID, Grade, failed
from forepost.controller.payloads.payload import (
    NO_MEASURES,
    Figures,
    Measures,
    Metrics,
    Payload,
    once,
)
from forepost.controller.payloads.tls import of_end

FIRST_WRONG: Final = 400


class ShownCertificate(msgspec.Struct):
    days_until_expiry: float | None = None


class HttpPayload(Payload):
    """`status_code` 0: there was no answer."""

    SAYS: ClassVar = ("http_ttfb", "http_total_ms", "http_status", "tls_expiry_days")

    first_byte_ms: float | None = None
    total_ms: float | None = None
    status_code: float | None = None
    certificate_info: ShownCertificate | None = None
    earliest_days_until_expiry: float | None = None
    """Of the chain; of our agent only."""
    final_url: str | None = None
    """Of our agent only, which calls a status that was not expected an error."""
    error: str | None = None

    def measures(self) -> Measures:
        """A status or a content that was not expected is a loss that has a time."""
        if not self.status_code and not self.error:
            return NO_MEASURES
        came = (self.status_code or 0) > 0
        well = came and not self.error and not self._is_refused
        return once(self.total_ms or 0, came=came, well=well)

    @property
    def _is_refused(self) -> bool:
        """Whether an agent that compares no status was told of a fault."""
        return self.final_url is None and (self.status_code or 0) >= FIRST_WRONG

    def metrics(self, figures: Figures) -> Metrics:
        if self.status_code is None and not self.error:
            return {}
        if not self.status_code:
            return {"http_status": 0.0}
        found = {"http_status": self.status_code}
        if self.first_byte_ms is not None:
            found["http_ttfb"] = self.first_byte_ms
        if self.total_ms is not None:
            found["http_total_ms"] = self.total_ms
        if (first := self._first_end) is not None:
            found["tls_expiry_days"] = first
        return found

    @property
    def _first_end(self) -> float | None:
        """Days until the first certificate of the chain ends. What has ended and is not needed, as
        the site is trusted all the same, is left out.
        """
        shown = self.certificate_info
        days = None if shown is None else shown.days_until_expiry
        first = self.earliest_days_until_expiry
        if first is None or (first < 0 and not self.error):
            return days
        return first if days is None else min(first, days)

    def grade(self, figures: Figures) -> Grade:
        if self.error:
            return failed(self.error)
        if self.status_code is None:
            return UNSAID
        if not self.status_code:
            return failed("no answer")
        if self._is_refused:
            return failed(f"status {self.status_code:.0f}")
        first = self._first_end
        return FINE if first is None else of_end(first, "the certificate")
