"""Joins stored results to their routes, and drops those that are too old."""

from datetime import datetime, timedelta

from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.metrics import Figure
from forepost.controller.joins.sla import sla_needs
from forepost.controller.probes.likeness import Likeness
from forepost.controller.results import (
    agent_results_api,
    api,
    export_api,
    host_api,
    related_api,
    sla_api,
)
from forepost.controller.results.sla import SlaReports


async def build(core: Core) -> Built:
    series, pipeline, probes = core.series, core.pipeline, core.probes.store

    async def forget(now: datetime) -> None:
        oldest = now - timedelta(days=core.settings.data.retention_days)
        await series.forget(before_us=round(oldest.timestamp() * 1e6))

    return Built(
        routers=[
            api.routes(series, probes.ids_in, probes.way_back, core.streams),
            agent_results_api.routes(series, probes.ids_in, core.streams),
            host_api.routes(series, probes.ids_in, core.streams),
            export_api.routes(series, probes.ids_in),
            sla_api.routes(SlaReports(series, sla_needs(core)), core.clock),
            related_api.routes(series, Likeness(core.db), core.clock),
        ],
        services={"pipeline": pipeline.run},
        figures=[
            Figure(
                "total",
                "forepost_results_stored",
                "Results committed to the series store.",
                lambda: pipeline.stored,
            ),
            Figure(
                "total",
                "forepost_results_replayed",
                "Results that were sent again and were there already.",
                lambda: pipeline.replayed,
            ),
            Figure(
                "gauge",
                "forepost_problems",
                "Parts of the controller that are not well (see /readyz).",
                lambda: len(core.health.problems),
            ),
        ],
        forget=forget,
    )
