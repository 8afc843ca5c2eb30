"""Joins the traffic of agents and the groups that tag it to their neighbours."""

from collections.abc import Awaitable, Callable

from litestar import Router

from forepost.controller.db.engine import Database
from forepost.controller.fleet.roster import Roster
from forepost.controller.flows import api as flows_api
from forepost.controller.flows.folding import Folding
from forepost.controller.flows.reading import FlowReading
from forepost.controller.flows.store import FlowStore
from forepost.controller.grouping import Grouping
from forepost.controller.groups import api as groups_api
from forepost.controller.groups.store import Groups
from forepost.controller.series.port import Series
from forepost.controller.settings import Flows as FlowsSettings
from forepost.kit.clock import Clock


class Flowing:
    def __init__(
        self, db: Database, series: Series, roster: Roster, clock: Clock, settings: FlowsSettings
    ) -> None:
        store = FlowStore(db)
        self.folding = Folding(store, series, clock, settings)
        self._reading = FlowReading(store, series, clock, settings)
        self._groups, self._clock = Groups(db), clock
        self.grouping = Grouping(self._groups, roster)

    @property
    def services(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {"flows": self.folding.run}

    def routers(self) -> list[Router]:
        grouping = self.grouping
        return [
            flows_api.routes(self._reading, self._clock),
            groups_api.routes(self._groups, self._clock, grouping.changed, grouping.delivery),
        ]
