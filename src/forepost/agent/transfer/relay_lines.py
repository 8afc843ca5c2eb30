"""Through the controller to other agents: how it is asked, and with whom there are lines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import anyio

from forepost.agent.edges.peers.channel import RelayRefused
from forepost.wire.jobs import relay as wire
from forepost.wire.jobs.transfer import RelayAccess

if TYPE_CHECKING:
    from forepost.agent.transfer.relay_websocket import RelayedLine

MOST_PAIRS: Final = 24
"""Members to which this agent has relayed lines at a time, or asks for them; the controller takes
48 pairs of an agent."""


class RelayLines:
    """Of one engine: how the controller is asked, and with whom there are lines."""

    def __init__(self) -> None:
        self.access: RelayAccess | None = None
        self._anew = anyio.Event()
        self._used: dict[tuple[str, str], int] = {}
        """By run and device: how many lines."""

    def want(self, access: RelayAccess | None) -> None:
        """Ask so from now on. Lines that were got otherwise end."""
        if access != self.access:
            self.access = access
            former, self._anew = self._anew, anyio.Event()
            former.set()

    def use(self, pair: tuple[str, str]) -> None:
        """Count a line of a run and a device. Raises RelayRefused."""
        if pair not in self._used and len(self._used) >= MOST_PAIRS:
            raise RelayRefused(f"{MOST_PAIRS} agents are reached so, and no more can be", wire.FULL)
        self._used[pair] = self._used.get(pair, 0) + 1

    @asynccontextmanager
    async def line(
        self, run: str, me: str, peer: str, number: int, certificate: bytes
    ) -> AsyncIterator["RelayedLine"]:
        """Have a line as soon as the other comes too. Raises RelayRefused."""
        from forepost.agent.transfer import (  # noqa: PLC0415 - memory, where nobody is relayed
            relay_websocket,
        )

        access, anew, pair = self.access, self._anew, (run, peer)
        if access is None:
            raise RelayRefused("there is none")
        self.use(pair)
        asked = {wire.RUN: run, wire.ME: me, wire.PEER: peer, wire.LINE: number}
        try:
            target = f"{wire.PATH}?{urlencode(asked)}"
            async with relay_websocket.opened(access, target, certificate, anew) as line:
                yield line
        finally:
            self._used[pair] -= 1
            if not self._used[pair]:
                del self._used[pair]
