"""What the uplink and each of its conversations need of the agent."""

from collections.abc import Sequence
from typing import Final

import msgspec

from forepost.agent.node import Node
from forepost.agent.talk import Talk
from forepost.agent.uplink.address import Moves
from forepost.agent.uplink.connection import SILENT_SEC
from forepost.agent.uplink.documents import Documents
from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.kit.clock import Clock
from forepost.kit.health import Health

HEARTBEAT_SEC: Final = 30.0


class UplinkNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """What `Uplink` and `Conversation` are given: one of each for the life of the agent."""

    node: Node
    spool: Spool
    documents: Documents
    keeper: Timekeeper
    moves: Moves
    clock: Clock
    health: Health
    talks: Sequence[Talk] = ()
    speedtest_port: int = 0
    """Where this agent answers speed tests of others; 0: nowhere."""
    silent_sec: float = SILENT_SEC
    """A controller of which nothing is heard for so long is left."""
    ping_sec: float = HEARTBEAT_SEC
    """How often the controller is asked for a word."""
