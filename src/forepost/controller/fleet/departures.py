"""How an agent leaves of its own accord: its key ends, the agent itself stays for another host."""

import logging
from collections.abc import Awaitable, Callable

from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Agents, Enrolled
from forepost.kit.clock import Clock

_log = logging.getLogger(__name__)

Left = Callable[[Enrolled, str, str], Awaitable[None]]
"""(agent, its name, the address it spoke from): its row in the audit log."""


class Departures:
    def __init__(
        self,
        agents: Agents,
        roster: Roster,
        neighbours_changed: Callable[[int], Awaitable[None]],
        left: Left,
        clock: Clock,
    ) -> None:
        """`neighbours_changed`: what others share with this agent has ended with its PSK."""
        self.roster = roster
        self._agents, self._clock = agents, clock
        self._neighbours_changed, self._left = neighbours_changed, left

    async def leave(self, agent: Enrolled) -> None:
        """The agent says, on a conversation that was opened with its key, that it leaves. Of one
        whose key is another one by now nothing changes.
        """
        address = self.roster.address_of(agent.agent_id)
        now = self._clock.now()
        name = await self._agents.pins.leave(agent.agent_id, agent.psk_sha256, now)
        if name is None:
            return
        _log.info("agent %d has left: its key is not good any more", agent.agent_id)
        await self._left(agent, name, address)
        self.roster.hang_up(agent.agent_id)
        await self._neighbours_changed(agent.agent_id)
