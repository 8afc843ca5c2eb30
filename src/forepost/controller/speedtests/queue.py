"""The life of a speed test: asked for, handed to its agent, ended; every step is told."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from forepost.controller.speedtests.store import Speedtests
from forepost.kit.clock import Clock
from forepost.wire.speedtests.queue import NewSpeedtest, Speedtest, SpeedtestResult, SpeedtestServer

TURN_SEC: Final = 15.0

Tell = Callable[[Speedtest], None]
"""Called when a test is in another state."""
Nudge = Callable[[int], None]
"""Called with an agent that has something to run, or something to stop waiting for."""


class Queue:
    def __init__(self, store: Speedtests, clock: Clock, tell: Tell, nudge: Nudge) -> None:
        self.store, self._clock, self._tell, self._nudge = store, clock, tell, nudge

    async def ask(
        self, workspace_id: int, agent_id: int, new: NewSpeedtest, user_id: int | None
    ) -> Speedtest:
        test = await self.store.add(workspace_id, agent_id, new, user_id, self._clock.now())
        self._tell(test)
        self._nudge(agent_id)
        return test

    async def cancel(self, workspace_id: int, agent_id: int, queue_id: int) -> Speedtest:
        """A test that runs already is not interrupted; its result is not taken."""
        test = await self.store.cancel(workspace_id, agent_id, queue_id, self._clock.now())
        self._tell(test)
        return test

    async def hand_out(self, workspace_id: int, agent_id: int) -> list[Speedtest]:
        """What the agent is to run now: one test at most."""
        test = await self.store.next_of(workspace_id, agent_id, self._clock.now())
        if test is None:
            return []
        self._tell(test)
        return [test]

    async def ended(
        self, workspace_id: int, agent_id: int, result: SpeedtestResult
    ) -> Speedtest | None:
        """The test that a result is of; None: of none that is open, the result is not taken."""
        error = "" if result.success else result.error or "failed"
        test = await self.store.ended(
            workspace_id, agent_id, result.queue_id, error, self._clock.now()
        )
        if test is not None:
            self._tell(test)
            self._nudge(agent_id)
        return test

    async def know(self, agent_id: int, servers: Sequence[SpeedtestServer]) -> datetime:
        now = self._clock.now()
        await self.store.set_servers(agent_id, servers, now)
        return now

    async def run(self) -> None:
        """End tests whose agent never came, or never came back."""
        while True:
            for test in await self.store.expire(self._clock.now()):
                self._tell(test)
            await self._clock.sleep(TURN_SEC)
