"""A run as this agent keeps it: what is to be done, how far it has come, how it ended. Pure."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

import msgspec

from forepost.wire.jobs.delivery import OVER, RunOutput, RunState, WantedRun, Wanter, Wish
from forepost.wire.jobs.job import Job, JobScript
from forepost.wire.jobs.transfer import TransferStatus

Step = Literal["", "script", "pre_indexing", "transfer", "post_download", "downloaded", "complete"]
"""How far a run has come. downloaded: everything is here, and its script has run."""
ScriptStep = Literal["script", "pre_indexing", "post_download", "complete"]
SCRIPT_STEPS: Final[frozenset[Step]] = frozenset(
    ("script", "pre_indexing", "post_download", "complete")
)
UID_DIGITS: Final = 32
_JITTER_STEPS: Final = 1 << 32


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    uid: str
    run_id: int
    """The controller's number, or one of this agent's own."""
    job_id: int = 0
    job: Job
    by: Wanter
    """Who wants it."""
    source: str = ""
    """Its file; or, of a schedule, the uid of the scheduled job."""
    path: str = ""
    """Of its job, with macros filled in as they were when it began: a tag moves no folder."""
    of_controller: bool = False
    """Whether it, or the job whose schedule began it, is a controller's."""
    writers: list[str] = []
    scheduled_at: datetime | None = None
    queued_at: datetime
    begin_at: datetime | None = None
    expires_at: datetime | None = None
    wish: Wish = "run"
    site_wish: Wish = "run"
    """Of somebody at this host."""
    complete: bool = False
    incomplete: bool = False
    held_ok: bool = False
    state: RunState = "queued"
    step: Step = ""
    reason: str = ""
    timed_out: bool = False
    exit_code: int | None = None
    script_sha256: str = ""
    output: RunOutput = RunOutput()
    counted: TransferStatus | None = None
    """Of a transfer, at its end."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    is_kept: bool = False
    """Whether the controller has the end on its disk."""

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def wished(self) -> Wish:
        wishes = (self.wish, self.site_wish)
        return next((one for one in ("cancel", "pause") if one in wishes), "run")

    @property
    def has_begun(self) -> bool:
        return self.state == "started" or self.started_at is not None

    @property
    def lane(self) -> str:
        """Runs of one lane are made one after another: those of one job."""
        if self.of_controller:
            return f"controller {self.job_id}" if self.job_id else self.uid
        return f"site {self.job.name}"

    @property
    def task_key(self) -> str:
        """What the transfer engines of all agents call it."""
        if not self.of_controller:
            return f"job:{self.job.name}"
        return f"{'job' if self.job.type == 'folder' else 'run'}:{self.uid}"

    @property
    def folder(self) -> str:
        """What is kept of its folder at this agent from one run of the job to the next; "": the
        task key says it all.
        """
        is_run = self.of_controller and self.job.type != "folder"
        return f"job {self.job_id}" if is_run and self.job_id else ""

    @property
    def is_transferred(self) -> bool:
        """Whether its folder is to be in step now."""
        return (
            self.state == "started"
            and self.job.type != "script"
            and self.step not in ("", "pre_indexing")
        )


def script_of(job: Job, step: Step) -> JobScript | None:
    """Return what is executed in a step, if anything."""
    match step:
        case "script":
            return job.script
        case "pre_indexing":
            return job.triggers.pre_indexing if job.permission == "rw" else None
        case "post_download":
            return job.triggers.post_download if job.permission == "ro" else None
        case "complete":
            return job.triggers.complete
        case _:
            return None


def script_hash(script: JobScript) -> str:
    """Return the SHA-256 of a script: of its text, or of its program and arguments as JSON."""
    command = script.command
    data = command.encode() if isinstance(command, str) else msgspec.json.encode(command)
    return sha256(data).hexdigest()


def made_uid(*parts: str) -> str:
    """Return a uid that is the same whenever it is made of the same parts."""
    return sha256("/".join(parts).encode()).hexdigest()[:UID_DIGITS]


def delivered(wanted: WantedRun, now: datetime) -> RunRecord:
    """A run that a controller wants, and that has not begun."""
    return RunRecord(
        uid=wanted.uid,
        run_id=wanted.run_id,
        job_id=wanted.job_id,
        job=wanted.job,
        by="controller",
        of_controller=True,
        queued_at=now,
        begin_at=now + timedelta(seconds=wanted.jitter_sec * _share(wanted.uid)),
        state="delivered",
    )


def _share(uid: str) -> float:
    """Of the jitter, between 0 and 1: always the same for a run at one agent."""
    return int.from_bytes(sha256(uid.encode()).digest()[:4]) / _JITTER_STEPS
