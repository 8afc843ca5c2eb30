"""What Prometheus is told: totals and gauges, no names of anybody's objects."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Figure(msgspec.Struct, frozen=True):
    """One plain number, read when it is asked for: counting costs the hot path an addition."""

    kind: Literal["total", "gauge"]
    name: str
    """A total is shown with `_total` behind it."""
    help: str
    read: Callable[[], float]


class Metrics(Collector):
    """All figures of the controller."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for one in self._figures:
            family = CounterMetricFamily if one.kind == "total" else GaugeMetricFamily
            yield family(one.name, one.help, value=one.read())
