"""What results of TRAFFICSIM say beyond what charts know, summed up in buckets. Pure."""

from collections.abc import Callable, Iterable
from statistics import fmean
from typing import Final

import msgspec

from forepost.controller.series.port import Row

SUMS: Final = ("outOfOrder", "duplicates")
MEANS: Final = ("jitterMedian", "rfc3550Jitter", "RFactor")
WORST: Final = ("jitterP95", "p99RTT")
_NAMES: Final = frozenset((*SUMS, *MEANS, *WORST))


def details_of(
    rows: Iterable[Row], start_of: Callable[[int], int]
) -> dict[tuple[int, int, str], dict[str, float]]:
    """By start of the bucket in seconds, agent and target. Sums of counts, means of means, and of
    percentiles the worst; what no result says is left out.
    """
    said: dict[tuple[int, int, str], dict[str, list[float]]] = {}
    for row in rows:
        key = start_of(row.created_us // 1_000_000), row.agent_id, row.target
        of_bucket = said.setdefault(key, {})
        for name, value in _figures(row.payload).items():
            of_bucket.setdefault(name, []).append(value)
    return {key: {n: _one(n, values) for n, values in of.items()} for key, of in said.items()}


def _one(name: str, values: list[float]) -> float:
    if name in SUMS:
        return sum(values)
    return fmean(values) if name in MEANS else max(values)


def _figures(payload: bytes) -> dict[str, float]:
    try:
        found = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: value
        for name, value in found.items()
        if name in _NAMES and isinstance(value, int | float) and not isinstance(value, bool)
    }
