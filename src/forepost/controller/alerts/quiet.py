"""Quiet hours of a rule: until when a notice waits. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from forepost.controller.calendar import is_in_any, next_change_of_any
from forepost.wire.rest.hours import Hours


class QuietTimes(Protocol):
    """A rule as its row has it."""

    @property
    def quiet_hours(self) -> Any: ...
    @property
    def quiet_critical(self) -> bool: ...


def held_until(rule: QuietTimes, severity: str, now: datetime) -> datetime | None:
    """None: it is told at once."""
    if not rule.quiet_hours or (severity == "critical" and not rule.quiet_critical):
        return None
    hours = msgspec.convert(rule.quiet_hours, list[Hours])
    return next_change_of_any(hours, now) if is_in_any(hours, now) else None


def never_end(hours: Sequence[Hours], at: datetime) -> bool:
    """Whether they are on, and for longer than two weeks."""
    return is_in_any(hours, at) and next_change_of_any(hours, at) is None
