"""When an open alert is told again, and when to others. Pure."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

MOST_REMINDERS: Final = 10
DOUBLINGS: Final = 4
"""Pauses grow: once, twice, four, eight and at most sixteen times what the rule says."""


class Pace(msgspec.Struct, frozen=True):
    """What a rule says; 0: never."""

    remind_minutes: int
    escalate_after_minutes: int

    def pause(self, reminders: int) -> timedelta:
        """Until the next reminder, after so many."""
        return timedelta(minutes=self.remind_minutes * 2 ** min(reminders, DOUBLINGS))


class ReminderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An open alert."""

    told_at: datetime
    """When its beginning was."""
    reminders: int = 0
    reminded_at: datetime | None = None
    is_escalated: bool = False
    waits_until: datetime | None = None
    """When to look again, as nobody is to be reminded now: it is acknowledged, in maintenance, not
    known, explained by another, or not told yet."""


class Reminder(msgspec.Struct, frozen=True):
    """What is due."""

    reminds: bool = False
    escalates: bool = False
    look_at: datetime | None = None
    """When something may be due next; None: never again."""


def due(facts: ReminderFacts, pace: Pace, now: datetime) -> Reminder:
    remind_at = escalate_at = None
    if pace.remind_minutes and facts.reminders < MOST_REMINDERS:
        remind_at = (facts.reminded_at or facts.told_at) + pace.pause(facts.reminders)
    if pace.escalate_after_minutes and not facts.is_escalated:
        escalate_at = facts.told_at + timedelta(minutes=pace.escalate_after_minutes)
    times = [at for at in (remind_at, escalate_at) if at is not None]
    if not times:
        return Reminder()
    if facts.waits_until is not None:
        return Reminder(look_at=max(facts.waits_until, min(times)))
    reminds = remind_at is not None and remind_at <= now
    escalates = escalate_at is not None and escalate_at <= now
    if reminds:
        is_last = facts.reminders + 1 >= MOST_REMINDERS
        remind_at = None if is_last else now + pace.pause(facts.reminders + 1)
    next_ones = [at for at in (remind_at, None if escalates else escalate_at) if at is not None]
    return Reminder(reminds, escalates, min(next_ones, default=None))
