"""How this agent stands to its controller, in the words of the Agent API."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from forepost.agent.edges.host.interfaces import addresses_and_macs
from forepost.agent.slices import Site
from forepost.wire.jobs.agent_api import AgentApiState, ApiServer

LOOK_SEC: Final = 1.0
TROUBLE: Final = ("controller", "uplink")
"""Subjects of health by which the uplink says what is wrong."""
LOOPBACK: Final = ("127.", "::1/")
LINK_LOCAL: Final = "fe80:"


class ServerState:
    """Looks at the line each second: `last_seen` is as exact as that."""

    def __init__(self, site: Site, has_network: Callable[[], bool]) -> None:
        self._site, self._has_network = site, has_network
        self._last_seen = 0

    async def run(self) -> None:
        while True:
            if self._site.is_connected():
                self._last_seen = int(self._site.clock.now().timestamp())
            await self._site.clock.sleep(LOOK_SEC)

    def server(self) -> ApiServer:
        url = self._site.controller_url()
        state = self._state(url)
        if state == "CONNECTED":
            self._last_seen = max(self._last_seen, int(self._site.clock.now().timestamp()))
        return ApiServer(addr=urlsplit(url).hostname or "", last_seen=self._last_seen, state=state)

    def _state(self, url: str) -> AgentApiState:
        if self._site.is_connected():
            return "CONNECTED"
        node = self._site.node
        if node.identity() is None and node.retired() is not None:
            return "DECLINED"
        if not url:
            return "NOT_CONFIGURED"
        if not self._has_network():
            return "STOPPED"
        problems = self._site.health.problems
        return "NOT_CONNECTED" if any(one in problems for one in TROUBLE) else "CONNECTING"


def has_network() -> bool:
    """Whether this host has an address by which anybody else could be reached."""
    addresses, _ = addresses_and_macs()
    return any(
        not one.startswith(LOOPBACK) and not one.lower().startswith(LINK_LOCAL) for one in addresses
    )
