"""What an agent says of itself: on its status socket (one JSON object, then the end), and of its
spool to a controller that shows it.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.uplink.clock import ClockReading

Count = Annotated[int, Meta(ge=0, le=2**53)]


class SpoolStatus(Wire, frozen=True, kw_only=True):
    pending: Count
    """Results that are measured and not yet acknowledged."""
    bytes: Count
    lost: Count
    """Results dropped since the start because the spool was full, too old or unwritable, and those
    that its files did not give back.
    """
    damaged: Count = 0
    """Files that were found damaged since the start."""
    refused: Count
    """Results that the controller refused for good since the start."""
    backlog: Count = 0
    """Of those that are pending, what was there before this conversation with the controller; 0
    without one.
    """
    backlog_left_sec: Annotated[float, Meta(ge=0, le=1e12)] | None = None
    """How long the backlog takes at the rate of the last minute; null: not known."""
    backlog_grows: bool = False
    """More is measured than the line carries away."""


class AgentSpool(SpoolStatus, frozen=True, kw_only=True):
    """The same as the controller shows it."""

    told_at: datetime


class WorkloadsStatus(Wire, frozen=True, kw_only=True):
    wanted: int
    running: int
    """Of those that are wanted, as they are wanted."""
    problems: dict[str, str] = {}
    """By name; of an engine that does not answer each has it."""


class JobsStatus(Wire, frozen=True, kw_only=True):
    deviceid: str
    """By which other agents know this one."""
    paused: bool
    waiting: Count
    under_way: Count
    scripts: Count
    """Of those, scripts that run now."""
    ended: Count
    """As many as are remembered whole."""
    scheduled: Count


class Status(Wire, frozen=True, kw_only=True):
    version: str
    name: str
    pid: int
    started_at: datetime
    controller: str
    """URL; empty for an agent that runs alone."""
    connected: bool
    plain: bool = False
    """The way to the controller is not encrypted: who is on it can read the agent's key."""
    workspace_id: int
    agent_id: int
    probes: int
    """Measurements that are running: one for each probe and target."""
    unsupported: list[str] = []
    """What of its list of probes this agent cannot run, and why."""
    microservices: WorkloadsStatus | None = None
    """null: this agent runs none."""
    jobs: JobsStatus | None = None
    """null: this agent takes none."""
    spool: SpoolStatus
    clock: ClockReading = ClockReading()
    problems: dict[str, str]
    """Subject to reason, for everything that is not well now."""
