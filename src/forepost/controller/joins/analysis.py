"""Joins analyses to verdicts, incidents and results."""

from collections.abc import Sequence

from forepost.controller.alerts.incident_query import Incidents
from forepost.controller.analysis import api
from forepost.controller.analysis.service import Analyses, AnalysisNeeds
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.topology.service import Topology
from forepost.wire.rest.incidents import Incident

MOST_INCIDENTS = 200
MOST_AGENTS = 10_000


def built_on(core: Core, topology: Topology) -> Built:
    incidents = Incidents(core.db)

    async def open_ones(workspace_id: int) -> Sequence[Incident]:
        found, _ = await incidents.of(workspace_id, is_open=True, limit=MOST_INCIDENTS, offset=0)
        return found

    async def targets(workspace_id: int) -> dict[int, str]:
        directory = await topology.directories.of(workspace_id)
        return {
            probe.id: directory.name(first.agent_id) if first.agent_id else first.text
            for probe in directory.probes.values()
            for first in probe.targets[:1]
        }

    async def locations(workspace_id: int) -> dict[int, str]:
        agents, _ = await core.agents.of(workspace_id, MOST_AGENTS, 0)
        return {agent.id: agent.location for agent in agents}

    analyses = Analyses(
        AnalysisNeeds(
            series=core.series,
            clock=core.clock,
            health=topology.health_over,
            matrix=topology.matrix_over,
            incidents=open_ones,
            targets=targets,
            locations=locations,
        )
    )
    return Built(routers=[api.routes(analyses)])
