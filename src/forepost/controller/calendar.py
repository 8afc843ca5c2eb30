"""When something is by the clocks of a place: hours of the day, and what repeats. Pure, but for the
time zones, which are read once.

A moment is in a span of wall-clock time when the clock shows a time within the span then. So what
a clock shows twice is in both times, and what it leaves out is left out.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from forepost.kit.errors import Invalid
from forepost.kit.near_miss import near_miss
from forepost.wire.rest.hours import Hours, Weekday
from forepost.wire.rest.maintenance import Recurrence

Period = tuple[datetime, datetime]
"""From and to, which is not included, in UTC."""

WEEKDAYS: Final[Sequence[Weekday]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = timedelta(days=1)
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""What begins after that never does."""
_SECOND: Final = timedelta(seconds=1)
_HORIZON_DAYS: Final = 15
"""Hours of one weekday change within so many, even where a place left a whole day out."""
_MONTHS_DAYS: Final = 130
"""What repeats each month comes again within so many: a fifth Friday, or a 31st."""
MOST_MONTHS: Final = 12
"""Between two of what comes every so many."""


class Repetition(msgspec.Struct, frozen=True, kw_only=True):
    """From `starts_at` to `ends_at`, and again at the same times by the clocks of `timezone`."""

    starts_at: datetime
    ends_at: datetime
    recurrence: Recurrence = "none"
    every: int = 1
    """So many days, weeks or months, counted from that of `starts_at`; weeks begin on Mondays."""
    timezone: str = "UTC"
    weekdays: Sequence[Weekday] = ()
    """daily: only on these. weekly: on these; none: on that of `starts_at`. monthly with a week: on
    the first, second … of these."""
    day_of_month: int | None = None
    """monthly: -1 is the last; none: that of `starts_at`. A month that has no such day has none."""
    week_of_month: int | None = None
    """monthly: 1 to 5, or -1 for the last of its weekdays."""
    until: datetime | None = None
    """Nothing begins from then on."""


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


@lru_cache(maxsize=1_024)
def known_zone(name: str) -> ZoneInfo | None:
    """None: no zone has that name."""
    return ZoneInfo(name) if name in zone_names() else None


def zone_of(name: str, field: str = "timezone") -> ZoneInfo:
    """Raises Invalid, naming the field."""
    zone = known_zone(name)
    if zone is None:
        alike = {one.lower(): one for one in sorted(zone_names())}
        meant = alike.get(name.lower()) or near_miss(name, alike.values())
        also = f"; did you mean {meant}?" if meant else ""
        raise Invalid(f'{field}: no time zone is called "{name}"{also}')
    return zone


def kept_zone(name: str) -> ZoneInfo:
    """One that was known when it was taken down: where it is not any more, UTC."""
    return known_zone(name) or ZoneInfo("UTC")


def check_hours(hours: Sequence[Hours], field: str) -> None:
    """Raises Invalid, naming the field. Their form has been seen to when they were read."""
    for place, one in enumerate(hours):
        zone_of(one.timezone, f"{field}[{place}].timezone")


def is_in(hours: Hours, at: datetime) -> bool:
    wall = _wall(at, kept_zone(hours.timezone))
    begins, ends, clock = _time(hours.from_), _time(hours.to), wall.time()
    if begins < ends:
        return begins <= clock < ends and _named(hours.weekdays, wall.date())
    if clock >= begins:
        return _named(hours.weekdays, wall.date())
    return clock < ends and _named(hours.weekdays, wall.date() - DAY)


def is_in_any(hours: Sequence[Hours], at: datetime) -> bool:
    return any(is_in(one, at) for one in hours)


def next_change(hours: Hours, at: datetime) -> datetime | None:
    """When `is_in` will be otherwise than at this moment; None: never."""
    zone = kept_zone(hours.timezone)
    today = _wall(at, zone).date()
    edges: set[datetime] = set()
    for day in (today + number * DAY for number in range(-1, _HORIZON_DAYS)):
        for clock in (_time(hours.from_), _time(hours.to)):
            edges.update(_moments(datetime.combine(day, clock), zone))
    now = is_in(hours, at)
    return next((e for e in sorted(edges) if e > at and is_in(hours, e) != now), None)


def next_change_of_any(hours: Sequence[Hours], at: datetime) -> datetime | None:
    """When `is_in_any` will be otherwise; None: not within two weeks."""
    now, moment = is_in_any(hours, at), at
    while True:
        changes = [found for one in hours if (found := next_change(one, moment)) is not None]
        if not changes or min(changes) - at > _HORIZON_DAYS * DAY:
            return None
        moment = min(changes)
        if is_in_any(hours, moment) != now:
            return moment


def check_repetition(of: Repetition) -> None:
    """Whether it makes sense. Raises Invalid, naming the field."""
    zone = zone_of(of.timezone)
    for field in ("starts_at", "ends_at", "until"):
        at = getattr(of, field)
        if at is not None and not 1970 <= at.year <= 2200:
            raise Invalid(f"{field}: must be between the years 1970 and 2200")
    if of.ends_at <= of.starts_at:
        raise Invalid("ends_at: must be after starts_at")
    _check_recurrence(of)
    _check_length(of, zone)
    _check_month(of)
    if of.recurrence != "none" and period_at(of, of.starts_at) is None:
        raise Invalid("recurrence: no day of the next years is as this says: it would never be on")


def _check_recurrence(of: Repetition) -> None:
    if of.recurrence == "none":
        for field in ("weekdays", "until"):
            if getattr(of, field):
                raise Invalid(f"{field}: needs a recurrence")
        if of.every != 1:
            raise Invalid("every: needs a recurrence")
    if of.recurrence == "monthly" and of.every > MOST_MONTHS:
        raise Invalid(f"every: {MOST_MONTHS} months at most")
    if of.recurrence != "monthly":
        for field in ("day_of_month", "week_of_month"):
            if getattr(of, field) is not None:
                raise Invalid(f"{field}: needs recurrence monthly")


def _check_length(of: Repetition, zone: ZoneInfo) -> None:
    longest = {"daily": DAY, "weekly": 7 * DAY, "monthly": 28 * DAY}.get(of.recurrence)
    if longest is None:
        return
    if of.ends_at - of.starts_at > longest:
        raise Invalid(f"ends_at: a {of.recurrence} window cannot last longer than that")
    if _wall(of.ends_at, zone) <= _wall(of.starts_at, zone):
        raise Invalid(f"ends_at: must be after starts_at by the clocks of {of.timezone}")
    if of.until is not None and of.until <= of.starts_at:
        raise Invalid("until: must be after starts_at")


def _check_month(of: Repetition) -> None:
    for field in ("day_of_month", "week_of_month"):
        if getattr(of, field) == 0:
            raise Invalid(f"{field}: 0 is no {field.partition('_')[0]}; -1 is the last")
    if of.week_of_month is None:
        if of.recurrence == "monthly" and of.weekdays:
            raise Invalid("week_of_month: is needed with weekdays, such as 2 for the second")
        return
    if of.day_of_month is not None:
        raise Invalid("day_of_month: is no use with week_of_month")
    if not of.weekdays:
        raise Invalid("weekdays: is needed with week_of_month")


def periods(of: Repetition, since: datetime, to: datetime) -> Iterator[Period]:
    """What of it is not over at `since` and begins before `to`, by day; they may overlap."""
    if of.recurrence == "none":
        if of.ends_at > since and of.starts_at < to:
            yield of.starts_at.astimezone(UTC), of.ends_at.astimezone(UTC)
        return
    zone = kept_zone(of.timezone)
    first = _wall(of.starts_at, zone)
    length = _wall(of.ends_at, zone) - first
    day = max(first.date(), _wall(since, zone).date() - length - DAY)
    last = _wall(min(to, LATEST), zone).date() + DAY
    while day <= last:
        if _recurs(of, first.date(), day):
            starts = datetime.combine(day, first.time())
            for found, ends in _periods_of(starts, starts + length, zone):
                begins = max(found, of.starts_at)
                if ends > since and begins < min(to, of.until or to) and begins < ends:
                    yield begins, ends
        day += DAY


def period_at(of: Repetition, at: datetime) -> Period | None:
    """The period that `at` is in, else the next; None: there is none any more."""
    since = max(at, of.starts_at)
    now: Period | None = None
    for one in periods(of, since, since + min(DAY * _MONTHS_DAYS * of.every, LATEST - since)):
        if one[0] > at:
            return now or one
        now = one if now is None else max(now, one, key=lambda period: period[1])
    return now


def _recurs(of: Repetition, first: date, day: date) -> bool:
    if of.every > 1 and _turns(of.recurrence, first, day) % of.every:
        return False
    if of.recurrence == "daily":
        return _named(of.weekdays, day)
    if of.recurrence == "weekly":
        return _named(of.weekdays or (WEEKDAYS[first.weekday()],), day)
    if of.week_of_month is not None:
        last = (day + 7 * DAY).month != day.month
        counted = (day.day + 6) // 7
        is_week = last if of.week_of_month == -1 else counted == of.week_of_month
        return is_week and _named(of.weekdays, day)
    wanted = first.day if of.day_of_month is None else of.day_of_month
    return (day + DAY).month != day.month if wanted == -1 else day.day == wanted


def _turns(recurrence: Recurrence, first: date, day: date) -> int:
    """How many days, weeks or months after the first one that is."""
    if recurrence == "daily":
        return (day - first).days
    if recurrence == "weekly":
        return (day - first + DAY * first.weekday()).days // 7
    return 12 * (day.year - first.year) + day.month - first.month


def _periods_of(starts: datetime, ends: datetime, zone: ZoneInfo) -> list[Period]:
    """A span of wall-clock time as it is in that zone: two where its end comes twice. One that the
    clocks leave out as a whole comes after that, for as long.
    """
    begins = _moments(starts, zone)
    edges = sorted({*begins, *_moments(ends, zone)})
    found: list[Period] = []
    for one, other in pairwise(edges):
        if starts <= _wall(one, zone) < ends:
            joins = found and found[-1][1] == one
            found.append((found.pop()[0] if joins else one, other))
    return found or [(begins[1], begins[1] + (ends - starts))]


def _moments(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """When the clocks show that time. Where they show it twice, or never, there are three: in the
    middle is when they are changed.
    """
    before, after = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if before == after:
        return [before]
    low, high = before.replace(microsecond=0), after.replace(microsecond=0) + _SECOND
    offset = low.astimezone(zone).utcoffset()
    while high - low > _SECOND:
        middle = low + _SECOND * ((high - low) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return [before, high, after]


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _named(weekdays: Sequence[Weekday], day: date) -> bool:
    return not weekdays or WEEKDAYS[day.weekday()] in weekdays


def _time(text: str) -> time:
    return time.fromisoformat(text)
