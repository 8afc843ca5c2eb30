"""How jobs come to agents of ours, and what agents say of them.

What an agent is to do is the document `jobs`, whose parts are `JobsPart`: all its runs that are not
over, and the jobs that have a schedule. What became of them is the talk `jobs`: the agent sends
`job_runs` when a conversation begins and after changes; ends are kept by the agent, and sent again
in each conversation, until the controller has answered that it keeps them (`job_runs_kept`).
"""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import IdOrZero, Wire
from forepost.wire.jobs.agent_api import RunStatus, Tag
from forepost.wire.jobs.job import DEVICE_ID, NO_NUL, Job, JobName, JobType
from forepost.wire.uplink.messages import PRINTABLE

JOBS: Final = "jobs"
"""The document, the talk, and the capability of an agent that has jobs."""
HOST: Final = "job_host"
RUNS: Final = "job_runs"
RUNS_KEPT: Final = "job_runs_kept"
OUTPUT: Final = "job_output"
EVENTS: Final = "job_events"
EVENTS_KEPT: Final = "job_events_kept"
MOST_RUNS: Final = 1_000
"""Of one agent at a time, of those that are not over."""
MOST_SCHEDULED: Final = 500
MOST_IN_MESSAGE: Final = 100
"""Runs in one event."""
KEPT_OUTPUT: Final = 32 << 10
"""Bytes of a script's output that are kept of its beginning, and as many of its end."""

RunUid = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z", description="32 hex digits")]
"""What a run is, for ever: its number may come again where a controller was restored."""
RunState = Literal[
    "queued",
    "delivered",
    "started",
    "finished",
    "error",
    "interrupted",
    "lost",
    "canceled",
]
"""Of a run at one agent. lost: its time was over before it began. interrupted: the agent ended in
the middle of it."""
OVER: Final[frozenset[RunState]] = frozenset(
    ("finished", "error", "interrupted", "lost", "canceled")
)
Wish = Literal["run", "pause", "cancel"]
Wanter = Literal["controller", "schedule", "file", "command"]
"""Of a run, who wants it; file and command: the site itself."""
SaidEventKind = Literal[
    "conflict", "held", "bad_chunk", "healed", "clash", "error", "member", "left_out"
]
"""Events of transfers that the controller is told. left_out: more came than the agent keeps."""


class WantedRun(Wire, frozen=True, kw_only=True):
    """A run that this agent is to make, or is to end."""

    run_id: IdOrZero
    uid: RunUid
    job_id: IdOrZero
    job: Job
    """With the neighbours of this agent as `peers`."""
    writers: Annotated[list[Annotated[str, Meta(pattern=DEVICE_ID)]], Meta(max_length=1_000)] = []
    """Whose signed manifests count, beside those of `peers`."""
    wish: Wish = "run"
    expires_at: datetime | None = None
    """A run that has not begun by then is `lost`."""
    jitter_sec: Annotated[float, Meta(ge=0, le=86_400)] = 0
    """It begins at a moment of its own within so many seconds."""
    complete: bool = False
    """Whether all agents of a transfer have everything: the script `complete` may run, and the run
    is finished."""
    incomplete: bool = False
    """Nothing more comes, as others of it failed: an agent that has all that its peers have is
    finished without the script `complete`, which may clean up at sources; any other has failed."""


class ScheduledJob(Wire, frozen=True, kw_only=True):
    """A job that this agent begins by itself; each beginning is a run, named by its moment."""

    job_id: IdOrZero
    uid: RunUid
    """Of the job as it is now: another schedule or script has another."""
    job: Job
    writers: Annotated[list[Annotated[str, Meta(pattern=DEVICE_ID)]], Meta(max_length=1_000)] = []
    """See `WantedRun`."""


class WantedTag(Wire, frozen=True, kw_only=True):
    """A tag that somebody set at the controller; it counts where `number` is newer."""

    tag: Tag
    number: Annotated[int, Meta(ge=0, le=2**53)]
    """When, in Unix milliseconds by the controller's clock; of one tag never twice the same."""
    is_removed: bool = False
    """The agent has it no more, also where its settings have it."""


class JobsPart(Wire, frozen=True, kw_only=True):
    """A part of the document `jobs`: all parts together are everything."""

    runs: list[msgspec.Raw] = []
    """Each a `WantedRun`, opened one by one: one that is wrong is a problem, the others run."""
    scheduled: list[msgspec.Raw] = []
    """Each a `ScheduledJob`."""
    tags: list[WantedTag] = []
    agent_name: str = ""
    """What the controller calls this agent: the tag AGENT_NAME; in one part."""


class JobHost(Wire, frozen=True, kw_only=True):
    """Event `job_host`, at the beginning of a conversation and when it changes."""

    deviceid: Annotated[str, Meta(pattern=DEVICE_ID)]
    listen: Annotated[
        list[Annotated[str, Meta(max_length=300, pattern=PRINTABLE)]], Meta(max_length=50)
    ] = []
    """IP:PORT, where other agents reach it; none: it only dials."""
    scripts: bool = False
    """Whether this site lets scripts run at all."""
    paused: bool = False
    resume_at: datetime | None = None
    tags: Annotated[list[Tag], Meta(max_length=500)] = []


class RunOutput(Wire, frozen=True, kw_only=True):
    """What a script has written, both streams as they came."""

    head: Annotated[str, Meta(max_length=KEPT_OUTPUT)] = ""
    tail: Annotated[str, Meta(max_length=KEPT_OUTPUT)] = ""
    left_out_bytes: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """Between the two."""


class RunReport(Wire, frozen=True, kw_only=True):
    """A run as it is at this agent now."""

    run_id: IdOrZero = 0
    """0: begun at the site, by a file, the command or a schedule."""
    uid: RunUid
    job_id: IdOrZero = 0
    name: JobName
    type: JobType | Literal[""] = ""
    by: Wanter | Literal[""] = ""
    scheduled_at: datetime | None = None
    """Of a scheduled job: which of its beginnings."""
    state: RunState
    status: RunStatus
    reason: Annotated[str, Meta(max_length=1_000, pattern=NO_NUL)] = ""
    held: bool = False
    """Whether nothing is done until somebody confirms; `reason` says why."""
    exit_code: Annotated[int, Meta(ge=-255, le=255)] | None = None
    """The signal that ended it as a negative number; null: none yet, or it never ran."""
    script_sha256: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    output: RunOutput = RunOutput()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    files_total: Annotated[int, Meta(ge=0, le=2**53)] = 0
    files_completed: Annotated[int, Meta(ge=0, le=2**53)] = 0
    size_total: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    size_completed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    transferred_down: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    transferred_up: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    down_speed: Annotated[int, Meta(ge=0, le=2**53)] = 0
    up_speed: Annotated[int, Meta(ge=0, le=2**53)] = 0
    peers_count: Annotated[int, Meta(ge=0, le=10_000)] = 0
    peers_count_proxied: Annotated[int, Meta(ge=0, le=10_000)] = 0


class JobEvent(Wire, frozen=True, kw_only=True):
    """Something about a transfer that a person may want to know of later."""

    uid: RunUid
    """Of the run."""
    number: Annotated[int, Meta(ge=0, le=2**53)]
    """Of the agent's own, ascending: what is said twice is the same."""
    kind: SaidEventKind
    text: Annotated[str, Meta(max_length=1_000, pattern=NO_NUL)]
    at: datetime


class JobEvents(Wire, frozen=True, kw_only=True):
    """Event `job_events`, the oldest first; the next when these are kept."""

    events: Annotated[list[JobEvent], Meta(max_length=MOST_IN_MESSAGE)]


class JobEventsKept(Wire, frozen=True, kw_only=True):
    """Event `job_events_kept`: all up to this number are on the controller's disk."""

    number: Annotated[int, Meta(ge=0, le=2**53)]


class RunReports(Wire, frozen=True, kw_only=True):
    """Event `job_runs`: those that changed; all of them at the beginning of a conversation."""

    runs: Annotated[list[RunReport], Meta(max_length=MOST_IN_MESSAGE)]


class RunsKept(Wire, frozen=True, kw_only=True):
    """Event `job_runs_kept`: ends that the controller has on its disk; the agent may forget."""

    uids: Annotated[list[RunUid], Meta(max_length=MOST_IN_MESSAGE)]


class RunOutputPiece(Wire, frozen=True, kw_only=True):
    """Event `job_output`: what a running script has written since the last one."""

    uid: RunUid
    offset: Annotated[int, Meta(ge=0, le=2**53)]
    """In bytes, of all that it has written."""
    text: Annotated[str, Meta(max_length=KEPT_OUTPUT)]
