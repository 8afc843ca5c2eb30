"""Joins the traffic of agents and the groups that tag it to their neighbours."""

from forepost.controller.flows import api
from forepost.controller.flows.fold_keeper import FoldKeeper
from forepost.controller.flows.query import TrafficReader
from forepost.controller.flows.store import FlowStore
from forepost.controller.groups import api as groups_api
from forepost.controller.groups.store import Groups
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.groups import GroupsJoin
from forepost.controller.pipeline import Follower
from forepost.wire.flows.rollup import FLOWS


async def build(core: Core) -> Built:
    settings, clock, groups = core.settings.flows, core.clock, Groups(core.db)
    store = FlowStore(core.db)
    keeper = FoldKeeper(store, core.series, core.settled, settings)
    reader = TrafficReader(store, core.series, clock, settings)
    wanted = GroupsJoin(groups, core.reports, core.agents, core.roster)
    return Built(
        routers=[
            api.routes(reader, clock),
            groups_api.routes(groups, clock, wanted.changed, wanted.delivery),
        ],
        services={"flows": keeper.run},
        followers=[Follower(keeper.consider, frozenset({FLOWS}))],
        documents=[wanted],
        flush=keeper.flush,
    )
