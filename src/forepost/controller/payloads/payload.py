"""What every type of payload can be asked: its measures and its metrics. Pure."""

from collections.abc import Sequence
from typing import ClassVar, Final, Protocol

import msgspec

from forepost.controller.payloads.grade import UNSAID, Grade

NS_PER_MS: Final = 1e6
MOST_MS: Final = 86_400_000.0
"""A day: no round lasts as long."""
MOST_MOS: Final = 5.0
MOST_RTTS: Final = 10_000
MOST_PACKETS: Final = 10_000_000
MOST_HOPS: Final = 256

FROM_SERIES: Final = ("health_score", "latency_baseline", "loss_baseline")
"""Metrics of a course of results, not of one."""
OF_EVERY_TYPE: Final = ("failure", "loss")
"""Metrics that every type has: whether it failed (0 or 1), and how many percent of it."""
Metrics = dict[str, float]
"""Metric of the alerts to its value."""


class Figures(Protocol):
    """The measures of a payload, wherever they are kept: in `Measures`, or in a row."""

    @property
    def rtt_ms(self) -> float | None: ...
    @property
    def jitter_ms(self) -> float | None: ...
    @property
    def loss_pct(self) -> float | None: ...
    @property
    def mos(self) -> float | None: ...


class Measures(msgspec.Struct, frozen=True, gc=False):
    """What charts and rules look at. None: this payload does not say."""

    rtt_ms: float | None = None
    rtt_min_ms: float | None = None
    rtt_max_ms: float | None = None
    jitter_ms: float | None = None
    loss_pct: float | None = None
    mos: float | None = None
    sent: int | None = None
    """Packets, or whatever is tried: one for what is tried once. None: not known."""
    received: int | None = None
    rtts: bytes | None = None
    """Those of single packets, as `series.packets` packs them."""


NO_MEASURES: Final = Measures()


class Payload(msgspec.Struct):
    """A payload that was decoded. Every field has a default: senders differ, and leave out."""

    SAYS: ClassVar[tuple[str, ...]] = ()
    """Every metric of the alerts that results of this type can have, beside OF_EVERY_TYPE."""
    IS_OF_NETWORK: ClassVar[bool] = False
    """Its latency is that of the network; of others only success or failure is graded."""
    UNIT: ClassVar[str] = "ms"
    """Of its main figure."""

    def measures(self) -> Measures:
        """Return its figures as they were sent; `payloads.measures_of` takes out the impossible."""
        return NO_MEASURES

    def metrics(self, figures: Figures) -> Metrics:
        """Return the metrics that it says by itself; those that compare two are in the alerts.

        `figures`: the measures of this payload, without what cannot be.
        """
        return {}

    def main_figure(self, figures: Figures) -> float | None:
        """Return the one figure that its type is known by, in UNIT. `figures` as for `metrics`."""
        return figures.rtt_ms

    def grade(self, figures: Figures) -> Grade:
        """Return how this result is. `figures` as for `metrics`."""
        return UNSAID


def once(ms: float, *, came: bool, well: bool) -> Measures:
    """Return the measures of one try: its time, if there is one, and whether it was as it should
    be.
    """
    return Measures(
        rtt_ms=ms if came and ms > 0 else None,
        loss_pct=0.0 if well else 100.0,
        sent=1,
        received=1 if well else 0,
    )


def counted(sent: int, received: int) -> tuple[int, int] | tuple[None, None]:
    """Return how many packets there were, where it can be: an answer that came twice is one."""
    if 0 < sent <= MOST_PACKETS and received >= 0:
        return sent, min(sent, received)
    return None, None


def median(ordered: Sequence[float]) -> float:
    """Return the middle of at least one value, sorted."""
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def of_path(figures: Figures) -> Metrics:
    """Return the metrics of a way through the network, as far as the figures say."""
    found: Metrics = {}
    if figures.loss_pct is not None:
        found["packet_loss"] = figures.loss_pct
    if figures.rtt_ms is not None:
        found["latency"] = figures.rtt_ms
    if figures.jitter_ms is not None:
        found["jitter"] = figures.jitter_ms
    if figures.mos is not None:
        found["mos"] = figures.mos
    return found
