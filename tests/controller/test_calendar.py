"""Against a clock on the wall that is looked at every minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.controller.calendar import (
    WEEKDAYS,
    Repetition,
    check_hours,
    check_repetition,
    is_in,
    is_in_any,
    next_change,
    next_change_of_any,
    period_at,
    periods,
    zone_of,
)
from forepost.kit.errors import Invalid
from forepost.wire.rest.hours import Hours, Weekday
from forepost.wire.rest.maintenance import Recurrence

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
# Zone and a day near which its clocks are changed: both changes, by half an hour, at midnight, a
# whole day left out, and none.
CHANGES = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("Pacific/Apia", "2011-12-30"),
    ("Asia/Kolkata", "2026-05-05"),
    ("UTC", "2026-05-05"),
]
clocks = st.builds(
    "{:02}:{:02}".format, st.sampled_from([0, 1, 2, 3, 4, 22, 23]), st.sampled_from([0, 15, 30, 59])
)
days = st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=7)


def minutes_of(zone: str, near: str, around: int = 2) -> list[datetime]:
    middle = datetime.fromisoformat(near).replace(tzinfo=UTC)
    begin = middle - around * DAY
    return [begin + number * MINUTE for number in range(2 * around * 1_440)]


def shows(hours: Hours, at: datetime) -> bool:
    """Naively: is there a day on which they begin, so that the time on the clock is in them?"""
    wall = at.astimezone(ZoneInfo(hours.timezone)).replace(tzinfo=None)
    for back in (0, 1):
        day = wall.date() - back * DAY
        if hours.weekdays and WEEKDAYS[day.weekday()] not in hours.weekdays:
            continue
        begins = datetime.fromisoformat(f"{day}T{hours.from_}")
        ends = datetime.fromisoformat(f"{day}T{hours.to}")
        if begins <= wall < (ends if begins < ends else ends + DAY):
            return True
    return False


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(CHANGES), clocks, clocks, days)
def test_hours_are_as_the_clock_on_the_wall_shows(
    where: tuple[str, str], begins: str, ends: str, weekdays: list[Weekday]
) -> None:
    hours = Hours(timezone=where[0], weekdays=weekdays, from_=begins, to=ends)
    for at in minutes_of(*where):
        assert is_in(hours, at) == shows(hours, at), at


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(CHANGES), clocks, clocks, days, st.integers(0, 5_000))
def test_the_next_change_is_the_first_minute_that_is_otherwise(
    where: tuple[str, str], begins: str, ends: str, weekdays: list[Weekday], skipped: int
) -> None:
    hours = Hours(timezone=where[0], weekdays=weekdays, from_=begins, to=ends)
    minutes = minutes_of(*where)[skipped:]
    at = minutes[0]
    wanted = next((m for m in minutes if shows(hours, m) != shows(hours, at)), None)
    found = next_change(hours, at)
    if wanted is None:
        assert found is None or found > minutes[-1]
    else:
        assert found == wanted


def test_hours_that_never_change() -> None:
    always = Hours(timezone="Europe/Berlin", from_="08:00", to="08:00")
    at = datetime(2026, 3, 28, tzinfo=UTC)
    assert is_in(always, at)
    assert next_change(always, at) is None


def test_several_hours_are_one_after_the_other() -> None:
    hours = [
        Hours(timezone="Europe/Berlin", from_="22:00", to="06:00"),
        Hours(timezone="UTC", from_="05:00", to="08:00"),
    ]
    at = datetime(2026, 1, 10, 23, tzinfo=UTC)
    assert is_in_any(hours, at)
    assert next_change_of_any(hours, at) == datetime(2026, 1, 11, 8, tzinfo=UTC)
    assert next_change_of_any([], at) is None
    both = [
        Hours(timezone="UTC", from_="00:00", to="12:00"),
        Hours(timezone="UTC", from_="12:00", to="00:00"),
    ]
    assert next_change_of_any(both, at) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "24:00", "to": "06:00"}, "from"),
        ({"from": "6:00", "to": "06:00"}, "from"),
        ({"from": "06:00\n", "to": "06:00"}, "from"),
        ({"from": "06:00"}, "to"),
        ({"from": "06:00", "to": "07:00", "weekdays": ["monday"]}, "weekdays[0]"),
        ({"from": "06:00", "to": "07:00", "timezone": ""}, "timezone"),
    ],
)
def test_a_wrong_form_is_refused_with_its_field(body: object, field: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(body, Hours)
    assert field in str(refused.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("../../etc/passwd", ""),
        ("/etc/localtime", ""),
        ("Europe", ""),
        ("CEST", ""),
        ("localtime", ""),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_an_unknown_zone_is_refused_with_its_field(name: str, meant: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_hours([Hours(timezone=name, from_="00:00", to="01:00")], "quiet_hours")
    assert str(refused.value).startswith("quiet_hours[0].timezone: ")
    assert meant in str(refused.value)
    assert bool(meant) == ("did you mean" in str(refused.value))


def test_a_zone_is_known() -> None:
    assert zone_of("Europe/Berlin").key == "Europe/Berlin"


def repeats(of: Repetition, day: datetime) -> bool:
    """Naively: whether it begins on that day."""
    first = of.starts_at.astimezone(ZoneInfo(of.timezone)).date()
    when = day.date()
    if when < first:
        return False
    days = [first + number * DAY for number in range((when - first).days + 1)]
    begun = {
        "daily": len(days) - 1,
        "weekly": sum(one.weekday() == 0 and one != first for one in days),
        "monthly": sum(one.day == 1 and one != first for one in days),
    }
    if begun[of.recurrence] % of.every:
        return False
    names = of.weekdays
    here = WEEKDAYS[when.weekday()]
    if of.recurrence == "daily":
        return not names or here in names
    if of.recurrence == "weekly":
        return here in (names or (WEEKDAYS[first.weekday()],))
    month = [when.replace(day=1) + number * DAY for number in range(31)]
    month = [one for one in month if one.month == when.month]
    if of.week_of_month is None:
        wanted = of.day_of_month or first.day
        return when == month[-1] if wanted == -1 else when.day == wanted
    for name in names:
        such = [one for one in month if WEEKDAYS[one.weekday()] == name]
        place = of.week_of_month - 1 if of.week_of_month > 0 else -1
        if place < len(such) and such[place] == when:
            return True
    return False


@st.composite
def repetitions(draw: st.DrawFn) -> tuple[Repetition, str]:
    zone, near = draw(st.sampled_from(CHANGES))
    clock = draw(clocks)
    first = datetime.fromisoformat(f"{near}T{clock}") - draw(st.integers(2, 70)) * DAY
    starts = first.replace(tzinfo=ZoneInfo(zone))
    ends = (first + draw(st.integers(1, 1_440)) * MINUTE).replace(tzinfo=ZoneInfo(zone))
    recurrence: Recurrence = draw(st.sampled_from(["daily", "weekly", "monthly"]))
    by_week = recurrence == "monthly" and draw(st.booleans())
    found = Repetition(
        starts_at=starts.astimezone(UTC),
        ends_at=ends.astimezone(UTC),
        recurrence=recurrence,
        timezone=zone,
        weekdays=draw(st.lists(st.sampled_from(WEEKDAYS), min_size=by_week, unique=True))
        if by_week or recurrence != "monthly"
        else (),
        day_of_month=draw(st.sampled_from([None, -1, 1, 25, 29, 30, 31]))
        if recurrence == "monthly" and not by_week
        else None,
        week_of_month=draw(st.sampled_from([1, 2, 4, 5, -1])) if by_week else None,
        every=draw(st.sampled_from([1, 1, 2, 3])),
    )
    return found, near


@settings(max_examples=80, deadline=None)
@given(repetitions())
def test_what_repeats_does_so_by_the_clock_on_the_wall(made: tuple[Repetition, str]) -> None:
    of, near = made
    zone = ZoneInfo(of.timezone)
    first = of.starts_at.astimezone(zone).replace(tzinfo=None)
    length = of.ends_at.astimezone(zone).replace(tzinfo=None) - first
    if length <= timedelta():  # the first day is one of those that the clocks cut
        return
    check_repetition(of)
    minutes = minutes_of(of.timezone, near)
    found = list(periods(of, minutes[0], minutes[-1] + MINUTE))
    walls = [at.astimezone(zone).replace(tzinfo=None) for at in minutes]
    wanted: set[datetime] = set()
    for number in range(-3, 6):
        starts = datetime.combine(walls[0].date() + number * DAY, first.time())
        if not repeats(of, starts):
            continue
        ends = starts + length
        inside = {at for at, wall in zip(minutes, walls, strict=True) if starts <= wall < ends}
        if not inside and walls[0] < starts and ends < walls[-1]:
            later = min(at for at, wall in zip(minutes, walls, strict=True) if wall > starts)
            inside = {at for at in minutes if later <= at < later + length}
        wanted |= inside
    assert all(a < b for a, b in found)
    for at in minutes:
        is_wanted = at in wanted and at >= of.starts_at
        assert any(a <= at < b for a, b in found) == is_wanted, at


@settings(max_examples=100, deadline=None)
@given(repetitions(), st.integers(0, 5_000))
def test_the_period_of_now_or_the_next(made: tuple[Repetition, str], skipped: int) -> None:
    of, near = made
    at = minutes_of(of.timezone, near)[skipped]
    found = period_at(of, at)
    all_of_them = list(periods(of, at, at + 130 * of.every * DAY))
    now = [one for one in all_of_them if one[0] <= at < one[1]]
    if now:
        assert found == max(now, key=lambda one: one[1])
    else:
        assert found == min(all_of_them, default=None)
        assert found is None or found[0] > at


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_second_tuesday_of_the_month_until_summer() -> None:
    patches = Repetition(
        starts_at=at("2026-01-01T22:00+01:00"),
        ends_at=at("2026-01-02T02:00+01:00"),
        recurrence="monthly",
        timezone="Europe/Berlin",
        weekdays=("tue",),
        week_of_month=2,
        until=at("2026-06-09T22:00+02:00"),
    )
    check_repetition(patches)
    found = list(periods(patches, at("2026-01-01T00:00+01:00"), at("2027-01-01T00:00+01:00")))
    assert [one.isoformat() for one, _ in found] == [
        "2026-01-13T21:00:00+00:00",
        "2026-02-10T21:00:00+00:00",
        "2026-03-10T21:00:00+00:00",
        "2026-04-14T20:00:00+00:00",
        "2026-05-12T20:00:00+00:00",
    ]
    assert {b - a for a, b in found} == {timedelta(hours=4)}
    assert period_at(patches, at("2026-05-20T00:00+02:00")) is None


def test_a_daily_one_in_utc_comes_every_24_hours() -> None:
    old = Repetition(
        starts_at=at("2026-03-20T02:30+00:00"),
        ends_at=at("2026-03-20T03:30+00:00"),
        recurrence="daily",
    )
    found = list(periods(old, at("2026-03-28T00:00+00:00"), at("2026-03-31T00:00+00:00")))
    assert [one.isoformat() for one, _ in found] == [
        f"2026-03-{day}T02:30:00+00:00" for day in (28, 29, 30)
    ]


def test_one_that_the_clocks_leave_out_comes_after_that() -> None:
    of = Repetition(
        starts_at=at("2026-03-01T02:15+01:00"),
        ends_at=at("2026-03-01T02:45+01:00"),
        recurrence="daily",
        timezone="Europe/Berlin",
    )
    found = period_at(of, at("2026-03-29T00:00+01:00"))
    assert found == (at("2026-03-29T03:00+02:00"), at("2026-03-29T03:30+02:00"))


def test_one_of_years_long_ago_or_far_away_is_bearable() -> None:
    far = Repetition(
        starts_at=datetime(9999, 12, 31, tzinfo=UTC),
        ends_at=datetime(9999, 12, 31, 1, tzinfo=UTC),
        recurrence="daily",
    )
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert period_at(far, now) is None
    once = msgspec.structs.replace(far, recurrence="none")
    assert period_at(once, now) is None
    long_ago = msgspec.structs.replace(
        far, starts_at=datetime(1, 1, 1, tzinfo=UTC), ends_at=datetime(1, 1, 1, 1, tzinfo=UTC)
    )
    assert period_at(long_ago, now) == (now, now + timedelta(hours=1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ends_at": at("2026-03-01T00:00+00:00")}, "ends_at: must be after starts_at"),
        ({"ends_at": at("2026-03-03T00:00+00:00")}, "ends_at: a daily window"),
        ({"ends_at": at("2300-03-03T00:00+00:00")}, "ends_at: must be between"),
        ({"until": at("2026-02-01T00:00+00:00")}, "until: must be after"),
        ({"timezone": "Mars"}, "timezone: "),
        ({"recurrence": "none", "weekdays": ["mon"]}, "weekdays: needs a recurrence"),
        ({"recurrence": "none", "every": 2}, "every: needs a recurrence"),
        ({"recurrence": "monthly", "every": 13}, "every: 12 months at most"),
        ({"day_of_month": 3}, "day_of_month: needs recurrence monthly"),
        ({"recurrence": "monthly", "weekdays": ["mon"]}, "week_of_month: is needed"),
        ({"recurrence": "monthly", "week_of_month": 2}, "weekdays: is needed"),
        (
            {
                "recurrence": "monthly",
                "week_of_month": 2,
                "day_of_month": 2,
                "weekdays": ["mon"],
            },
            "day_of_month: is no use",
        ),
        (
            {
                "timezone": "Europe/Berlin",
                "starts_at": at("2026-10-25T02:45+02:00"),
                "ends_at": at("2026-10-25T02:15+01:00"),
            },
            "ends_at: must be after starts_at by the clocks of Europe/Berlin",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(
    change: dict[str, object], said: str
) -> None:
    good = Repetition(
        starts_at=at("2026-03-01T02:00+00:00"),
        ends_at=at("2026-03-01T03:00+00:00"),
        recurrence="daily",
    )
    check_repetition(good)
    with pytest.raises(Invalid) as refused:
        check_repetition(msgspec.structs.replace(good, **change))
    assert str(refused.value).startswith(said)


def test_a_zone_that_nobody_knows_any_more_counts_as_utc() -> None:
    now = at("2026-03-01T23:00+00:00")
    gone = Hours(timezone="Europe/Atlantis", from_="22:00", to="06:00")
    assert is_in(gone, now)
    assert next_change(gone, now) == at("2026-03-02T06:00+00:00")
    of = Repetition(
        starts_at=at("2026-03-01T22:00+00:00"),
        ends_at=at("2026-03-01T23:30+00:00"),
        recurrence="daily",
        timezone="Europe/Atlantis",
    )
    assert period_at(of, now) == (of.starts_at, of.ends_at)
