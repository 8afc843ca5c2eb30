"""What an agent says of itself on its status socket: one JSON object, then the end."""

from datetime import datetime

from forepost.wire.base import Wire
from forepost.wire.clock import ClockReading


class SpoolStatus(Wire, frozen=True, kw_only=True):
    pending: int
    """Results that are measured and not yet acknowledged."""
    bytes: int
    lost: int
    """Results dropped since the start because the spool was full, too old or unwritable, and those
    that its files did not give back.
    """
    damaged: int = 0
    """Files that were found damaged since the start."""
    refused: int
    """Results that the controller refused for good since the start."""


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
    spool: SpoolStatus
    clock: ClockReading = ClockReading()
    problems: dict[str, str]
    """Subject to reason, for everything that is not well now."""
