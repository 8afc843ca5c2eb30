"""MTR: the way to a target, hop by hop."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from forepost.controller.payloads.grade import (
    SURE_TRIES,
    Grade,
    failed,
    of_network,
    percent_lost,
)
from forepost.controller.payloads.payload import (
    MOST_HOPS,
    NO_MEASURES,
    Figures,
    Measures,
    Metrics,
    Payload,
    counted,
)

FAINT: Final = 0.5

Route = tuple[frozenset[str], ...]
"""The addresses seen at each hop; a hop without any was silent."""


class MtrHost(msgspec.Struct):
    ip: str = ""
    hostname: str = ""


class Hop(msgspec.Struct):
    """Times in ms. NetWatcher's agent writes the figures as strings: the decoder is not strict."""

    hosts: list[MtrHost] | None = None
    loss_pct: float = 100.0
    sent: int = 0
    recv: int = 0
    avg: float = 0
    best: float = 0
    worst: float = 0


class Info(msgspec.Struct):
    target: MtrHost = msgspec.field(default_factory=MtrHost)


class MtrReport(msgspec.Struct):
    info: Info = msgspec.field(default_factory=Info)
    hops: Annotated[list[Hop], Meta(max_length=MOST_HOPS)] | None = None


class Mtr(Payload):
    SAYS: ClassVar = (
        "end_hop_loss",
        "end_hop_latency",
        "worst_hop_loss",
        "worst_hop_combined",
        "route_change",
    )
    IS_OF_NETWORK: ClassVar = True

    report: MtrReport = msgspec.field(default_factory=MtrReport)
    error: str | None = None
    fingerprint: str = ""
    """Of the way; of our agent only."""

    @property
    def hops(self) -> list[Hop]:
        return self.report.hops or []

    def measures(self) -> Measures:
        """Those of the last hop."""
        if not self.hops:
            return NO_MEASURES
        end = self.hops[-1]
        sent, received = counted(end.sent, end.recv)
        if not end.recv:
            return Measures(loss_pct=end.loss_pct, sent=sent, received=received)
        return Measures(
            rtt_ms=end.avg,
            rtt_min_ms=end.best,
            rtt_max_ms=end.worst,
            loss_pct=end.loss_pct,
            sent=sent,
            received=received,
        )

    def metrics(self, figures: Figures) -> Metrics:
        hops = self.hops
        if not hops:
            return {}
        end = hops[-1]
        found = {"end_hop_loss": end.loss_pct}
        if end.recv:
            found["end_hop_latency"] = end.avg
        lossy = true_losses([hop.loss_pct for hop in hops])
        found["worst_hop_loss"] = max(loss for _, loss in lossy)
        found["worst_hop_combined"] = max(loss + hops[place].avg / 10 for place, loss in lossy)
        return found

    def grade(self, figures: Figures) -> Grade:
        if figures.loss_pct is None or figures.loss_pct < 100:
            lost = percent_lost(figures.loss_pct)
            return of_network(figures.loss_pct, figures.rtt_ms, lost, self.error or "")
        last = max((place for place, hop in enumerate(self.hops, 1) if hop.recv), default=0)
        words = f"no answer; the last hop that answers is {last}" if last else "no hop answers"
        return failed(f"{words}: {self.error}" if self.error else words, tries=SURE_TRIES)

    def route(self) -> Route | None:
        """Return the addresses that answered at each hop; None where no hop did."""
        route = tuple(frozenset(h.ip for h in hop.hosts or () if h.ip) for hop in self.hops)
        return route if any(route) else None


def true_losses(losses: Sequence[float]) -> list[tuple[int, float]]:
    """Return (place, loss) of the hops whose loss is one: every later hop shows half of it or more.

    Loss that a later hop does not show is a router that answers few requests, and is left out. The
    half is for the noise of a few packets: 20, 15, 18 % in a row are all true.
    """
    found: list[tuple[int, float]] = []
    least_later = 100.0
    for place in range(len(losses) - 1, -1, -1):
        if least_later >= losses[place] * FAINT:
            found.append((place, losses[place]))
        least_later = min(least_later, losses[place])
    return found
