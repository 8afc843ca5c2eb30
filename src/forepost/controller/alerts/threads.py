"""What a receiver is told of an incident, after what it was told before. Pure."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from forepost.wire.rest.alerts import Severity

ThreadEvent = Literal["triggered", "grew", "worse", "eased", "resolved"]

GROWTH_PAUSES: Final = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=4))
"""How long after what was told that an incident has grown is told, the last one again and again."""
GROWTH: Final = 2
"""So many times as many alerts as were told are a growth."""


class LastNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What was told last."""

    severity: Severity | Literal[""] = ""
    """"": nothing, or that it is over."""
    alerts: int = 0
    grown: int = 0
    """How many times growth was told."""
    at: datetime


class IncidentNow(msgspec.Struct, frozen=True, kw_only=True):
    """How it is now, by the alerts that this receiver is told of."""

    severity: Severity | Literal[""] = ""
    """The worst that stands for itself and may be told by now."""
    alerts: int = 0
    """How many do."""
    is_open: bool = False
    """Whether any alert is open, those included that another explains or that wait to be told."""
    told_from: datetime | None = None
    """When the first that waits may be told."""


class Step(msgspec.Struct, frozen=True):
    event: ThreadEvent | None = None
    """What is to be told now."""
    due_at: datetime | None = None
    """When to look again though nothing happens."""


def step(heard: LastNotice, now: IncidentNow, at: datetime) -> Step:
    if not heard.severity:
        if now.alerts:
            return Step("triggered", _next_growth(0, at, now))
        return Step(None, now.told_from)
    if not now.is_open:
        return Step("resolved")
    event: ThreadEvent | None = None
    grown, since = heard.grown, heard.at
    growth_at = since + _pause(grown)
    if now.severity == "critical" and heard.severity == "warning":
        event = "worse"
    elif now.severity == "warning" and heard.severity == "critical":
        event = "eased"
    elif now.alerts >= GROWTH * max(heard.alerts, 1) and at >= growth_at:
        event, grown = "grew", grown + 1
    if event is not None:
        return Step(event, _next_growth(grown, at, now))
    waits = [time for time in (growth_at, now.told_from) if time is not None and time > at]
    return Step(None, min(waits, default=None))


def _pause(grown: int) -> timedelta:
    return GROWTH_PAUSES[min(grown, len(GROWTH_PAUSES) - 1)]


def _next_growth(grown: int, at: datetime, now: IncidentNow) -> datetime:
    growth_at = at + _pause(grown)
    return growth_at if now.told_from is None else min(growth_at, now.told_from)
