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
    as_expected: bool | None = None
    """This and what follows: of our agent only."""
    edns_refused: str | None = None

    def measures(self) -> Measures:
        """An answer of any code is an answer, unless another one is expected."""
        if not self.response_code and not self.error:
            return NO_MEASURES
        came = self.response_code not in ("", "ERROR")
        return once(self.query_time_ms or 0, came=came, well=came and not self.error)

    def metrics(self, figures: Figures) -> Metrics:
        if not self.response_code and not self.error:
            return {}
        code = self.response_code.upper()
        is_fine = not self.error and (self.as_expected or code in ("NOERROR", "NXDOMAIN"))
        found = {"dns_query_failure": float(not is_fine)}
        if code not in ("", "ERROR"):
            found["dns_nxdomain"] = float(code == "NXDOMAIN")
            if self.query_time_ms is not None:
                found["dns_query_time"] = self.query_time_ms
        return found

    def grade(self, figures: Figures) -> Grade:
        if not self.response_code and not self.error:
            return UNSAID
        code = self.response_code.upper()
        if self.error:
            return failed(self.error)
        if self.as_expected or code == "NOERROR":
            return self._of_edns()
        match code:
            case "NXDOMAIN":
                return degraded("NXDOMAIN: there is no such name")
            case "" | "ERROR":
                return failed("no answer")
            case _:
                return failed(code)

    def _of_edns(self) -> Grade:
        """Whether it had to be asked twice because nothing came: it was lost, or is always."""
        if self.edns_refused == "silence":
            return degraded("no answer to EDNS, but without")
        return FINE
