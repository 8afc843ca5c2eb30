"""DNS: one query."""

from typing import ClassVar

from forepost.controller.payloads.grade import FINE, UNSAID, Grade, degraded, failed
from forepost.controller.payloads.payload import (
    NO_MEASURES,
    Figures,
    Measures,
    Metrics,
    Payload,
    once,
)


class Dns(Payload):
    SAYS: ClassVar = ("dns_query_time", "dns_query_failure", "dns_nxdomain")

    query_time_ms: float | None = None
    response_code: str = ""
    error: str | None = None

    def measures(self) -> Measures:
        """An answer of any code is an answer."""
        if not self.response_code and not self.error:
            return NO_MEASURES
        came = self.response_code not in ("", "ERROR")
        return once(self.query_time_ms or 0, came=came, well=came)

    def metrics(self, figures: Figures) -> Metrics:
        if not self.response_code and not self.error:
            return {}
        code = self.response_code.upper()
        found = {"dns_query_failure": float(code not in ("NOERROR", "NXDOMAIN"))}
        if code not in ("", "ERROR"):
            found["dns_nxdomain"] = float(code == "NXDOMAIN")
            if self.query_time_ms is not None:
                found["dns_query_time"] = self.query_time_ms
        return found

    def grade(self, figures: Figures) -> Grade:
        if not self.response_code and not self.error:
            return UNSAID
        match self.response_code.upper():
            case "NOERROR":
                return FINE
            case "NXDOMAIN":
                return degraded("NXDOMAIN: there is no such name")
            case "" | "ERROR":
                return failed(self.error or "no answer")
            case code:
                return failed(code)
