"""Scheduled jobs: each moment runs once, whatever the clock does."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from forepost.agent.jobs.journal import RunJournal
from forepost.agent.jobs.record import made_uid
from forepost.agent.jobs.run_numbers import RunNumbers
from forepost.agent.jobs.runs import Runs
from forepost.agent.jobs.scheduler import SUBJECT, JobScheduler, Timed
from forepost.kit.health import Health
from forepost.wire.jobs.job import Job, JobSchedule, JobScript
from tests.lab.small_disk import fill, mounted

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UID = "f" * 32


def timed(schedule: JobSchedule, job_id: int | None = 7) -> Timed:
    job = Job(name="j", type="script", script=JobScript(command="true"), schedule=schedule)
    return Timed(UID, job, job_id)


DAILY = timed(JobSchedule(type="daily", at=[12 * 3_600]))


class Scheduled:
    """An agent that runs nothing: what begins is over at once, unless `lasts`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lasts = folder, False
        self.health = Health(logging.getLogger("test"))
        self.start()

    def start(self) -> None:
        journal = RunJournal(self.folder, NOON.timestamp())
        loaded = journal.load()
        self.runs = Runs(journal, RunNumbers(self.folder, 0, self.health), loaded, self.health)
        self.scheduler = JobScheduler(self.folder, self.runs, self.health)

    def look(self, now: datetime) -> None:
        self.scheduler.look(now, lambda: UTC)
        for one in self.runs.all:
            if not one.is_over and not self.lasts:
                self.runs.end(one.uid, "finished", "", now)

    @property
    def moments(self) -> list[datetime]:
        return sorted(one.scheduled_at for one in self.runs.all if one.scheduled_at)


@pytest.fixture
def here(tmp_path: Path) -> Scheduled:
    return Scheduled(tmp_path)


def run(here: Scheduled, begin: datetime, end: datetime, step: timedelta = MINUTE) -> None:
    while begin <= end:
        here.look(begin)
        begin += step


def test_a_moment_begins_a_run_that_is_named_by_it(here: Scheduled) -> None:
    here.scheduler.want([DAILY], NOON - HOUR)
    run(here, NOON - HOUR, NOON + 2 * DAY)
    assert here.moments == [NOON, NOON + DAY, NOON + 2 * DAY]
    (first, *_) = sorted(here.runs.all, key=lambda one: one.queued_at)
    assert first.uid == made_uid(UID, str(int(NOON.timestamp())))
    assert (first.by, first.job_id, first.of_controller) == ("schedule", 7, True)
    assert here.scheduler.next_of(UID) == NOON + 3 * DAY


def test_the_uid_is_as_the_controller_makes_it() -> None:
    from hashlib import sha256

    said = sha256(f"{UID}/{int(NOON.timestamp())}".encode()).hexdigest()[:32]
    assert made_uid(UID, str(int(NOON.timestamp()))) == said


def test_a_clock_that_is_set_back_runs_no_moment_again(here: Scheduled) -> None:
    here.scheduler.want([DAILY], NOON - HOUR)
    run(here, NOON - HOUR, NOON + 10 * MINUTE)
    run(here, NOON - 3 * HOUR, NOON + 10 * MINUTE)
    here.start()
    here.scheduler.want([DAILY], NOON - HOUR)
    run(here, NOON - HOUR, NOON + 10 * MINUTE)
    assert here.moments == [NOON]


def test_a_clock_that_was_years_ahead_stops_nothing(here: Scheduled) -> None:
    here.scheduler.want([DAILY], NOON - HOUR)
    here.look(NOON - HOUR)
    future = NOON + 9_000 * DAY
    run(here, future, future + 5 * MINUTE)
    run(here, NOON - HOUR, NOON + DAY)
    assert here.moments == [NOON, NOON + DAY, future]


def test_a_job_that_came_while_the_clock_was_ahead_runs_when_it_is_right(here: Scheduled) -> None:
    future = NOON + 9_000 * DAY
    here.scheduler.want([DAILY], future)
    here.look(future + HOUR)
    here.scheduler.want([DAILY], NOON - HOUR)
    run(here, NOON - HOUR, NOON + DAY)
    assert here.moments == [NOON, NOON + DAY]
    here.start()
    here.scheduler.want([DAILY], future)
    here.look(future + MINUTE)
    run(here, NOON + 2 * DAY - HOUR, NOON + 2 * DAY)
    assert NOON + 2 * DAY in here.moments, "also where nothing is wanted anew"


def test_a_moment_while_the_agent_was_away_is_made_up_for_once(here: Scheduled) -> None:
    often = timed(JobSchedule(type="minutes", every=5))
    here.scheduler.want([often], NOON - DAY)
    here.look(NOON - DAY)
    here.start()
    here.scheduler.want([often], NOON)
    here.look(NOON + MINUTE)
    assert here.moments[-1:] == [NOON]
    assert len(here.moments) <= 2
    here.start()
    here.scheduler.want([DAILY], NOON)
    here.look(NOON + 3 * HOUR)
    assert here.moments[-1:] == [NOON], "too long ago"


def test_nothing_before_it_was_wanted_is_made_up_for(here: Scheduled) -> None:
    here.scheduler.want([DAILY], NOON + MINUTE)
    here.look(NOON + 2 * MINUTE)
    assert here.moments == []


def test_once_is_made_up_for_however_late_and_runs_once(here: Scheduled) -> None:
    once = timed(JobSchedule(type="once", start=int(NOON.timestamp())))
    here.scheduler.want([once], NOON - DAY)
    here.start()
    here.scheduler.want([once], NOON + 30 * DAY)
    here.look(NOON + 30 * DAY)
    here.start()
    here.scheduler.want([once], NOON + 31 * DAY)
    here.look(NOON + 31 * DAY)
    assert here.moments == [NOON]
    assert here.scheduler.next_of(UID) is None


def test_once_of_long_before_it_was_known_does_not_run(here: Scheduled) -> None:
    once = timed(JobSchedule(type="once", start=int(NOON.timestamp())))
    here.scheduler.want([once], NOON + DAY)
    here.look(NOON + DAY)
    assert here.moments == []


def test_a_run_under_way_has_the_next_one_left_out_or_wait(here: Scheduled) -> None:
    here.lasts = True
    schedule = JobSchedule(type="minutes", every=5, start=int(NOON.timestamp()))
    here.scheduler.want([timed(schedule)], NOON - MINUTE)
    run(here, NOON - MINUTE, NOON + 11 * MINUTE)
    assert here.moments == [NOON]
    patient = JobSchedule(
        type="minutes", every=5, start=int(NOON.timestamp()), skip_if_running=False
    )
    here.start()
    here.scheduler.want([timed(schedule)], NOON + 11 * MINUTE)
    run(here, NOON + 11 * MINUTE, NOON + 12 * MINUTE)
    assert here.moments == [NOON], "what was left out is not made up for"
    other = Timed("e" * 32, msgspec.structs.replace(timed(patient).job, name="k"), 8)
    here.scheduler.want([other], NOON + 11 * MINUTE)
    run(here, NOON + 11 * MINUTE, NOON + 16 * MINUTE)
    assert here.moments == [NOON, NOON + 15 * MINUTE]
    run(here, NOON + 17 * MINUTE, NOON + 21 * MINUTE)
    assert here.moments == [NOON, NOON + 15 * MINUTE, NOON + 20 * MINUTE]


def test_a_job_of_this_site_has_numbers_of_its_own(here: Scheduled) -> None:
    here.scheduler.want([Timed(UID, DAILY.job)], NOON - DAY)
    run(here, NOON - MINUTE, NOON)
    (found,) = here.runs.all
    assert not found.of_controller
    assert found.run_id == found.job_id == 1_000_000_001


def test_a_file_that_is_lost_or_spoilt_runs_nothing_again(here: Scheduled) -> None:
    here.scheduler.want([DAILY], NOON - HOUR)
    run(here, NOON - HOUR, NOON + MINUTE)
    (here.folder / "scheduled-jobs.json").write_bytes(b"nonsense")
    here.start()
    here.scheduler.want([DAILY], NOON + MINUTE)
    run(here, NOON + MINUTE, NOON + DAY)
    assert here.moments == [NOON, NOON + DAY]


@contextmanager
def on_small_disk(folder: Path) -> Iterator[Scheduled]:
    with mounted(folder / "disk", 4) as disk:
        yield Scheduled(disk)


def test_on_a_full_disk_a_moment_waits_until_there_is_room(tmp_path: Path) -> None:
    with on_small_disk(tmp_path) as here:
        here.scheduler.want([DAILY], NOON - HOUR)
        here.look(NOON - MINUTE)
        other = fill(here.folder)
        run(here, NOON, NOON + 5 * MINUTE)
        assert here.moments == []
        assert SUBJECT in here.health.problems
        other.unlink()
        run(here, NOON + 6 * MINUTE, NOON + 7 * MINUTE)
        assert here.moments == [NOON]
        assert SUBJECT not in here.health.problems


def test_what_is_not_wanted_any_more_begins_nothing(here: Scheduled) -> None:
    here.scheduler.want([DAILY], NOON - HOUR)
    here.scheduler.want([], NOON - HOUR)
    run(here, NOON - MINUTE, NOON + MINUTE)
    assert here.moments == []
