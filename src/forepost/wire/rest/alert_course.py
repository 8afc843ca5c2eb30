"""What people do with an alert, and what happened to it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.rest.notify import DeliveryState, Ended

AlertNote = Annotated[str, Meta(max_length=4_000)]


class AlertPatch(Wire, frozen=True, kw_only=True):
    """`active` takes an acknowledgement back. Several people may acknowledge an alert, each with a
    note; the first is named by the alert, and the newest says how long it holds.
    """

    status: Literal["acknowledged", "resolved", "active"]
    note: AlertNote = ""
    minutes: Annotated[int, Meta(ge=1, le=43_200)] | None = None
    """acknowledged: for so long; none: until the alert is over."""


class AlertEvent(Wire, frozen=True, kw_only=True):
    """One thing that happened to an alert. What a `what` does not have is empty."""

    at: datetime
    what: Literal[
        "opened",
        "worse",
        "eased",
        "suppressed",
        "told",
        "escalated",
        "acknowledged",
        "returned",
        "expired",
        "muted",
        "unmuted",
        "resolved",
        "ended",
    ]
    """returned: an acknowledgement was taken back. expired: it ended by itself. suppressed: the
    alert did not get worse, as a maintenance window was on. resolved: by somebody."""
    name: str = ""
    """Who did it: an e-mail address, or "key: " and the name of an API key; as it was then."""
    note: str = ""
    """What they wrote; of opened, worse and eased what was so."""
    until: datetime | None = None
    """acknowledged, muted: how long."""
    event: str = ""
    """told: that it triggered, grew, resolved, is a reminder, …"""
    channel: str = ""
    """told: to whom, as every member may see it."""
    state: DeliveryState | None = None
    """told: what became of it."""
    window_id: int | None = None
    """suppressed: by which maintenance window."""
    ended: Ended = ""
