"""Joins the lists of sites to the fleet, the verdicts and the traffic."""

from typing import Final

from sqlalchemy import select

from forepost.controller.db.tables.probes import probes
from forepost.controller.flows.answer import Question
from forepost.controller.flows.query import TrafficQuery, TrafficReader
from forepost.controller.flows.store import FlowStore
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.metrics import Figure
from forepost.controller.joins.probes import ProbeWatcher
from forepost.controller.joins.sla import agents_of
from forepost.controller.lookup.subject import as_address
from forepost.controller.pipeline import Follower
from forepost.controller.results.sla import judge
from forepost.controller.sites import api
from forepost.controller.sites.needs import Octets, SiteNeeds
from forepost.controller.sites.places import place_found
from forepost.controller.sites.service import Sites
from forepost.controller.topology.service import Topology
from forepost.kit.errors import Unavailable
from forepost.wire.rest.bodies import Agent
from forepost.wire.rest.sites import SitePlace

ALL_AGENTS: Final = 1_000_000


def built_on(core: Core, topology: Topology) -> Built:
    reader = TrafficReader(FlowStore(core.db), core.series, core.clock, core.settings.flows)

    async def traffic(workspace_id: int, start: float, end: float) -> dict[int, Octets]:
        asked = TrafficQuery(workspace_id=workspace_id, start=start, end=end)
        top = await reader.top(asked, "agent", Question(by="total", limit=ALL_AGENTS))
        return {int(row.name): (row.bytes_in, row.bytes_out) for row in top.rows}

    def place_of(agent: Agent) -> SitePlace | None:
        ip = as_address(agent.public_ip_override or core.probes.addresses.of(agent.id).public)
        if ip is None or not core.lookups.geoip.configured:
            return None
        try:
            return place_found(core.lookups.geoip.find(ip))
        except Unavailable:
            return None

    async def enabled() -> list[int]:
        query = select(probes.c.id).where(probes.c.enabled).order_by(probes.c.id)
        async with core.db.read() as connection:
            return [*(await connection.execute(query)).scalars()]

    sites = Sites(
        SiteNeeds(
            series=core.series,
            clock=core.clock,
            agents=lambda workspace_id: agents_of(core, workspace_id),
            agent=core.agents.get,
            probes=core.probes.store.of_agent,
            is_live=core.roster.is_live,
            spool_of=core.roster.spool_of,
            clock_of=core.roster.clock_of,
            place_found=place_of,
            health=topology.health_now,
            own_probes=topology.own_probes,
            traffic=traffic,
            enabled=enabled,
            judge=judge,
        )
    )
    core.agent_watchers.append(sites.forget)
    core.probes.watchers.append(
        ProbeWatcher(
            told=lambda changed: sites.forget(changed.probe.workspace_id),
            touched=lambda _: None,
        )
    )
    return Built(
        routers=[api.routes(sites)],
        services={"sites": sites.run},
        followers=[Follower(sites.consider)],
        figures=[
            Figure(
                "gauge",
                "forepost_sites_lines",
                "Lines of results whose last day is kept in RAM for the list of sites.",
                lambda: sites.book.lines,
            ),
            Figure(
                "total",
                "forepost_sites_left_out",
                "Results that found no room there.",
                lambda: sites.book.left_out,
            ),
        ],
    )
