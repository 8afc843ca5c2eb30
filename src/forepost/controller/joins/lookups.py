"""Joins lookups: what is known of an address, a name or a MAC."""

from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.lookup import api


async def build(core: Core) -> Built:
    lookups = core.lookups

    async def close() -> None:
        lookups.close()

    return Built(routers=[api.routes(lookups)], services=lookups.services, flush=close)
