"""Joins analyses to verdicts, incidents, changes and results."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import UNSET

from forepost.controller.alerts.incident_query import Incidents
from forepost.controller.analysis import api
from forepost.controller.analysis.history import AnalysisHistories, HistoryNeeds
from forepost.controller.analysis.route_service import (
    AddressChange,
    AgentPlace,
    RouteAnalyses,
    RouteNeeds,
)
from forepost.controller.analysis.service import Analyses, AnalysisNeeds
from forepost.controller.analysis.shared_routes import NetworkName
from forepost.controller.changes.query import ChangeReader, ChangesOf
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.sla import agents_of
from forepost.controller.lookup.subject import as_address
from forepost.controller.payloads import said_by
from forepost.controller.payloads.netinfo import Netinfo
from forepost.controller.series.port import Find
from forepost.controller.topology.service import Topology
from forepost.kit.errors import Unavailable
from forepost.wire.rest.incidents import Incident

MOST_INCIDENTS: Final = 200
MOST_PAST_INCIDENTS: Final = 5_000
MOST_CHANGES: Final = 200
NETINFO_LOOKBACK_US: Final = 7 * 86_400_000_000
TRACED: Final = ("MTR", "AGENT")
"""Types of probes that have results of MTR."""


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
        return {agent.id: agent.location for agent in await agents_of(core, workspace_id)}

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
    ways = RouteAnalyses(_route_needs(core, topology))
    histories = AnalysisHistories(_history_needs(core, topology, incidents))
    return Built(routers=[api.routes(analyses, ways, histories, core.clock)])


def _route_needs(core: Core, topology: Topology) -> RouteNeeds:
    reader = ChangeReader(core.db)

    async def places(workspace_id: int) -> list[AgentPlace]:
        agents = await agents_of(core, workspace_id)
        now_us = round(core.clock.now().timestamp() * 1e6)
        since_us = now_us - NETINFO_LOOKBACK_US
        streams = [-agent.id for agent in agents]
        newest = await core.series.newest(streams, from_us=since_us, to_us=now_us)
        providers = {
            row.agent_id: said.provider
            for row in newest
            if row.type == "NETINFO" and isinstance(said := said_by(row), Netinfo)
        }
        return [
            AgentPlace(
                agent.id,
                agent.name,
                agent.public_ip_override or core.probes.addresses.of(agent.id).public,
                providers.get(agent.id, ""),
            )
            for agent in agents
        ]

    async def provider_before(agent_id: int, at: datetime) -> str:
        to_us = round(at.timestamp() * 1e6) - 1
        rows = await core.series.find(
            Find(streams=[-agent_id], type="NETINFO", to_us=to_us, limit=1)
        )
        said = said_by(rows[0]) if rows else None
        return said.provider if isinstance(said, Netinfo) else ""

    async def address_changes(workspace_id: int, since: datetime) -> list[AddressChange]:
        asked = ChangesOf(
            workspace_id=workspace_id, start=since, kind="address", limit=MOST_CHANGES
        )
        return [
            AddressChange(
                one.agent_id,
                one.before,
                one.after,
                await provider_before(one.agent_id, one.at),
                one.at,
            )
            for one in (await reader.page(asked)).data
            if one.agent_id is not None
        ]

    async def traced(workspace_id: int) -> list[int]:
        directory = await topology.directories.of(workspace_id)
        return [probe.id for probe in directory.probes.values() if probe.type in TRACED]

    def network_of(ip: str) -> NetworkName | None:
        address = as_address(ip)
        if address is None or not core.lookups.geoip.configured:
            return None
        try:
            asn = core.lookups.geoip.find(address).asn
        except Unavailable:
            return None
        if asn is UNSET or asn.number is UNSET:
            return None
        return NetworkName(asn.number, "" if asn.organization is UNSET else asn.organization)

    return RouteNeeds(
        series=core.series,
        clock=core.clock,
        places=places,
        traced=traced,
        address_changes=address_changes,
        network_of=network_of,
    )


def _history_needs(core: Core, topology: Topology, incidents: Incidents) -> HistoryNeeds:
    async def probes(workspace_id: int) -> dict[int, int]:
        directory = await topology.directories.of(workspace_id)
        return {probe.id: probe.agent_id for probe in directory.probes.values()}

    async def agents(workspace_id: int) -> int:
        return len((await topology.directories.of(workspace_id)).agents)

    async def between(workspace_id: int, start: datetime, end: datetime) -> list[Incident]:
        return await incidents.between(workspace_id, start, end, MOST_PAST_INCIDENTS)

    return HistoryNeeds(series=core.series, probes=probes, agents=agents, incidents=between)
