"""Analyses of a workspace, of its agents and probes, made when they are asked for."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from forepost.controller.analysis.metrics import mean_metrics, of_point, of_probe
from forepost.controller.analysis.path import analysed
from forepost.controller.analysis.story import findings_of, incident_of, signals_of, status_of
from forepost.controller.analysis.vector import mean_of, vector_of
from forepost.controller.payloads import said_by
from forepost.controller.payloads.mtr import Mtr
from forepost.controller.series.port import ChartOf, Find, Series
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound
from forepost.wire.rest.analysis import (
    AgentAnalysis,
    AgentHealthSummary,
    AnalysisMetrics,
    Mesh,
    MeshLink,
    MeshNode,
    PathAnalysis,
    ProbeAnalysis,
    ProbeHealthEntry,
    WorkspaceAnalysis,
)
from forepost.wire.rest.incidents import Incident
from forepost.wire.rest.topology import (
    AgentHealth,
    Matrix,
    ProbeHealth,
    WorkspaceHealth,
)

MINUTE_US: Final = 60_000_000
WORST: Final = 3
"""Probes of an agent that are shown with their figures."""
MOST_TRACES: Final = 500


class AnalysisNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """What analyses need of other slices; `joins/analysis.py` gives it."""

    series: Series
    clock: Clock
    health: Callable[[int, int], Awaitable[WorkspaceHealth]]
    """(workspace id, minutes)."""
    matrix: Callable[[int, int], Awaitable[Matrix]]
    incidents: Callable[[int], Awaitable[Sequence[Incident]]]
    """Those of a workspace that are open."""
    targets: Callable[[int], Awaitable[dict[int, str]]]
    """Of each probe of a workspace, the first one."""
    locations: Callable[[int], Awaitable[dict[int, str]]]
    """Of each agent of a workspace."""


class Analyses:
    def __init__(self, deps: AnalysisNeeds) -> None:
        self._deps = deps

    async def workspace(self, workspace_id: int, lookback: int) -> WorkspaceAnalysis:
        health = await self._deps.health(workspace_id, lookback)
        targets = await self._deps.targets(workspace_id)
        incidents = await self._deps.incidents(workspace_id)
        names = {agent.id: agent.name for agent in health.agents}
        agents = [await self._summary(agent, targets, lookback) for agent in health.agents]
        return WorkspaceAnalysis(
            workspace_id=workspace_id,
            overall_health=mean_of([agent.health for agent in agents]),
            status=status_of(health, len(incidents)),
            incidents=[incident_of(one, names) for one in incidents],
            agents=agents,
            total_probes=sum(agent.probe_count for agent in agents),
            total_agents=len(agents),
            generated_at=self._now,
        )

    async def agent(self, workspace_id: int, agent_id: int, lookback: int) -> AgentAnalysis:
        """Raises NotFound."""
        health = await self._deps.health(workspace_id, lookback)
        agent = next((one for one in health.agents if one.id == agent_id), None)
        if agent is None:
            raise NotFound("agent not found")
        targets = await self._deps.targets(workspace_id)
        names = {one.id: one.name for one in health.agents}
        probes = [await self._probe(agent, one, targets, lookback) for one in agent.probes]
        return AgentAnalysis(
            agent_id=agent.id,
            agent_name=agent.name,
            is_online=agent.status == "online",
            health=mean_of([one.health for one in probes]),
            probes=probes,
            incidents=[
                incident_of(one, names)
                for one in await self._deps.incidents(workspace_id)
                if one.agent_id == agent_id
            ],
            generated_at=self._now,
        )

    async def probe(self, workspace_id: int, probe_id: int, lookback: int) -> ProbeAnalysis:
        """Raises NotFound."""
        health = await self._deps.health(workspace_id, lookback)
        targets = await self._deps.targets(workspace_id)
        for agent in health.agents:
            for one in agent.probes:
                if one.probe_id == probe_id:
                    return await self._probe(agent, one, targets, lookback, with_path=True)
        raise NotFound("probe not found")

    async def mesh(self, workspace_id: int, lookback: int) -> Mesh:
        """Agents, and what they say of each other."""
        matrix = await self._deps.matrix(workspace_id, lookback)
        locations = await self._deps.locations(workspace_id)
        links = [
            MeshLink(
                source_agent_id=entry.source_agent_id,
                source_agent_name=entry.source_agent_name,
                target_agent_id=int(entry.target_id.removeprefix("agent:")),
                target_agent_name=entry.target_name,
                health=vector_of(metrics),
                metrics=metrics,
                probe_types=[one.type for one in entry.probe_status],
            )
            for entry in matrix.entries
            if entry.target_type == "agent"
            for metrics in (mean_metrics(entry.probe_status),)
        ]
        nodes = [
            MeshNode(
                agent_id=agent.id,
                agent_name=agent.name,
                location=locations.get(agent.id, ""),
                is_online=agent.is_online,
                health=mean_of([link.health for link in own]),
                link_count=len(own),
            )
            for agent in matrix.source_agents
            for own in ([e for e in links if agent.id in (e.source_agent_id, e.target_agent_id)],)
        ]
        return Mesh(
            workspace_id=workspace_id,
            nodes=nodes,
            links=links,
            overall_health=mean_of([link.health for link in links]),
            generated_at=self._now,
        )

    @property
    def _now(self) -> datetime:
        return self._deps.clock.now()

    async def _summary(
        self, agent: AgentHealth, targets: dict[int, str], lookback: int
    ) -> AgentHealthSummary:
        vectors = {one.probe_id: vector_of(of_probe(one)) for one in agent.probes}
        known = [one for one in agent.probes if vectors[one.probe_id].grade != "unknown"]
        known.sort(key=lambda one: vectors[one.probe_id].overall_health)
        worst = []
        for one in known[:WORST]:
            metrics = await self._metrics(one, lookback)
            worst.append(
                ProbeHealthEntry(
                    probe_id=one.probe_id,
                    target=targets.get(one.probe_id, ""),
                    probe_type=one.type,
                    health=vector_of(metrics),
                    metrics=metrics,
                )
            )
        return AgentHealthSummary(
            agent_id=agent.id,
            agent_name=agent.name,
            is_online=agent.status == "online",
            health=mean_of(list(vectors.values())),
            probe_count=len(agent.probes),
            worst_probes=worst,
        )

    async def _probe(
        self,
        agent: AgentHealth,
        probe: ProbeHealth,
        targets: dict[int, str],
        lookback: int,
        *,
        with_path: bool = False,
    ) -> ProbeAnalysis:
        metrics = await self._metrics(probe, lookback)
        path = await self._path(probe.probe_id, lookback) if with_path else None
        health = (
            vector_of(metrics) if path is None else vector_of(metrics, path.route_stability_pct)
        )
        return ProbeAnalysis(
            probe_id=probe.probe_id,
            probe_type=probe.type,
            target=targets.get(probe.probe_id, ""),
            agent_id=agent.id,
            agent_name=agent.name,
            health=health,
            metrics=metrics,
            path_analysis=msgspec.UNSET if path is None else path,
            signals=signals_of(probe),
            findings=findings_of(probe, 0 if path is None else len(path.rate_limited_hops)),
            generated_at=self._now,
        )

    async def _metrics(self, probe: ProbeHealth, lookback: int) -> AnalysisMetrics:
        """Over all lines of the probe: the one with most packets lost."""
        until_us = round(self._now.timestamp() * 1e6)
        asked = ChartOf(
            stream=probe.probe_id,
            from_us=until_us - lookback * MINUTE_US,
            to_us=until_us,
            as_one=True,
        )
        drawn = await self._deps.series.chart(asked)
        points = [point for line in drawn.lines for point in line.points]
        if not points:
            return of_probe(probe)
        worst = max(points, key=lambda one: (one.loss_pct or 0.0, one.rtt_p95_ms or 0.0))
        return of_point(worst)

    async def _path(self, probe_id: int, lookback: int) -> PathAnalysis | None:
        since_us = round(self._now.timestamp() * 1e6) - lookback * MINUTE_US
        query = Find(streams=[probe_id], type="MTR", from_us=since_us, limit=MOST_TRACES)
        said = [said_by(row) for row in await self._deps.series.find(query)]
        return analysed([one for one in said if isinstance(one, Mtr)])
