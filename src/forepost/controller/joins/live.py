"""Joins panels to committed results and to who may see them."""

from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.live.socket import endpoint
from forepost.controller.pipeline import Follower


async def build(core: Core) -> Built:
    hub, access = core.hub, core.access.access
    return Built(
        sockets={
            "/ws/panel": endpoint(hub, access, "flat"),
            "/ws/panel/raw": endpoint(hub, access, "event"),
        },
        followers=[Follower(hub.publish)],
    )
