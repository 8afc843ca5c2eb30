"""Verbs of the control socket about jobs and tags: what is asked, and what is answered."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.jobs.agent_api import JobRun, Tags
from forepost.wire.jobs.delivery import RunOutput, RunState

LIST: Final = "jobs.ls"
SHOW: Final = "jobs.show"
RUN: Final = "jobs.run"
PAUSE: Final = "jobs.pause"
RESUME: Final = "jobs.resume"
RETRY: Final = "jobs.retry"
CANCEL: Final = "jobs.cancel"
CONFIRM: Final = "jobs.confirm"
LOGS: Final = "jobs.logs"
TAG: Final = "tag"


class LocalRun(Wire, frozen=True, kw_only=True):
    """A run at this agent: what the Agent API has of it, and how it stands there."""

    uid: str
    run: JobRun
    state: RunState
    wanted_by: str
    """controller, schedule, file or command."""
    source: str = ""
    """Its file."""
    reason: str = ""
    held: str = ""
    """Why nothing is done until somebody confirms."""
    exit_code: int | None = None
    queued_at: datetime
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


class LocalRunDetail(LocalRun, frozen=True, kw_only=True):
    """Answer of `jobs.show`."""

    job: msgspec.Raw
    script_sha256: str = ""
    output: RunOutput = RunOutput()


class ScheduledAt(Wire, frozen=True, kw_only=True):
    name: str
    wanted_by: str
    next: datetime | None = None


class LocalRuns(Wire, frozen=True, kw_only=True):
    """Answer of `jobs.ls`."""

    deviceid: str
    paused: bool
    resume_at: datetime | None = None
    runs: list[LocalRun]
    scheduled: list[ScheduledAt] = []
    problems: dict[str, str] = {}
    """Job files that are not used as they are, and why."""


class NamedRun(Wire, frozen=True, kw_only=True):
    run: Annotated[str, Meta(min_length=1, max_length=200)]
    """Its number; or the name of its job: the newest of them."""


class PausedRun(Wire, frozen=True, kw_only=True):
    """Of `jobs.pause` and `jobs.resume`."""

    run: Annotated[str, Meta(max_length=200)] = ""
    """Empty: everything."""
    seconds: Annotated[float, Meta(ge=1, le=10 * 366 * 86_400)] | None = None
    """Everything goes on by itself after these."""


class NewLocalRun(Wire, frozen=True, kw_only=True):
    job: msgspec.Raw
    """A `Job`."""


class TakenRun(Wire, frozen=True, kw_only=True):
    run_id: int


class OutputOf(NamedRun, frozen=True, kw_only=True):
    """Of `jobs.logs`; answered by texts."""

    follow: bool = False


class TagsSet(Tags, frozen=True, kw_only=True):
    """Of `tag`; answered by all tags."""
