"""SNMP: one request, or traps that came."""

from typing import Any, ClassVar

from forepost.controller.payloads.grade import FINE, UNSAID, Grade, failed
from forepost.controller.payloads.payload import (
    NO_MEASURES,
    Figures,
    Measures,
    Metrics,
    Payload,
    once,
)


class Snmp(Payload):
    SAYS: ClassVar = ("snmp_response_ms", "snmp_trap_received")

    query_time_ms: float | None = None
    version: str = ""
    traps: list[Any] | None = None
    error: str | None = None
    as_expected: bool | None = None
    """Of our agent only, which calls a value that was not expected an error."""

    def measures(self) -> Measures:
        if not self.version and not self.error:
            return NO_MEASURES
        return once(self.query_time_ms or 0, came=self._came, well=not self.error)

    @property
    def _came(self) -> bool:
        """Whether there was an answer: one that was not expected is a loss that has a time."""
        return not self.error or self.as_expected is not None

    def metrics(self, figures: Figures) -> Metrics:
        found: Metrics = {}
        if self.query_time_ms is not None and self._came:
            found["snmp_response_ms"] = self.query_time_ms
        if self.traps is not None:
            found["snmp_trap_received"] = float(len(self.traps))
        return found

    def grade(self, figures: Figures) -> Grade:
        if self.error:
            return failed(self.error)
        return FINE if self.version or self.traps is not None else UNSAID
