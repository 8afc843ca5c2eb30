"""SSH, SMTP, MQTT, REDIS, WEBSOCKET: one conversation with a service. NTP: one question."""

from typing import ClassVar

from forepost.controller.payloads.grade import FINE, UNSAID, Grade, failed
from forepost.controller.payloads.payload import (
    NO_MEASURES,
    Figures,
    Measures,
    Metrics,
    Payload,
    once,
)


class Service(Payload):
    SAYS: ClassVar = ("latency",)

    tcp_connect_ms: float = 0
    tls_handshake_ms: float = 0
    answer_ms: float = 0
    total_ms: float = 0
    error: str | None = None

    def measures(self) -> Measures:
        """All but the look-up of the name, which is another's time."""
        if not self.total_ms and not self.error:
            return NO_MEASURES
        took_ms = self.tcp_connect_ms + self.tls_handshake_ms + self.answer_ms
        return once(took_ms, came=not self.error, well=not self.error)

    def metrics(self, figures: Figures) -> Metrics:
        return {} if figures.rtt_ms is None else {"latency": figures.rtt_ms}

    def grade(self, figures: Figures) -> Grade:
        if self.error:
            return failed(self.error)
        return FINE if self.total_ms else UNSAID


class Ntp(Payload):
    SAYS: ClassVar = ("latency", "clock_offset")

    rtt_ms: float | None = None
    offset_ms: float | None = None
    error: str | None = None

    def measures(self) -> Measures:
        """A clock that is wrong is no loss: the server answers."""
        if self.rtt_ms is None and not self.error:
            return NO_MEASURES
        came = self.rtt_ms is not None
        return once(self.rtt_ms or 0, came=came, well=came)

    def metrics(self, figures: Figures) -> Metrics:
        found: Metrics = {}
        if figures.rtt_ms is not None:
            found["latency"] = figures.rtt_ms
        if self.offset_ms is not None:
            found["clock_offset"] = abs(self.offset_ms)
        return found

    def grade(self, figures: Figures) -> Grade:
        if self.error:
            return failed(self.error)
        return UNSAID if self.rtt_ms is None else FINE
