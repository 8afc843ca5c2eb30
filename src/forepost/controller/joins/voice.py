"""Joins the thresholds of voice quality to their routes."""

from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.voice import api
from forepost.controller.voice.store import ThresholdStore


async def build(core: Core) -> Built:
    return Built(routers=[api.routes(ThresholdStore(core.db), core.clock)])
