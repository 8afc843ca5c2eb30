"""When a scheduled job is due, in the local time of the agent. Pure.

A wall time that happens twice, when clocks are put back, counts once, at its first time; one that
does not happen, when they are put forward, counts at the moment of the change.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from forepost.wire.jobs.job import JobSchedule

MOST_DAYS: Final = 10_001
"""How far ahead a next day is looked for: `every` is 10,000 at most."""
LAST_START: Final = 200_000_000_000
"""In unix seconds, some thousand years before the end of dates."""
_MINUTE, _HOUR = 60, 3_600


def next_moment(schedule: JobSchedule, after: datetime, zone: tzinfo) -> datetime | None:
    """Return the first moment after `after`; None: there is none any more."""
    if schedule.start > LAST_START:
        return None
    start = datetime.fromtimestamp(schedule.start, UTC)
    if schedule.type == "once":
        return start if start > after else None
    # the first moment may be `start` itself
    after = max(after, start - timedelta(seconds=1))
    found = _next(schedule, after, zone)
    if found is None or (schedule.finish and found.timestamp() > schedule.finish):
        return None
    return found


def latest_moment(
    schedule: JobSchedule, after: datetime, until: datetime, zone: tzinfo
) -> datetime | None:
    """Return the last moment after `after` and not after `until`; None: there is none."""
    found, at = None, next_moment(schedule, after, zone)
    while at is not None and at <= until:
        found, at = at, next_moment(schedule, at, zone)
    return found


def _next(schedule: JobSchedule, after: datetime, zone: tzinfo) -> datetime | None:
    if schedule.type in ("minutes", "hourly"):
        step = schedule.every * (_MINUTE if schedule.type == "minutes" else _HOUR)
        passed = int(after.timestamp()) - schedule.start
        return datetime.fromtimestamp(schedule.start + (passed // step + 1) * step, UTC)
    first = after.astimezone(zone).date() - timedelta(days=1)
    for day in _days(schedule, first, zone):
        moments = (_moment(day, at, zone) for at in schedule.at or [0])
        later = [one for one in moments if one > after]
        if later:
            return min(later)
    return None


def _days(schedule: JobSchedule, first: date, zone: tzinfo) -> Iterator[date]:
    """The days of a schedule from `first` on."""
    began = datetime.fromtimestamp(schedule.start, UTC).astimezone(zone).date()
    for number in range(MOST_DAYS + 1):
        try:
            day = first + timedelta(days=number)
        except OverflowError:
            return
        if schedule.type == "weekly":
            if day.isoweekday() % 7 in schedule.days:
                yield day
        elif (day - began).days % schedule.every == 0:
            yield day


def _moment(day: date, at: int, zone: tzinfo) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(seconds=at)
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    # It does not happen: between the two is the moment of the change.
    low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    changed = found.astimezone(zone).utcoffset()
    high = found
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        if middle.astimezone(zone).utcoffset() == changed:
            high = middle
        else:
            low = middle
    return high
