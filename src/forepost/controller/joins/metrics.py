"""What Prometheus is told: totals and gauges, no names of anybody's objects."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from forepost.controller.alerts.service import Alerting
from forepost.controller.fleet.roster import Roster
from forepost.controller.notify.worker import Worker
from forepost.controller.pipeline import Pipeline
from forepost.controller.topology.latest import LatestResults
from forepost.kit.health import Health


class Metrics(Collector):
    """Reads plain numbers when it is asked: counting costs the hot path an addition."""

    def __init__(
        self,
        pipeline: Pipeline,
        roster: Roster,
        health: Health,
        deliveries: Worker,
        alerts: Alerting,
        board: LatestResults,
    ) -> None:
        self._pipeline, self._roster, self._health = pipeline, roster, health
        self._deliveries, self._alerts, self._board = deliveries, alerts, board

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
        yield CounterMetricFamily(
            "forepost_deliveries_sent",
            "Notices and mails that arrived.",
            value=self._deliveries.sent,
        )
        yield CounterMetricFamily(
            "forepost_deliveries_retried",
            "Attempts that failed and are made again.",
            value=self._deliveries.retried,
        )
        yield CounterMetricFamily(
            "forepost_deliveries_failed",
            "Notices and mails that were given up.",
            value=self._deliveries.failed,
        )
        yield GaugeMetricFamily(
            "forepost_deliveries_waiting",
            "Notices and mails not yet sent or given up.",
            value=self._deliveries.waiting,
        )
        yield CounterMetricFamily(
            "forepost_alerts_considered",
            "Results that an alert rule was asked about.",
            value=self._alerts.considered,
        )
        yield CounterMetricFamily(
            "forepost_alerts_opened", "Alerts that were opened.", value=self._alerts.opened
        )
        yield CounterMetricFamily(
            "forepost_alerts_resolved", "Alerts that are over.", value=self._alerts.resolved
        )
        yield GaugeMetricFamily(
            "forepost_agents_connected", "Agents with a live connection.", value=self._roster.live
        )
        yield GaugeMetricFamily(
            "forepost_topology_lines",
            "Lines of results that maps, matrices and health are made of.",
            value=self._board.lines,
        )
        yield CounterMetricFamily(
            "forepost_topology_left_out",
            "Results that found no room there.",
            value=self._board.left_out,
        )
        yield GaugeMetricFamily(
            "forepost_problems",
            "Parts of the controller that are not well (see /readyz).",
            value=len(self._health.problems),
        )
