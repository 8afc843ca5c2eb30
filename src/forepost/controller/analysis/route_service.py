"""The ways that the agents of a workspace go, looked at together."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import anyio.to_thread
import msgspec

from forepost.controller.analysis.route import FoundRoute, KnownPlaces, route_of
from forepost.controller.analysis.run_rows import lines_of
from forepost.controller.analysis.shared_routes import (
    NetworkName,
    shared_hops,
    shared_networks,
    shared_targets,
)
from forepost.controller.series.port import Find, Row, Series
from forepost.kit.clock import Clock
from forepost.wire.rest.analysis_routes import AgentRoutes, RouteIncident, WorkspaceRoutes

MOST_RUNS: Final = 20_000
LEAST_OF_PROBE, MOST_OF_PROBE = 10, 500
"""Runs of one probe that are looked at, the newest."""


class AgentPlace(msgspec.Struct, frozen=True):
    id: int
    name: str
    public_ip: str
    provider: str


class AddressChange(msgspec.Struct, frozen=True):
    agent_id: int
    before: str
    after: str
    provider_before: str
    """"" where it is not known any more."""
    at: datetime


class RouteNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """What it is made of, from the slices that have it; `joins/analysis.py` gives it."""

    series: Series
    clock: Clock
    places: Callable[[int], Awaitable[Sequence[AgentPlace]]]
    """Of the agents of a workspace."""
    traced: Callable[[int], Awaitable[Sequence[int]]]
    """Probes of a workspace that trace ways."""
    address_changes: Callable[[int, datetime], Awaitable[Sequence[AddressChange]]]
    """Of a workspace, since a time; newest first."""
    network_of: Callable[[str], NetworkName | None]


class RouteAnalyses:
    def __init__(self, needs: RouteNeeds) -> None:
        self._needs = needs
        self._limiter = anyio.CapacityLimiter(1)

    async def of(self, workspace_id: int, hours: int) -> WorkspaceRoutes:
        needs, now = self._needs, self._needs.clock.now()
        since = now - timedelta(hours=hours)
        agents = await needs.places(workspace_id)
        changes = await needs.address_changes(workspace_id, since)
        rows = await self._rows(await needs.traced(workspace_id), since)
        known = KnownPlaces(
            {agent.id: agent.name for agent in agents},
            {agent.public_ip: agent.id for agent in agents if agent.public_ip},
        )
        found = await anyio.to_thread.run_sync(_found, rows, known, limiter=self._limiter)
        incidents = [one.incident for one in found if one.incident is not None]
        places = {agent.id: agent for agent in agents}
        for change in changes:
            if change.agent_id in places:
                incidents += _of_address(change, places[change.agent_id])
        incidents.sort(key=lambda one: one.detected_at, reverse=True)
        return WorkspaceRoutes(
            workspace_id=workspace_id,
            agents=[_of_agent(agent, found, incidents) for agent in agents],
            shared_hops=shared_hops(found, known.names),
            shared_destinations=shared_targets(found, known.names, by_address=True),
            shared_asns=shared_networks(found, known.names, needs.network_of),
            common_targets=shared_targets(found, known.names, by_address=False),
            incidents=incidents,
            total_agents=len(agents),
            total_routes=len(found),
            generated_at=now,
        )

    async def _rows(self, probes: Sequence[int], since: datetime) -> list[Row]:
        share = MOST_RUNS // max(1, len(probes))
        limit = min(MOST_OF_PROBE, max(LEAST_OF_PROBE, share))
        from_us = round(since.timestamp() * 1e6)
        rows: list[Row] = []
        for probe_id in probes:
            query = Find(streams=[probe_id], type="MTR", from_us=from_us, limit=limit)
            rows += await self._needs.series.find(query)
        return rows


def _found(rows: Sequence[Row], known: KnownPlaces) -> list[FoundRoute]:
    lines = lines_of(rows)
    return [route_of(line, known) for line in lines if line.agent_id in known.names]


def _of_agent(
    agent: AgentPlace, found: Sequence[FoundRoute], incidents: Sequence[RouteIncident]
) -> AgentRoutes:
    types = {one.type for one in incidents if one.agent_id == agent.id}
    return AgentRoutes(
        agent_id=agent.id,
        agent_name=agent.name,
        public_ip=agent.public_ip,
        isp=agent.provider,
        has_ip_change="ip_change" in types,
        has_isp_change="isp_change" in types,
        routes=[one.route for one in found if one.route.agent_id == agent.id],
    )


def _of_address(change: AddressChange, agent: AgentPlace) -> list[RouteIncident]:
    at = round(change.at.timestamp())
    found = [
        RouteIncident(
            id=f"ip_change_{agent.id}_{at}",
            type="ip_change",
            severity="info",
            agent_id=agent.id,
            agent_name=agent.name,
            probe_id=0,
            target="",
            message=f"The public address was {change.before}, and is {change.after}",
            evidence=[f"Before: {change.before}", f"Now: {change.after}"],
            detected_at=change.at,
        )
    ]
    before = change.provider_before
    if before and agent.provider and before != agent.provider:
        found.append(
            RouteIncident(
                id=f"isp_change_{agent.id}_{at}",
                type="isp_change",
                severity="warning",
                agent_id=agent.id,
                agent_name=agent.name,
                probe_id=0,
                target="",
                message=f"The provider was {before}, and is {agent.provider}",
                evidence=[f"Before: {before}", f"Now: {agent.provider}"],
                detected_at=change.at,
            )
        )
    return found
