"""How a workspace was over time: the scores of each span, made of the figures of its probes."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from forepost.controller.analysis.metrics import of_point
from forepost.controller.analysis.vector import mean_of, vector_of
from forepost.controller.series.port import ChartOf, Series
from forepost.wire.rest.analysis import Grade, HealthVector
from forepost.wire.rest.analysis_history import AnalysisHistory, AnalysisSnapshot
from forepost.wire.rest.incidents import Incident

LEAST_BUCKET_SEC: Final = 300
_MINUTE_SEC: Final = 60
_STATUS: Final[dict[Grade, str]] = {
    "excellent": "healthy",
    "good": "healthy",
    "fair": "degraded",
    "poor": "degraded",
    "critical": "outage",
    "unknown": "unknown",
}


class HistoryNeeds(msgspec.Struct, frozen=True, kw_only=True):
    series: Series
    probes: Callable[[int], Awaitable[dict[int, int]]]
    """Of a workspace: of each probe the agent that measures."""
    agents: Callable[[int], Awaitable[int]]
    """How many a workspace has."""
    incidents: Callable[[int, datetime, datetime], Awaitable[Sequence[Incident]]]
    """Those of a workspace that were open at some time between two."""


class AnalysisHistories:
    def __init__(self, needs: HistoryNeeds) -> None:
        self._needs = needs

    async def of(
        self, workspace_id: int, start: datetime, end: datetime, limit: int
    ) -> AnalysisHistory:
        """In at most so many spans of five minutes or more."""
        width = bucket_sec(end - start, limit)
        probes = await self._needs.probes(workspace_id)
        agents = await self._needs.agents(workspace_id)
        incidents = await self._needs.incidents(workspace_id, start, end)
        spans: dict[int, dict[int, list[HealthVector]]] = defaultdict(lambda: defaultdict(list))
        for probe_id, agent_id in probes.items():
            await self._add(spans, probe_id, agent_id, (start, end), width)
        snapshots = [
            _snapshot(workspace_id, at, width, by_agent, incidents, (agents, len(probes)))
            for at, by_agent in sorted(spans.items(), reverse=True)
        ][:limit]
        return AnalysisHistory(
            workspace_id=workspace_id,
            snapshots=snapshots,
            count=len(snapshots),
            bucket_sec=width,
        )

    async def _add(
        self,
        spans: dict[int, dict[int, list[HealthVector]]],
        probe_id: int,
        agent_id: int,
        times: tuple[datetime, datetime],
        width: int,
    ) -> None:
        """Of each span and probe the line that does worst."""
        start_us, end_us = (round(at.timestamp() * 1e6) for at in times)
        drawn = await self._needs.series.chart(
            ChartOf(stream=probe_id, from_us=start_us, to_us=end_us, bucket_sec=width)
        )
        worst: dict[int, HealthVector] = {}
        for line in drawn.lines:
            for point in line.points:
                known = vector_of(of_point(point))
                before = worst.get(point.time)
                if before is None or known.overall_health < before.overall_health:
                    worst[point.time] = known
        for at, vector in worst.items():
            spans[at][agent_id].append(vector)


def bucket_sec(length: timedelta, limit: int) -> int:
    """Whole minutes."""
    wanted = -(-length.total_seconds() // limit)
    return max(LEAST_BUCKET_SEC, int(-(-wanted // _MINUTE_SEC)) * _MINUTE_SEC)


def _snapshot(
    workspace_id: int,
    at: int,
    width: int,
    by_agent: dict[int, list[HealthVector]],
    incidents: Sequence[Incident],
    totals: tuple[int, int],
) -> AnalysisSnapshot:
    begins = datetime.fromtimestamp(at, UTC)
    ends = begins + timedelta(seconds=width)
    vector = mean_of([mean_of(vectors) for vectors in by_agent.values()])
    was_open = sum(
        one.opened_at < ends and (one.resolved_at is None or one.resolved_at > begins)
        for one in incidents
    )
    said = f"{was_open} incident{'' if was_open == 1 else 's'}" if was_open else "no incidents"
    return AnalysisSnapshot(
        workspace_id=workspace_id,
        generated_at=begins,
        overall_health=vector.overall_health,
        grade=vector.grade,
        latency_score=vector.latency_score,
        packet_loss_score=vector.packet_loss_score,
        route_stability=vector.route_stability,
        mos_score=vector.mos_score,
        status=_STATUS[vector.grade],  # type: ignore[arg-type]  # one of four
        status_message=said,
        incident_count=was_open,
        total_agents=totals[0],
        online_agents=len(by_agent),
        total_probes=totals[1],
    )
