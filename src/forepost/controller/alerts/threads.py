"""What a receiver is told of an incident, after what it was told before. Pure."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from forepost.controller.alerts.flaps import FLAPPING_PAUSES, Flaps, Standing

ThreadEvent = Literal["triggered", "grew", "worse", "eased", "cause", "flapping", "resolved"]

GROWTH_PAUSES: Final = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=4))
"""How long after what was told that an incident has grown is told, the last one again and again."""
GROWTH: Final = 2
"""So many times as many alerts as were told are a growth."""
MOST_REPORTERS: Final = 200
"""After so many another one is no news."""


class LastNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What was told last."""

    severity: Standing = ""
    """"": nothing, or that it is over."""
    alerts: int = 0
    grown: int = 0
    """How many times growth was told, or that it is flapping."""
    cause: str = ""
    """Why it is; "": not told."""
    reporters: frozenset[int] = frozenset()
    """The agents whose alerts they were."""
    at: datetime
    flaps: Flaps = Flaps()


class IncidentNow(msgspec.Struct, frozen=True, kw_only=True):
    """How it is now, by the alerts that this receiver is told of."""

    severity: Standing = ""
    """The worst that stands for itself and may be told by now."""
    alerts: int = 0
    """How many do."""
    is_open: bool = False
    """Whether any alert is open, those included that another explains or that wait to be told."""
    told_from: datetime | None = None
    """When the first that waits may be told."""
    released_at: datetime | None = None
    """When the last of those that had to wait could be told."""
    reporters: frozenset[int] = frozenset()
    """The agents whose alerts do."""
    first_active_at: datetime | None = None
    """When the first of them opened that nobody has acknowledged."""
    cause: str = ""
    """Why it is, where that is known."""
    explains_told: bool = False
    """Whether the cause is why what was told is so."""


class Step(msgspec.Struct, frozen=True):
    event: ThreadEvent | None = None
    """What is to be told now."""
    due_at: datetime | None = None
    """When to look again though nothing happens."""
    flaps: Flaps = Flaps()


def step(heard: LastNotice, now: IncidentNow, at: datetime) -> Step:
    before = heard.flaps.severity if heard.flaps.since is not None else heard.severity
    flaps = heard.flaps.after(before, _standing(before, now), at)
    if flaps.since is not None:
        return _while_flapping(heard, now, flaps, at)
    if heard.flaps.since is not None:
        if now.is_open:
            return Step("triggered", _next_growth(0, at, now), flaps)
        return Step("resolved", None, flaps)
    if not heard.severity:
        if now.alerts:
            return Step("triggered", _next_growth(0, at, now), flaps)
        return Step(None, now.told_from, flaps)
    if not now.is_open:
        return Step("resolved", None, flaps)
    return _while_open(heard, now, flaps, at)


def _standing(before: Standing, now: IncidentNow) -> Standing:
    """What is open, but explained or not to be told yet, changes nothing."""
    if now.alerts:
        return now.severity
    return before if now.is_open else ""


def _while_open(heard: LastNotice, now: IncidentNow, flaps: Flaps, at: datetime) -> Step:
    event: ThreadEvent | None = None
    grown = heard.grown
    growth_at = heard.at + _pause(GROWTH_PAUSES, grown)
    other_at = heard.at + _pause(GROWTH_PAUSES, 0)
    if now.severity == "critical" and heard.severity == "warning":
        event = "worse"
    elif now.severity == "warning" and heard.severity == "critical":
        event = "eased"
    elif _has_other_cause(heard, now):
        event = "cause"
    elif now.alerts >= GROWTH * max(heard.alerts, 1) and at >= growth_at:
        event, grown = "grew", grown + 1
    elif _is_taken_care_of(heard, now) or (_has_other_reporter(heard, now) and at >= other_at):
        event = "grew"
    if event is not None:
        return Step(event, _next_growth(grown, at, now), flaps)
    times = (growth_at, other_at, now.told_from)
    waits = [time for time in times if time is not None and time > at]
    return Step(None, min(waits, default=None), flaps)


def _is_taken_care_of(heard: LastNotice, now: IncidentNow) -> bool:
    """Whether somebody has all that was told, and nobody what has come since."""
    return now.alerts > 1 and now.first_active_at is not None and now.first_active_at > heard.at


def _has_other_reporter(heard: LastNotice, now: IncidentNow) -> bool:
    """Whether an agent says so that did not: what one makes up hides nothing of another."""
    is_known = now.reporters <= heard.reporters
    return not is_known and len(heard.reporters) < MOST_REPORTERS


def _has_other_cause(heard: LastNotice, now: IncidentNow) -> bool:
    """Whether it is known now why what was told is so; or that is over, and what it explained is
    not.
    """
    if now.cause:
        return now.explains_told and now.cause != heard.cause
    is_left = now.released_at is not None and now.released_at > heard.at
    return bool(heard.cause and now.alerts and is_left)


def _while_flapping(heard: LastNotice, now: IncidentNow, flaps: Flaps, at: datetime) -> Step:
    """That it is flapping is told, and again with a later change; nothing else is."""
    begins = heard.flaps.since is None
    again_at = heard.at + _pause(FLAPPING_PAUSES, heard.grown)
    is_told = begins or (flaps.changed_at == at and at >= again_at)
    times = [time for time in (flaps.steady_at, now.told_from) if time is not None and time > at]
    return Step("flapping" if is_told else None, min(times, default=None), flaps)


def _pause(pauses: tuple[timedelta, ...], told: int) -> timedelta:
    return pauses[min(told, len(pauses) - 1)]


def _next_growth(grown: int, at: datetime, now: IncidentNow) -> datetime:
    growth_at = at + _pause(GROWTH_PAUSES, grown)
    return growth_at if now.told_from is None else min(growth_at, now.told_from)
