"""Joins what changed to the results and the agents that say so."""

import forepost
from forepost.controller.changes import api
from forepost.controller.changes.keeper import ChangeKeeper
from forepost.controller.changes.observation import TYPES
from forepost.controller.changes.query import ChangeReader
from forepost.controller.changes.store import ChangeStore
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.pipeline import Follower


async def build(core: Core) -> Built:
    """Knows what results said before this process started."""
    days = core.settings.data.retention_days
    keeper = ChangeKeeper(ChangeStore(core.db), core.clock, forepost.__version__, days)
    await keeper.load()
    core.roster.version_followers.append(keeper.version_changed)
    core.roster.gone_followers.append(keeper.agent_gone)
    return Built(
        routers=[api.routes(ChangeReader(core.db), core.clock)],
        services={"changes": keeper.run},
        followers=[Follower(keeper.consider, TYPES)],
        forget=keeper.forget,
        flush=keeper.flush,
    )
