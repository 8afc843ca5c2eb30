"""TCP and UDP: a round of attempts at a port."""

from typing import Annotated, ClassVar

from msgspec import Meta

from forepost.controller.payloads.grade import Grade, of_network
from forepost.controller.payloads.payload import (
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

Times = Annotated[list[float | None], Meta(max_length=MOST_RTTS)]


class Attempts(Payload):
    """Several attempts at a port."""

    SAYS: ClassVar = ("packet_loss", "latency")
    IS_OF_NETWORK: ClassVar = True
    WHAT: ClassVar[str]
    """One of them, in the plural."""

    loss_pct: float | None = None
    error: str | None = None

    @property
    def times_ms(self) -> Times:
        """None: one that failed."""
        return []

    def measures(self) -> Measures:
        times = sorted(ms for ms in self.times_ms if ms is not None)
        sent, received = counted(len(self.times_ms), len(times))
        if not times:
            return Measures(loss_pct=self.loss_pct, sent=sent, received=received)
        is_possible = times[0] >= 0 and times[-1] <= MOST_MS
        return Measures(
            rtt_ms=median(times),
            rtt_min_ms=times[0],
            rtt_max_ms=times[-1],
            loss_pct=self.loss_pct,
            sent=sent,
            received=received,
            rtts=packed_round([ms * NS_PER_MS for ms in times]) if is_possible else None,
        )

    def metrics(self, figures: Figures) -> Metrics:
        return of_path(figures)

    def grade(self, figures: Figures) -> Grade:
        tries = len(self.times_ms)
        lost = f"{self.times_ms.count(None)} of {tries} {self.WHAT} failed"
        return of_network(figures.loss_pct, figures.rtt_ms, lost, self.error or "", tries)


class Tcp(Attempts):
    """Times of connects in ms; None: there was no connection, or not the answer expected."""

    WHAT: ClassVar = "connections"

    connects_ms: Times = []

    @property
    def times_ms(self) -> Times:
        return self.connects_ms


class Udp(Attempts):
    """Times of answers in ms; None: there was none, or not the one expected."""

    WHAT: ClassVar = "datagrams"

    answers_ms: Times = []

    @property
    def times_ms(self) -> Times:
        return self.answers_ms
