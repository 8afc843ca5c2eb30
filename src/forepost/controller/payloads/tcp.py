"""TCP: a round of connects."""

from typing import Annotated, ClassVar

from msgspec import Meta

from forepost.controller.payloads.grade import Grade, of_network
from forepost.controller.payloads.payload import (
    MOST_RTTS,
    Figures,
    Measures,
    Metrics,
    Payload,
    median,
    of_path,
)


class Tcp(Payload):
    """Times of connects in ms; None: there was no connection."""

    SAYS: ClassVar = ("packet_loss", "latency")
    IS_OF_NETWORK: ClassVar = True

    loss_pct: float | None = None
    min_ms: float = 0
    max_ms: float = 0
    connects_ms: Annotated[list[float | None], Meta(max_length=MOST_RTTS)] = []
    error: str | None = None

    def measures(self) -> Measures:
        times = [ms for ms in self.connects_ms if ms is not None]
        if not times:
            return Measures(loss_pct=self.loss_pct)
        return Measures(
            rtt_ms=median(times),
            rtt_min_ms=self.min_ms,
            rtt_max_ms=self.max_ms,
            loss_pct=self.loss_pct,
        )

    def metrics(self, figures: Figures) -> Metrics:
        return of_path(figures)

    def grade(self, figures: Figures) -> Grade:
        tries = len(self.connects_ms)
        lost = f"{self.connects_ms.count(None)} of {tries} connections failed"
        return of_network(figures.loss_pct, figures.rtt_ms, lost, self.error or "", tries)
