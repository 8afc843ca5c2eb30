"""Whether a channel works, by what became of its newest deliveries. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from forepost.wire.rest.channels import ChannelOutcome, Standing
from forepost.wire.rest.notify import DeliveryState

_WORST_FIRST: Final[tuple[DeliveryState, ...]] = (
    "failed",
    "pending",
    "sending",
    "sent",
    "superseded",
)


class DeliveryEnd(Protocol):
    """A row of the log of deliveries."""

    receiver: str
    state: DeliveryState
    attempts: int
    last_error: str
    created_at: datetime
    sent_at: datetime | None


def standing_of(newest: Sequence[DeliveryEnd]) -> Standing:
    """`newest`: the deliveries of a channel, newest first. One receiver that fails is enough."""
    last = _last_of_each([one for one in newest if one.attempts and one.state != "superseded"])
    if any(one.state != "sent" and one.last_error for one in last):
        return "failing"
    return "ok" if any(one.state == "sent" for one in last) else "untried"


def outcome_of(newest: Sequence[DeliveryEnd]) -> ChannelOutcome | None:
    """The newest of each receiver; of these the one that is worst off. None: there is none."""
    last = _last_of_each(newest)
    if not last:
        return None
    worst = min(last, key=lambda one: _WORST_FIRST.index(one.state))
    return ChannelOutcome(
        state=worst.state, at=worst.sent_at or worst.created_at, error=worst.last_error
    )


def _last_of_each(newest: Sequence[DeliveryEnd]) -> list[DeliveryEnd]:
    """What was superseded says nothing of a channel, unless there is nothing else."""
    told = [one for one in newest if one.state != "superseded"]
    found: dict[str, DeliveryEnd] = {}
    for one in told or newest:
        found.setdefault(one.receiver, one)
    return list(found.values())
