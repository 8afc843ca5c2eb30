"""Trials: one probe that is run once, now, because somebody asks for it (the talk `trials`)."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire

TRIALS: Final = "trials"
"""The talk, and the capability of an agent that can be asked so."""
TRIAL: Final = "trial"
TRIAL_ENDED: Final = "trial_ended"
MOST_AT_ONCE: Final = 4
"""Of one agent."""
MOST_COUNT: Final = 100
MOST_TIMEOUT_SEC: Final = 30
LONGEST_SEC: Final = 60
"""What takes longer is given up."""
MOST_BYTES: Final = 256 << 10
"""Of a result."""

TrialNumber = Annotated[int, Meta(ge=1, le=2**53)]


class TrialWanted(Wire, frozen=True, kw_only=True):
    """The controller to the agent. `probe`: as in the document `probes`, with one target."""

    request: TrialNumber
    probe: msgspec.Raw


class TrialEnded(Wire, frozen=True, kw_only=True):
    """The agent to the controller."""

    request: TrialNumber
    payload: msgspec.Raw = msgspec.Raw(b"null")
    """The result, as that of a probe of this type; null where there is a problem."""
    problem: Annotated[str, Meta(max_length=1_000)] = ""
    took_ms: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
