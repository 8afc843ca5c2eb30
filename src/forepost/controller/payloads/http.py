"""HTTP: one request, with its redirects."""

from typing import ClassVar

from forepost.controller.payloads.payload import (
    NO_MEASURES,
    Figures,
    Measures,
    Metrics,
    Payload,
    once,
)


class HttpPayload(Payload):
    """`status_code` 0: there was no answer."""

    SAYS: ClassVar = ("http_ttfb", "http_total_ms", "http_status")

    first_byte_ms: float | None = None
    total_ms: float | None = None
    status_code: float | None = None
    error: str | None = None

    def measures(self) -> Measures:
        """A status or a content that was not expected is a loss that has a time."""
        if not self.status_code and not self.error:
            return NO_MEASURES
        came = (self.status_code or 0) > 0
        return once(self.total_ms or 0, came=came, well=came and not self.error)

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
        return found
