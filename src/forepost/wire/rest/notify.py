"""What leaves the controller because of an alert, and how a person reads its log."""

import hashlib
from datetime import datetime
from typing import Literal

from forepost.wire.base import Wire

DeliveryState = Literal["pending", "sending", "sent", "failed", "superseded"]
"""superseded: before it could be sent there was something newer to be told of the same alert, or
its rule tells this channel no more."""
ChannelKind = Literal["webhook", "email", "apprise"]
Ended = Literal[
    "",
    "recovered",
    "by_hand",
    "rule_changed",
    "rule_disabled",
    "rule_deleted",
    "probe_gone",
    "target_gone",
    "agent_gone",
]
"""How an alert ended. "": it is open, or ended before this was kept."""


NoticeEvent = Literal[
    "triggered",
    "grew",
    "worse",
    "eased",
    "cause",
    "flapping",
    "reminder",
    "withdrawn",
    "resolved",
    "test",
]
"""reminder: nothing is otherwise. grew: many more alerts have joined an incident. worse, eased: the
severity is another. cause: why it is is known now, or that is over and the rest is not. flapping:
it begins and ends again and again, and how it stays is told when it does. withdrawn: this receiver
is told no more of what is still so."""


class NoticeAlert(Wire, frozen=True, kw_only=True):
    """An alert of an incident, in a line."""

    alert_id: int
    severity: Literal["warning", "critical"]
    rule_name: str
    message: str


class NoticeIncident(Wire, frozen=True, kw_only=True):
    """What is told of an incident as a whole."""

    id: int
    title: str
    scope: str
    cause: str
    cause_text: str
    opened_at: datetime
    open_alerts: int
    """Those that the receiver is told of."""
    symptoms: int
    """Open ones that others explain."""
    alerts: list[NoticeAlert]
    """The first of them."""
    more: int
    """How many there are beside those."""
    cause_ended_at: datetime | None = None
    """Since when `cause` is over, though the incident is not."""
    times: int = 1
    """How often it began, or got worse, in the last ten minutes; while it is flapping since then.
    """
    flapping_since: datetime | None = None


class Notice(Wire, frozen=True, kw_only=True):
    """What is told about an alert; as it stands here it is the body of a webhook.

    NetWatcher's fields come first, in its order and spelling; from `event` on they are ours. A test
    of a rule has no alert: `alert_id` 0.
    """

    alert_id: int
    workspace_id: int
    probe_id: int | None
    agent_id: int | None
    probe_type: str
    probe_name: str
    probe_target: str
    agent_name: str
    panel_url: str
    metric: str
    value: float | None
    threshold: float | None
    severity: Literal["warning", "critical"]
    message: str
    triggered_at: datetime
    event: NoticeEvent
    resolved_at: datetime | None
    rule_id: int
    rule_name: str
    incident_id: int | None
    seq: int = 0
    """1, 2, 3 of this alert, as they were caused: a receiver that has a later one already may leave
    an earlier one out."""
    status: Literal["", "active", "acknowledged", "resolved"] = ""
    """Of the alert when this was written."""
    ended: Ended = ""
    """How it ended; deleting a rule is no recovery."""
    last_value: float | None = None
    """Of now, or of its end."""
    worst_value: float | None = None
    duration_sec: int | None = None
    """Until its end."""
    unit: str = ""
    """Of the metric, its values and the threshold: see `units.py`. "": not known."""
    link: str = ""
    """To the panel, where it is shown at that time."""
    incident: NoticeIncident | None = None
    """What is told of: of the incident, not of the alert alone, which is the worst of it."""
    workspace_name: str = ""
    escalated_at: datetime | None = None
    """When those were told whom the rule escalates to, as nobody had acknowledged the alert."""


class Channel(Wire, frozen=True, kw_only=True):
    """Where a notice goes. `url` is an address for e-mail; `secret` signs a webhook."""

    kind: ChannelKind
    url: str = ""
    secret: str = ""
    key: str = ""
    """Who is told, whatever the address is now: "rule:7:webhook", "email:…"; at most 64 characters.
    What is told to one key in one course is told in order; empty: in no order.
    """
    headers: dict[str, str] = {}
    """Of a webhook, besides the usual ones."""
    channel_id: int | None = None
    """The named channel that it is, or is a receiver of."""
    timezone: str = ""
    """In which times are written. Empty: UTC."""
    template_id: int | None = None
    """In whose words it is told."""


def key_of_address(kind: ChannelKind, url: str) -> str:
    """Return the key of a receiver that is known by nothing but its address."""
    return f"{kind}:{hashlib.blake2b(url.encode(), digest_size=8).hexdigest()}"


class Delivery(Wire, frozen=True, kw_only=True):
    """A line of the log of what was sent. Nothing in it is secret.

    `state` "sending" is also that of one whose controller died with it: it is sent again when a
    controller starts.
    """

    id: int
    workspace_id: int
    alert_id: int | None
    rule_id: int | None
    channel_id: int | None = None
    """The named channel."""
    event: str
    kind: str
    destination: str
    """Without credentials, query and whatever looks like a key."""
    state: DeliveryState
    attempts: int
    next_at: datetime | None
    last_status: int | None
    """Of HTTP."""
    last_error: str
    note: str = ""
    """What was not as it was to be: a template that failed, so that the usual words were sent."""
    created_at: datetime
    sent_at: datetime | None


class AppriseOrder(Wire, frozen=True, kw_only=True):
    """From the controller to the process that runs Apprise, on its standard input."""

    url: str
    title: str
    body: str
    allow_private: bool
    proxy: str = ""
    """With its name and password; empty: none."""
    no_proxy: list[str] = []
    ca_file: str = ""


class AppriseReport(Wire, frozen=True, kw_only=True):
    """Its answer, on its standard output."""

    sent: bool
    error: str = ""
    retry_after: str = ""
    """What the last answer over HTTP said of it, that was no success."""
    hopeless: bool = False
    """The URL is not understood, or leads where deliveries may not go."""
