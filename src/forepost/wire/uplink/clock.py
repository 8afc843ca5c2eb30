"""Capability `clock`: how an agent learns how its clock stands to the controller's.

The agent asks (event `clock`, a TimeAsk), the controller answers at once (`clock`, a TimeIs), as
NTP does with four times (RFC 5905, section 8); then the agent says what it knows (`clock_is`).
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from forepost.wire.base import Wire

Ns = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""Unix time in ns."""
Span = Annotated[float, Meta(ge=-1e16, le=1e16)]


class TimeAsk(Wire, frozen=True, kw_only=True):
    number: Annotated[int, Meta(ge=0, le=2**53)]


class TimeIs(Wire, frozen=True, kw_only=True):
    """When the question `number` came and when this answer left, by the controller's clock."""

    number: Annotated[int, Meta(ge=0, le=2**53)]
    received_ns: Ns
    sent_ns: Ns


class ClockReading(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """What an agent knows of its own wall clock at one moment."""

    offset_ms: Span | None = None
    """The controller's clock less the agent's; null: no controller was asked since the start."""
    bound_ms: Annotated[float, Meta(ge=0, le=1e16)] | None = None
    """The true offset is within so much of it, either way."""
    stepped_ms: Span = 0.0
    """How far somebody has set the agent's clock since it started, all steps together."""
    suspended_sec: Annotated[float, Meta(ge=0, le=1e12)] = 0.0
    """How long the machine has slept since then."""

    @property
    def is_off(self) -> bool:
        """Whether the clock is wrong for certain: by more than what is not known."""
        if self.offset_ms is None or self.bound_ms is None:
            return False
        return abs(self.offset_ms) > self.bound_ms

    @property
    def is_doubtful(self) -> bool:
        """Whether a time by this clock says something only together with this reading."""
        return self.is_off or (self.offset_ms is None and self.stepped_ms != 0)


class AgentClock(ClockReading, frozen=True, kw_only=True, omit_defaults=False):
    """The same as the controller shows it."""

    skewed: bool
    """Wrong for certain by a second or more; times of results are corrected all the same."""
    told_at: datetime
