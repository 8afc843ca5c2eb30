"""Joins the traffic of agents and the groups that tag it to their neighbours."""

import logging
from collections.abc import Awaitable, Callable

from litestar import Router

from forepost.controller.db.engine import Database
from forepost.controller.db.failures import LOST
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Agents
from forepost.controller.flows import api as flows_api
from forepost.controller.flows.fold_keeper import FoldKeeper
from forepost.controller.flows.query import TrafficReader
from forepost.controller.flows.store import FlowStore
from forepost.controller.groups import api as groups_api
from forepost.controller.groups.said import GroupReports
from forepost.controller.groups.store import Groups
from forepost.controller.joins.groups import GroupsJoin
from forepost.controller.series.port import Series
from forepost.controller.settings import FlowsSection as FlowsSettings
from forepost.kit.clock import Clock

_log = logging.getLogger(__name__)


class TrafficJoin:
    def __init__(
        self,
        db: Database,
        series: Series,
        roster: Roster,
        clock: Clock,
        settled: Clock,
        settings: FlowsSettings,
    ) -> None:
        """`settled`: by which what is too old is known."""
        store = FlowStore(db)
        self.folding = FoldKeeper(store, series, settled, settings)
        self._reading = TrafficReader(store, series, clock, settings)
        self._groups, self._clock = Groups(db), clock
        self._said = GroupReports(db)
        self.grouping = GroupsJoin(self._groups, self._said, Agents(db), roster)

    @property
    def services(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {"flows": self.folding.run, "groups": self._said.run}

    async def load(self) -> None:
        await self._said.load()

    async def flush(self) -> None:
        """Before the end."""
        await self.folding.flush()
        try:
            await self._said.flush()
        except LOST as error:
            _log.warning("what agents said of their groups is not kept: %s", error)

    def routers(self) -> list[Router]:
        grouping = self.grouping
        return [
            flows_api.routes(self._reading, self._clock),
            groups_api.routes(self._groups, self._clock, grouping.changed, grouping.delivery),
        ]
