"""What the conversation with an agent needs of the queue of speed tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from forepost.controller.fleet.store import Enrolled
from forepost.wire.speedtests.queue import (
    SpeedtestOrder,
    SpeedtestProgress,
    SpeedtestResult,
    SpeedtestServer,
)


class AgentSpeedtests(Protocol):
    """The queue of speed tests, as an agent sees it."""

    async def hand_out(self, workspace_id: int, agent_id: int) -> list[SpeedtestOrder]: ...

    def moves(self, agent_id: int, progress: SpeedtestProgress) -> None: ...

    def answers(self, agent_id: int, port: int) -> None:
        """The agent knows responders of ours, and is one itself where `port` is not 0."""
        ...

    async def servers_are(self, agent_id: int, servers: Sequence[SpeedtestServer]) -> None: ...

    async def ended(self, agent: Enrolled, result: SpeedtestResult, received: datetime) -> str:
        """Return when the result is kept: "", or why it is not taken."""
        ...
