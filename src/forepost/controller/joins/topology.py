"""Joins the topology to the fleet, the probes and the panels."""

from collections.abc import Callable
from typing import Any, Self

from forepost.controller.db.engine import Database
from forepost.controller.fleet.presence import standing
from forepost.controller.fleet.roster import Roster
from forepost.controller.joins.probe_lists import ProbeLists
from forepost.controller.live.hub import Hub
from forepost.controller.probes.addresses import Addresses
from forepost.controller.probes.store import Changed
from forepost.controller.series.port import Series
from forepost.controller.topology.news import TopologyNews
from forepost.controller.topology.service import Topology, TopologyNeeds
from forepost.kit.clock import Clock


class TopologyJoin:
    def __init__(self, desk: Topology, lists: ProbeLists, hub: Hub, clock: Clock) -> None:
        self.desk, self._lists = desk, lists
        self._telling = TopologyNews(desk, clock, lambda: hub.workspaces, hub.announce)

    @classmethod
    async def opened(
        cls,
        db: Database,
        series: Series,
        roster: Roster,
        addresses: Addresses,
        hub: Hub,
        lists: ProbeLists,
        clock: Clock,
    ) -> Self:
        """Knows what was said before this process started."""
        desk = Topology(
            TopologyNeeds(
                db=db,
                clock=clock,
                last_seen=roster.last_seen,
                standing=standing,
                address_of=lambda agent_id: addresses.of(agent_id).public,
                in_conflict=lambda agent_id: roster.conflict_of(agent_id) is not None,
            )
        )
        await desk.load(series)
        return cls(desk, lists, hub, clock)

    @property
    def services(self) -> dict[str, Callable[[], Any]]:
        return {"topology": self.desk.run, "panels": self._telling.run}

    def told(self, changed: Changed) -> None:
        """A probe was added, changed or removed."""
        self.desk.forget(changed.probe.workspace_id)
        self._lists.told(changed)

    def touched(self, agent_ids: set[int]) -> None:
        """The lists of these agents changed."""
        self.desk.forget_agents(agent_ids)
        self._lists.touched(agent_ids)
