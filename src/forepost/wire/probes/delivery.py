"""What an agent makes of its list of probes, as REST shows it."""

from datetime import datetime
from typing import Literal

from forepost.wire.base import Wire

ProbeState = Literal["running", "refused", "waiting", "unknown"]
"""running: the agent has said that it runs the list as it is now. refused: it has the list, and
cannot run this one. waiting: what it said last was of another list. unknown: it never said
anything, as agents of other makes never do."""


class DeliveredProbe(Wire, frozen=True, kw_only=True):
    probe_id: int
    """0: every agent gets this one."""
    type: str
    """Of an AGENT probe, one row for each type that it stands for."""
    state: ProbeState
    reason: str = ""
    """Why it is refused, in the agent's words."""


class ProbeDelivery(Wire, frozen=True, kw_only=True):
    agent_id: int
    connected: bool
    revision: str
    """Of the list as it is now."""
    running_revision: str
    """What the agent said last; "" where it never did."""
    said_at: datetime | None
    data: list[DeliveredProbe]
