"""Maintenance windows, mutes, and what did not open because of them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import ExternalId, Name, Wire
from forepost.wire.rest.alerts import Ids, Severity
from forepost.wire.rest.hours import Weekday, Weekdays, ZoneName

Recurrence = Literal["none", "daily", "weekly", "monthly"]
"""Repeated at the same times by the clocks of `timezone`, from `starts_at` on."""
Every = Annotated[int, Meta(ge=1, le=52)]
Aware = Annotated[datetime, Meta(tz=True)]
DayOfMonth = Annotated[int, Meta(ge=-1, le=31)]
WeekOfMonth = Annotated[int, Meta(ge=-1, le=5)]
Reason = Annotated[str, Meta(max_length=1_000)]


class NewWindow(Wire, frozen=True, kw_only=True):
    """Body of `POST .../maintenance-windows`. Neither agents nor probes: all of the workspace. An
    agent that is named is silent with all that others measure towards it.
    """

    name: Name
    starts_at: Aware
    ends_at: Aware
    recurrence: Recurrence = "none"
    every: Every = 1
    """2: every second day, week or month, counted from that of `starts_at` (iCalendar's INTERVAL);
    weeks begin on Mondays. Months: 12 at most."""
    timezone: ZoneName = "UTC"
    weekdays: Weekdays = []
    """daily: only on these. weekly: on these; none: on that of `starts_at`. monthly, with
    `week_of_month`: on the first, second … of these."""
    day_of_month: DayOfMonth | None = None
    """monthly: -1 is the last; none: that of `starts_at`. A month without that day is left out."""
    week_of_month: WeekOfMonth | None = None
    """monthly: 1 to 5, or -1 for the last of `weekdays`."""
    until: Aware | None = None
    """No repetition begins from then on."""
    paused: bool = False
    """It silences nothing until this is false again."""
    reason: Reason = ""
    agent_ids: Ids = []
    probe_ids: Ids = []
    external_id: ExternalId = ""
    """A name of the caller's own, once in a workspace."""


class WindowPatch(Wire, frozen=True, kw_only=True):
    """Body of `PATCH .../maintenance-windows/{id}`; what is left out stays, null takes away."""

    name: Name | UnsetType = UNSET
    starts_at: Aware | UnsetType = UNSET
    ends_at: Aware | UnsetType = UNSET
    recurrence: Recurrence | UnsetType = UNSET
    every: Every | UnsetType = UNSET
    timezone: ZoneName | UnsetType = UNSET
    weekdays: Weekdays | UnsetType = UNSET
    day_of_month: DayOfMonth | UnsetType | None = UNSET
    week_of_month: WeekOfMonth | UnsetType | None = UNSET
    until: Aware | UnsetType | None = UNSET
    paused: bool | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET
    agent_ids: Ids | UnsetType = UNSET
    probe_ids: Ids | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET


class Window(Wire, frozen=True, kw_only=True):
    """While it lasts no alert of what it names is opened, and none gets worse; one that is true at
    its end is opened then.
    """

    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    recurrence: Recurrence
    every: int = 1
    timezone: str = "UTC"
    weekdays: list[Weekday] = []
    day_of_month: int | None = None
    week_of_month: int | None = None
    until: datetime | None = None
    paused: bool = False
    reason: str = ""
    agent_ids: list[int]
    probe_ids: list[int]
    external_id: str = ""
    created_by: str = ""
    """An e-mail address, or "key: " and the name of an API key; as it was then."""
    alert_id: int | None = None
    """The alert that was muted by it: it covers that alert's probe, agent and `target` together,
    and nothing else."""
    target: str = ""
    suppressed: int = 0
    """How many alerts did not open, or did not get worse, because of it."""
    active_now: bool = False
    next_start: datetime | None = None
    """While it is on: since when; null: never again, or it is paused."""
    next_end: datetime | None = None


class Mute(Wire, frozen=True, kw_only=True):
    """Body of `POST .../alerts/{id}/mute`: nothing opens for so long on what the alert is about."""

    minutes: Annotated[int, Meta(ge=1, le=43_200)] = 60
    reason: Reason = ""


class SuppressedAlert(Wire, frozen=True, kw_only=True):
    """An alert that would have opened, or got worse, had no maintenance window been on."""

    id: int
    window_id: int
    kind: Literal["open", "worsen"]
    alert_rule_id: int
    rule_name: str
    probe_id: int | None
    agent_id: int | None
    probe_type: str
    probe_target: str
    metric: str
    value: float | None
    """The newest."""
    threshold: float | None
    severity: Severity
    message: str
    first_at: datetime
    last_at: datetime
