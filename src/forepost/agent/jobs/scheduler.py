"""Begins the runs of scheduled jobs: each moment once, also where the clock is set back."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.jobs.record import made_uid
from forepost.agent.jobs.runs import Runs
from forepost.agent.jobs.timetable import latest_moment, next_moment
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile
from forepost.wire.jobs.job import Job

SINCE: Final = "scheduled-jobs.json"
LATE: Final = timedelta(hours=1)
"""A moment that passed while the agent was away is made up for, if it is not longer ago."""
SUBJECT: Final = "schedules"


class Timed(msgspec.Struct, frozen=True):
    """A job with a schedule. `job_id`: the controller's; None: it is this site's own."""

    uid: str
    job: Job
    job_id: int | None = None
    writers: tuple[str, ...] = ()


class JobScheduler:
    """A run is known by its moment: one that has come before does not run again."""

    def __init__(self, state_dir: Path, runs: Runs, health: Health) -> None:
        self._runs, self._health = runs, health
        self._file = StateFile(state_dir / SINCE, msgspec.json.Decoder(dict[str, float]).decode)
        self._since: dict[str, float] = self._file.recall(health) or {}
        """Since when each is wanted, in unix seconds: nothing before is made up for."""
        self._next: dict[str, datetime | None] = {}
        self._looked = datetime.min.replace(tzinfo=UTC)
        self._jobs: dict[str, Timed] = {}

    @property
    def jobs(self) -> Iterable[Timed]:
        return self._jobs.values()

    def next_of(self, uid: str) -> datetime | None:
        return self._next.get(uid)

    def want(self, jobs: Iterable[Timed], now: datetime) -> None:
        """Exactly these from now on."""
        before = self._jobs
        self._jobs = {one.uid: one for one in jobs}
        # A clock that was ahead when a job came is right now.
        at = now.timestamp()
        self._keep({uid: min(at, self._since.get(uid, at)) for uid in self._jobs})
        self._next = {
            uid: due for uid, due in self._next.items() if before.get(uid) == self._jobs.get(uid)
        }

    def look(self, now: datetime, zone: Callable[[], tzinfo]) -> None:
        """Begin what is due."""
        if now < self._looked:
            self._next = {}  # the clock was set back
        self._looked = now
        found = zone() if self._jobs else UTC
        for one in self._jobs.values():
            if one.uid not in self._next:
                self._due(one, now, found)
                self._plan(one, now, found)
            elif self._is_time(one, now) and self._due(one, now, found):
                self._plan(one, now, found)
        self._file.settle(self._health)

    def _is_time(self, one: Timed, now: datetime) -> bool:
        due = self._next[one.uid]
        return due is not None and due <= now

    def _plan(self, one: Timed, now: datetime, zone: tzinfo) -> None:
        assert one.job.schedule is not None
        self._next[one.uid] = next_moment(one.job.schedule, now, zone)

    def _due(self, one: Timed, now: datetime, zone: tzinfo) -> bool:
        """Begin the latest moment that has passed; False: it could not be kept, and is due still.

        A job that runs once is made up for, however long ago its moment was, also where it became
        known a little later than that.
        """
        schedule = one.job.schedule
        assert schedule is not None
        wanted_since = datetime.fromtimestamp(self._since.get(one.uid, now.timestamp()), UTC)
        if (planned := self._next.get(one.uid)) is not None:
            wanted_since = min(wanted_since, planned - timedelta(seconds=1))
        is_once = schedule.type == "once"
        since = wanted_since - LATE if is_once else max(wanted_since, now - LATE)
        moment = latest_moment(schedule, since, now, zone)
        if moment is None:
            return True
        uid = made_uid(one.uid, str(int(moment.timestamp())))
        if self._runs.is_known(uid):
            return True
        if schedule.skip_if_running and self._is_under_way(one):
            self._keep({**self._since, one.uid: moment.timestamp()})  # it is not made up for
            return True
        try:
            self._runs.add(
                one.job,
                by="schedule",
                uid=uid,
                now=now,
                source=one.uid,
                scheduled_at=moment,
                job_id=one.job_id,
                writers=one.writers,
            )
        except OSError as error:
            said = f"{one.job.name}: its run cannot be written down: {error.strerror}"
            self._health.ill(SUBJECT, said)
            return False
        self._health.well(SUBJECT)
        return True

    def _keep(self, since: dict[str, float]) -> None:
        if since != self._since:
            self._since = since
            self._file.keep(msgspec.json.encode(since), self._health)

    def _is_under_way(self, one: Timed) -> bool:
        return any(run.source == one.uid and not run.is_over for run in self._runs.all)
