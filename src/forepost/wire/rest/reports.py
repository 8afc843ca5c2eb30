"""Reports: what is made by itself or when it is asked for, as REST has it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Id, Name, Text, Wire
from forepost.wire.rest.hours import Weekday

MOST_RECIPIENTS = 50
MOST_AGENTS = 1_000
LONGEST_DAYS = 366

ReportKind = Literal["workspace", "agent", "voice"]
"""Uptime, incidents and the worst probes; the same of single agents with all their probes; how
calls would have been."""
ReportFormat = Literal["html", "pdf"]
Repeats = Literal["never", "daily", "weekly", "monthly"]
Hour = Annotated[int, Meta(ge=0, le=23)]
MonthDay = Annotated[int, Meta(ge=-1, le=28)]
"""-1: the last."""
Days = Annotated[int, Meta(ge=1, le=LONGEST_DAYS)]
MailAddress = Annotated[str, Meta(min_length=3, max_length=254)]
Recipients = Annotated[list[MailAddress], Meta(max_length=MOST_RECIPIENTS)]
AgentIds = Annotated[list[Id], Meta(max_length=MOST_AGENTS)]


class NewReport(Wire, frozen=True, kw_only=True):
    """Body of `POST .../reports`.

    One that repeats is about the whole days from the time before until the day on which it is made:
    the day, the week, or the month before. `days` counts for one that does not.
    """

    name: Name
    description: Text = ""
    kind: ReportKind = "workspace"
    agent_ids: AgentIds = []
    """Which agents; none: all of the workspace."""
    days: Days = 7
    repeats: Repeats = "never"
    timezone: Annotated[str, Meta(max_length=64)] = "UTC"
    hour: Hour = 8
    """By the clocks of `timezone`."""
    weekday: Weekday = "mon"
    """weekly."""
    day_of_month: MonthDay = 1
    """monthly."""
    format: ReportFormat = "pdf"
    """What is mailed."""
    recipients: Recipients = []
    """Addresses of members of the workspace who are USER or more."""
    enabled: bool = True


class ReportPatch(Wire, frozen=True, kw_only=True):
    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    kind: ReportKind | UnsetType = UNSET
    agent_ids: AgentIds | UnsetType = UNSET
    days: Days | UnsetType = UNSET
    repeats: Repeats | UnsetType = UNSET
    timezone: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    hour: Hour | UnsetType = UNSET
    weekday: Weekday | UnsetType = UNSET
    day_of_month: MonthDay | UnsetType = UNSET
    format: ReportFormat | UnsetType = UNSET
    recipients: Recipients | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class KeptReport(NewReport, frozen=True, kw_only=True):
    id: int
    workspace_id: int
    due_at: datetime | None
    """When it is made next; null: not by itself."""
    last_run_at: datetime | None
    last_error: str
    """Why the last one was not made or not mailed."""
    created_at: datetime
    updated_at: datetime
