"""Mean figures, and how bad statuses are beside each other. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from forepost.controller.payloads import TYPES
from forepost.controller.payloads.grade import of_network
from forepost.wire.rest.topology import Status

NETWORK: Final = frozenset(
    {"RPERF", *(kind for kind, payload in TYPES.items() if payload.IS_OF_NETWORK)}
)
"""Types whose latency is that of the network; of others only success or failure is graded."""
WORSE: Final[dict[Status, int]] = {"unknown": 0, "healthy": 1, "degraded": 2, "critical": 3}


class GradedFigures(msgspec.Struct, frozen=True, gc=False):
    """Means. None: no result says."""

    rtt_ms: float | None = None
    loss_pct: float | None = None
    jitter_ms: float | None = None
    results: int = 0


NOTHING: Final = GradedFigures()


def status_of(figures: GradedFigures) -> Status:
    """Of a hop, of which nothing but figures is known."""
    return of_network(figures.loss_pct, figures.rtt_ms, lost="").status


def worst(statuses: Sequence[Status]) -> Status:
    """Unknown only when nothing else is said."""
    if len(statuses) == 1:
        return statuses[0]
    return max(statuses, key=WORSE.__getitem__, default="unknown")


def mean(found: Sequence[GradedFigures]) -> GradedFigures:
    """Every line counts alike, however often it reports."""
    if len(found) == 1:
        return found[0]
    return GradedFigures(
        _mean([f.rtt_ms for f in found]),
        _mean([f.loss_pct for f in found]),
        _mean([f.jitter_ms for f in found]),
        sum(f.results for f in found),
    )


def _mean(values: list[float | None]) -> float | None:
    said = [value for value in values if value is not None]
    return sum(said) / len(said) if said else None


def shown(value: float | None) -> float | None:
    """To a thousandth: a microsecond is what is measured."""
    return None if value is None else round(value, 3)
