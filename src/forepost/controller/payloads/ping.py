"""PING: a round of echo requests."""

from operator import sub
from typing import Annotated, ClassVar

from msgspec import Meta

from forepost.controller.payloads.grade import Grade, of_network
from forepost.controller.payloads.payload import (
    FROM_SERIES,
    MOST_RTTS,
    NS_PER_MS,
    Figures,
    Measures,
    Metrics,
    Payload,
    median,
    of_path,
)


class Ping(Payload):
    """RTTs in ns. NetWatcher's agent sends no single ones."""

    SAYS: ClassVar = ("packet_loss", "latency", "jitter", *FROM_SERIES)
    IS_OF_NETWORK: ClassVar = True

    packets_recv: int = 0
    packets_sent: int = 0
    packet_loss: float | None = None
    min_rtt: float = 0
    max_rtt: float = 0
    avg_rtt: float = 0
    std_dev_rtt: float | None = None
    rtts_ns: Annotated[list[int | None], Meta(max_length=MOST_RTTS)] | None = None
    error: str | None = None

    def measures(self) -> Measures:
        loss = self.packet_loss if self.packets_sent or self.packet_loss else None
        if not self.packets_recv:
            return Measures(loss_pct=loss)
        rtts = [rtt for rtt in self.rtts_ns or () if rtt is not None]
        return Measures(
            rtt_ms=(median(rtts) if rtts else self.avg_rtt) / NS_PER_MS,
            rtt_min_ms=self.min_rtt / NS_PER_MS,
            rtt_max_ms=self.max_rtt / NS_PER_MS,
            jitter_ms=_jitter_ms(rtts),
            loss_pct=loss,
        )

    def metrics(self, figures: Figures) -> Metrics:
        """Without single RTTs the jitter is their standard deviation, as NetWatcher has it."""
        found = of_path(figures)
        if (
            figures.rtt_ms is not None
            and figures.jitter_ms is None
            and self.std_dev_rtt is not None
        ):
            found["jitter"] = self.std_dev_rtt / NS_PER_MS
        return found

    def grade(self, figures: Figures) -> Grade:
        lost = f"{self.packets_sent - self.packets_recv} of {self.packets_sent} lost"
        error = self.error or ""
        return of_network(figures.loss_pct, figures.rtt_ms, lost, error, self.packets_sent)


def _jitter_ms(rtts_ns: list[int]) -> float | None:
    """Mean difference of consecutive RTTs."""
    if len(rtts_ns) < 2:
        return None
    total_ns: int = sum(map(abs, map(sub, rtts_ns[1:], rtts_ns)))
    return total_ns / (len(rtts_ns) - 1) / NS_PER_MS
