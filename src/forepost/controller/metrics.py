"""What Prometheus is told: totals and gauges, no names of anybody's objects."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from forepost.controller.fleet.roster import Roster
from forepost.controller.pipeline import Pipeline
from forepost.kit.health import Health


class Metrics(Collector):
    """Reads plain numbers when it is asked: counting costs the hot path an addition."""

    def __init__(self, pipeline: Pipeline, roster: Roster, health: Health) -> None:
        self._pipeline, self._roster, self._health = pipeline, roster, health

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "forepost_results_stored",
            "Results committed to the series store.",
            value=self._pipeline.stored,
        )
        yield CounterMetricFamily(
            "forepost_results_replayed",
            "Results that were sent again and were there already.",
            value=self._pipeline.replayed,
        )
        yield CounterMetricFamily(
            "forepost_results_refused",
            "Results that were refused for good.",
            value=self._roster.refused,
        )
        yield GaugeMetricFamily(
            "forepost_agents_connected", "Agents with a live connection.", value=self._roster.live
        )
        yield GaugeMetricFamily(
            "forepost_problems",
            "Parts of the controller that are not well (see /readyz).",
            value=len(self._health.problems),
        )
