"""What a connection needs from the rest of the controller; `main` joins them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from forepost.controller.fleet.given_groups import Grouping
from forepost.controller.fleet.given_probes import WantedProbes
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.running import RunningLists
from forepost.controller.fleet.store import Enrolled
from forepost.controller.peer import Peers
from forepost.kit.clock import Clock
from forepost.wire.speedtest import (
    SpeedtestOrder,
    SpeedtestProgress,
    SpeedtestResult,
    SpeedtestServer,
)
from forepost.wire.uplink import ProbePost


class Numbered(msgspec.Struct, frozen=True):
    """A result and what it is known by: a number of our agent's spool, or nothing but itself."""

    post: ProbePost
    boot: int = 0
    seq: int = 0


Answer = Callable[[list[str]], None]
"""Takes a text for each result: "" if it is kept, or why it is refused."""


class Speedtests(Protocol):
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


class Needs(msgspec.Struct, frozen=True):
    """What a connection needs from the rest of the controller; `main` joins them."""

    roster: Roster
    peers: Peers
    clock: Clock
    version: str
    probes: WantedProbes
    running: RunningLists
    neighbours_changed: Callable[[int], Awaitable[None]]
    """What others share with this agent is other than before."""
    accept: Callable[[Enrolled, Sequence[Numbered], datetime, Answer], Awaitable[None]]
    """Calls the answer after the commit."""
    accept_now: Callable[[Enrolled, ProbePost, datetime, Callable[[str], None]], bool]
    """The same for one result that needs no look-up and no refusal; False: it does."""
    speedtests: Speedtests
    groups: Grouping
    move_to: str = ""
    """The address that agents are told to use; empty: what they have."""
