"""PING: a round of echo requests."""

from operator import sub
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from forepost.controller.payloads.grade import Grade, of_network
from forepost.controller.payloads.payload import (
    FROM_SERIES,
    MOST_MS,
    MOST_RTTS,
    NS_PER_MS,
    Figures,
    Measures,
    Metrics,
    Payload,
    counted,
    median,
    of_path,
)
from forepost.controller.series.packets import packed_round

_MOST_NS: Final = MOST_MS * NS_PER_MS


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
        sent, received = counted(self.packets_sent, self.packets_recv)
        if not self.packets_recv:
            return Measures(loss_pct=loss, sent=sent, received=received)
        rtts = [rtt for rtt in self.rtts_ns or () if rtt is not None]
        if not rtts:
            return Measures(
                rtt_ms=self.avg_rtt / NS_PER_MS,
                rtt_min_ms=self.min_rtt / NS_PER_MS,
                rtt_max_ms=self.max_rtt / NS_PER_MS,
                loss_pct=loss,
                sent=sent,
                received=received,
            )
        ordered = sorted(rtts)
        least, greatest = ordered[0], ordered[-1]
        return Measures(
            rtt_ms=median(ordered) / NS_PER_MS,
            rtt_min_ms=least / NS_PER_MS,
            rtt_max_ms=greatest / NS_PER_MS,
            jitter_ms=_jitter_ms(rtts),
            loss_pct=loss,
            sent=sent,
            received=received,
            rtts=packed_round(ordered) if sent and least >= 0 and greatest <= _MOST_NS else None,
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
