"""Joins the topology, and lists of sites and analyses with its verdicts, to fleet and panels."""

from forepost.controller.fleet.presence import standing
from forepost.controller.joins import analysis, sites
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.metrics import Figure
from forepost.controller.joins.probes import ProbeWatcher
from forepost.controller.pipeline import Follower
from forepost.controller.topology import api
from forepost.controller.topology.news import TopologyNews
from forepost.controller.topology.service import Topology, TopologyNeeds


async def build(core: Core) -> Built:
    """Knows what was said before this process started."""
    topology = Topology(
        TopologyNeeds(
            db=core.db,
            series=core.series,
            clock=core.clock,
            last_seen=core.roster.last_seen,
            standing=standing,
            address_of=lambda agent_id: core.probes.addresses.of(agent_id).public,
            in_conflict=lambda agent_id: core.roster.conflict_of(agent_id) is not None,
        )
    )
    await topology.load()
    news = TopologyNews(topology, core.clock, lambda: core.hub.workspaces, core.hub.announce)
    core.agent_watchers.append(topology.forget)
    core.probes.watchers.append(
        ProbeWatcher(
            told=lambda changed: topology.forget(changed.probe.workspace_id),
            touched=topology.forget_agents,
        )
    )
    listed, analysed = sites.built_on(core, topology), analysis.built_on(core, topology)
    return Built(
        routers=[api.routes(topology), *listed.routers, *analysed.routers],
        services={"topology": topology.run, "panels": news.run, **listed.services},
        followers=[Follower(topology.consider), *listed.followers],
        figures=[
            *listed.figures,
            Figure(
                "gauge",
                "forepost_topology_lines",
                "Lines of results that maps, matrices and health are made of.",
                lambda: topology.latest.lines,
            ),
            Figure(
                "total",
                "forepost_topology_left_out",
                "Results that found no room there.",
                lambda: topology.latest.left_out,
            ),
        ],
    )
