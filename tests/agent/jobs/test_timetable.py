"""When scheduled jobs are due, also on the days when clocks are changed."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.jobs.timetable import latest_moment, next_moment
from forepost.wire.jobs.job import JobSchedule

ZURICH = ZoneInfo("Europe/Zurich")
HOUR = 3_600


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moments(schedule: JobSchedule, after: str, count: int, zone: tzinfo = ZURICH) -> list[str]:
    found: list[str] = []
    now: datetime | None = at(after)
    while len(found) < count and now is not None:
        now = next_moment(schedule, now, zone)
        if now is not None:
            found.append(now.strftime("%m-%d %H:%M"))
    return found


def test_once_at_its_moment() -> None:
    schedule = JobSchedule(type="once", start=int(at("2026-05-01T10:00").timestamp()))
    assert moments(schedule, "2026-04-01", 3) == ["05-01 10:00"]
    assert moments(schedule, "2026-05-01T10:00", 3) == []
    assert moments(JobSchedule(type="once", start=2**40), "2026-05-01", 1) == []
    assert moments(JobSchedule(type="daily", start=2**40), "2026-05-01", 1) == []


def test_every_so_many_minutes_and_hours_from_the_start_on() -> None:
    start = int(at("2026-05-01T10:02").timestamp())
    schedule = JobSchedule(type="minutes", every=7, start=start)
    assert moments(schedule, "2026-04-01", 3) == ["05-01 10:02", "05-01 10:09", "05-01 10:16"]
    hourly = JobSchedule(type="hourly", every=5, start=start, finish=start + 11 * HOUR)
    assert moments(hourly, "2026-05-01", 9) == ["05-01 10:02", "05-01 15:02", "05-01 20:02"]


def test_daily_in_local_time() -> None:
    schedule = JobSchedule(type="daily", at=[2 * HOUR, 22 * HOUR])
    assert moments(schedule, "2026-01-10", 3) == ["01-10 01:00", "01-10 21:00", "01-11 01:00"]
    assert moments(schedule, "2026-07-10T06:00", 2) == ["07-10 20:00", "07-11 00:00"]


def test_every_third_day_counts_from_the_start() -> None:
    schedule = JobSchedule(type="daily", every=3, start=int(at("2026-01-10T12:00").timestamp()))
    assert moments(schedule, "2026-01-01", 2) == ["01-12 23:00", "01-15 23:00"]


def test_weekly_on_its_days_where_0_is_sunday() -> None:
    schedule = JobSchedule(type="weekly", days=[0, 3], at=[12 * HOUR])
    assert moments(schedule, "2026-01-01", 3) == ["01-04 11:00", "01-07 11:00", "01-11 11:00"]


def test_a_wall_time_that_happens_twice_counts_once() -> None:
    schedule = JobSchedule(type="daily", at=[2 * HOUR + 1_800])
    assert moments(schedule, "2026-10-24T12:00", 2) == ["10-25 00:30", "10-26 01:30"]


def test_one_that_does_not_happen_counts_at_the_change() -> None:
    schedule = JobSchedule(type="daily", at=[2 * HOUR + 1_800])
    assert moments(schedule, "2026-03-28T12:00", 2) == ["03-29 01:00", "03-30 00:30"]


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_odd_zones(zone: str) -> None:
    schedule = JobSchedule(type="daily", at=[HOUR])
    found = next_moment(schedule, at("2026-06-01"), ZoneInfo(zone))
    assert found is not None
    assert found.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "01:00"


def test_a_day_that_a_zone_left_out() -> None:
    """Samoa had no 30 December 2011."""
    schedule = JobSchedule(type="daily", at=[HOUR])
    found = moments(schedule, "2011-12-29T00:00", 3, ZoneInfo("Pacific/Apia"))
    assert found == ["12-29 11:00", "12-30 10:00", "12-30 11:00"]


SCHEDULES = st.one_of(
    st.builds(
        JobSchedule,
        type=st.just("daily"),
        every=st.integers(1, 9),
        at=st.lists(st.integers(0, 86_399), max_size=4),
    ),
    st.builds(
        JobSchedule,
        type=st.just("weekly"),
        days=st.lists(st.integers(0, 6), min_size=1, max_size=7),
        at=st.lists(st.integers(0, 86_399), max_size=4),
    ),
    st.builds(JobSchedule, type=st.just("minutes"), every=st.integers(5, 5_000)),
)


@given(
    SCHEDULES,
    st.integers(1_700_000_000, 1_830_000_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
    st.sampled_from([ZURICH, UTC, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/St_Johns")]),
)
def test_moments_only_grow_and_none_is_left_out(
    schedule: JobSchedule, after: datetime, zone: tzinfo
) -> None:
    first = next_moment(schedule, after, zone)
    assert first is not None
    assert first > after
    between = after + (first - after) / 2
    assert next_moment(schedule, between, zone) == first
    assert latest_moment(schedule, after, first, zone) == first
    assert latest_moment(schedule, after, first - timedelta(microseconds=1), zone) is None


@given(st.integers(0, 86_399), st.integers(0, 1_500))
def test_a_daily_job_runs_once_on_each_day(second: int, day: int) -> None:
    schedule = JobSchedule(type="daily", at=[second])
    begin = datetime(2024, 1, 1, tzinfo=ZURICH) + timedelta(days=day)
    after = begin.astimezone(UTC) - timedelta(microseconds=1)
    found = next_moment(schedule, after, ZURICH)
    assert found is not None
    assert found.astimezone(ZURICH).date() == begin.date()
    following = next_moment(schedule, found, ZURICH)
    assert following is not None
    assert following.astimezone(ZURICH).date() == begin.date() + timedelta(days=1)
