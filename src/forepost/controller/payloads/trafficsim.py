"""TRAFFICSIM: a stream of packets as of a call."""

from typing import ClassVar

import msgspec

from forepost.controller.payloads.grade import (
    CRITICAL_MOS,
    DEGRADED_MOS,
    Grade,
    critical,
    degraded,
    of_network,
    percent_lost,
)
from forepost.controller.payloads.payload import (
    FROM_SERIES,
    Figures,
    Measures,
    Metrics,
    Payload,
    counted,
    of_path,
)


class TrafficSim(Payload, rename="camel"):
    """RTTs and jitter in ms."""

    SAYS: ClassVar = ("packet_loss", "latency", "jitter", "mos", *FROM_SERIES)
    IS_OF_NETWORK: ClassVar = True

    total_packets: int = 0
    received_packets: int = 0
    loss_percentage: float | None = None
    average_rtt: float = msgspec.field(name="averageRTT", default=0)
    median_rtt: float | None = msgspec.field(name="medianRTT", default=None)
    min_rtt: float | None = msgspec.field(name="minRTT", default=None)
    max_rtt: float | None = msgspec.field(name="maxRTT", default=None)
    jitter_avg: float | None = None
    mos: float | None = msgspec.field(name="MOS", default=None)
    error: str | None = None

    def measures(self) -> Measures:
        sent, received = counted(self.total_packets, self.received_packets)
        if not self.received_packets:
            return Measures(loss_pct=self.loss_percentage, sent=sent, received=received)
        return Measures(
            rtt_ms=self.average_rtt if self.median_rtt is None else self.median_rtt,
            rtt_min_ms=self.min_rtt,
            rtt_max_ms=self.max_rtt,
            jitter_ms=self.jitter_avg,
            loss_pct=self.loss_percentage,
            mos=self.mos,
            sent=sent,
            received=received,
        )

    def metrics(self, figures: Figures) -> Metrics:
        return of_path(figures)

    def grade(self, figures: Figures) -> Grade:
        loss = figures.loss_pct
        found = of_network(loss, figures.rtt_ms, percent_lost(loss), self.error or "")
        mos = figures.mos
        if found.status == "critical" or mos is None or mos >= DEGRADED_MOS:
            return found
        words = f"MOS {mos:.2f}"
        return critical(words) if mos < CRITICAL_MOS else degraded(words)
