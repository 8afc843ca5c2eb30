"""When a report is made, and which time it is about. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from forepost.controller.calendar import Period, Repetition, kept_zone, periods, zone_of
from forepost.kit.errors import Invalid
from forepost.wire.rest.reports import KeptReport, NewReport

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_LONGEST_PAUSE: Final = timedelta(days=40)
"""Between two reports of one schedule."""
_FIRST: Final = date(2024, 1, 1)
"""Any Monday before all reports that is the first of a month."""


def check_schedule(report: NewReport) -> None:
    """Raises Invalid, naming the field."""
    zone_of(report.timezone)
    if report.day_of_month == 0:
        raise Invalid("day_of_month: 0 is no day; -1 is the last")
    if report.kind == "agent" and not report.agent_ids:
        raise Invalid("agent_ids: is needed for a report of kind agent")


def next_due(report: NewReport, after: datetime) -> datetime | None:
    """None: it is not made by itself."""
    return next((one for one in _times(report, after, after + _LONGEST_PAUSE) if one > after), None)


def last_due(report: NewReport, until: datetime) -> datetime | None:
    """The newest time at or before that at which it was to be made; None: it does not repeat."""
    found = _times(report, until - _LONGEST_PAUSE, until + _MINUTE)
    return max((one for one in found if one <= until), default=None)


def about(report: NewReport, at: datetime) -> Period:
    """The time that a report is about which is made at this moment."""
    due = last_due(report, at)
    before = None if due is None else last_due(report, due - _MINUTE)
    if due is None or before is None:
        return at - report.days * _DAY, at
    return _midnight(before, report.timezone), _midnight(due, report.timezone)


def is_due_again(report: KeptReport, since: datetime, now: datetime) -> bool:
    """Whether a time has come of one that was made while the clock ran ahead, and is due late for
    that. `since`: when the clock had gone back. What was made then is as it should be if its days
    were over.
    """
    if report.due_at is None:
        return False
    if report.last_run_at is not None and report.last_run_at <= now:
        since = max(since, report.last_run_at)
    due = next_due(report, since)
    if due is not None and due == last_due(report, report.due_at - _MINUTE):
        is_whole = about(report, due)[1] <= since
        due = next_due(report, due) if is_whole else due
    return due is not None and due <= now


def _times(report: NewReport, since: datetime, to: datetime) -> Iterator[datetime]:
    """When it is to be made, from a day before `since` on. An hour that the clocks show twice is
    one time, its first.
    """
    repetition = _repetition(report)
    if repetition is None:
        return
    zone, day = kept_zone(report.timezone), None
    for begins, _ in periods(repetition, since - _DAY, to):
        if begins.astimezone(zone).date() != day:
            day = begins.astimezone(zone).date()
            yield begins


def _repetition(report: NewReport) -> Repetition | None:
    if report.repeats == "never":
        return None
    zone = kept_zone(report.timezone)
    starts = datetime.combine(_FIRST, time(report.hour), zone).astimezone(UTC)
    return Repetition(
        starts_at=starts,
        ends_at=starts + _MINUTE,
        recurrence=report.repeats,
        timezone=report.timezone,
        weekdays=[report.weekday] if report.repeats == "weekly" else (),
        day_of_month=report.day_of_month if report.repeats == "monthly" else None,
    )


def _midnight(at: datetime, timezone: str) -> datetime:
    zone = kept_zone(timezone)
    return datetime.combine(at.astimezone(zone).date(), time(), zone).astimezone(UTC)
