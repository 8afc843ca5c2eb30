"""Jobs and runs of a workspace, as REST has them."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import ExternalId, Id, Wire
from forepost.wire.jobs.agent_api import RunStatus, TagName, TagValue
from forepost.wire.jobs.delivery import RunState, SaidEventKind, Wanter, Wish
from forepost.wire.jobs.job import (
    JobBase,
    JobName,
    JobPart,
    JobPath,
    JobSchedule,
    JobScript,
    JobTriggers,
    JobType,
    Permission,
    TransferSettings,
)
from forepost.wire.labels import Selector
from forepost.wire.rest.alerts import AppriseUrls, Secret, WebhookUrl

MOST_MEMBERS: Final = 10_000
MOST_RULES: Final = 50
TTL_SEC: Final = 7 * 86_400
HIDDEN: Final = "***"
"""In place of what somebody may not see."""

WhenOffline = Literal["queue", "skip", "fail"]
"""What becomes of a run at agents that are away when it begins. queue: it waits for them, for
`ttl_sec`. skip: it goes on without them. fail: it is an error, and begins nowhere."""
JobRunStatus = Literal["working", "finished", "error", "aborted", "paused"]
RunPhase = Literal["open", "complete", "incomplete"]
"""Of a transfer. complete: all agents have everything. incomplete: that will not be, as some have
failed, and the others have all that they can have."""


class JobMember(JobPart, frozen=True, kw_only=True, omit_defaults=False):
    permission: Permission = "rw"
    path: JobPath = ""


class JobAgent(JobMember, frozen=True, kw_only=True, omit_defaults=False):
    agent_id: Id


class JobGroup(JobMember, frozen=True, kw_only=True, omit_defaults=False):
    """All agents that have all of these labels and tags, now and later."""

    labels: Selector = {}
    tags: Annotated[dict[TagName, TagValue], Meta(max_length=20)] = {}

    def __post_init__(self) -> None:
        if not (self.labels or self.tags):
            raise ValueError("labels: a group has labels or tags, or it would be all agents")


RunEnds = Annotated[list[Literal["finished", "error", "aborted"]], Meta(min_length=1, max_length=3)]


class JobNotices(JobPart, frozen=True, kw_only=True, omit_defaults=False):
    """Who is told of runs that have ended."""

    on: RunEnds = msgspec.field(default_factory=lambda: ["error"])
    email: bool = False
    """The members of the workspace who are no VIEWERs."""
    webhook_url: WebhookUrl = ""
    webhook_secret: Secret = ""
    """Never shown. Empty in a change: as it was, where the URL is."""
    apprise_urls: AppriseUrls = []
    channel_ids: Annotated[list[Id], Meta(max_length=20)] = []
    """Named channels, beside those."""


JobAgents = Annotated[list[JobAgent], Meta(max_length=MOST_MEMBERS)]
JobGroups = Annotated[list[JobGroup], Meta(max_length=MOST_RULES)]
TtlSec = Annotated[int, Meta(ge=1, le=366 * 86_400)]


class NewJob(JobBase, frozen=True, kw_only=True):
    """Body of `POST .../jobs`: a job, and which agents have it with which right and where."""

    # Made anew each time: the OpenAPI document cannot say a Struct as a default.
    triggers: JobTriggers = msgspec.field(default_factory=JobTriggers)
    transfer: TransferSettings = msgspec.field(default_factory=TransferSettings)
    agents: JobAgents = []
    groups: JobGroups = []
    """An agent that is named in `agents` too has what stands there; of groups the first counts."""
    when_offline: WhenOffline = "queue"
    ttl_sec: TtlSec = TTL_SEC
    """How long a run waits for an agent that is away."""
    notices: JobNotices | None = None
    external_id: ExternalId = ""


class JobPatch(JobPart, frozen=True, kw_only=True):
    """Body of `PATCH .../jobs/ID`: each field that is named is replaced as a whole. Runs of
    transfers and scripts that have begun go on as they began; a folder follows at once.
    """

    name: JobName | UnsetType = UNSET
    type: JobType | UnsetType = UNSET
    """A job has its type for life."""
    script: JobScript | UnsetType = UNSET
    triggers: JobTriggers | UnsetType = UNSET
    schedule: JobSchedule | UnsetType | None = UNSET
    priority: int | UnsetType = UNSET
    transfer: TransferSettings | UnsetType = UNSET
    agents: JobAgents | UnsetType = UNSET
    groups: JobGroups | UnsetType = UNSET
    when_offline: WhenOffline | UnsetType = UNSET
    ttl_sec: TtlSec | UnsetType = UNSET
    notices: JobNotices | UnsetType | None = UNSET
    external_id: ExternalId | UnsetType = UNSET


class AgentTag(Wire, frozen=True, kw_only=True):
    """A tag of an agent: as it is there, and what was set here."""

    name: str
    value: str | None
    """As the agent said last; null: it has not said that it has it."""
    set_here: str | None
    """What was set here last; null: nothing, or it was removed."""
    set_at: datetime | None
    """When it was set or removed here."""
    is_removed_here: bool


class AgentTagList(Wire, frozen=True, kw_only=True):
    tags: list[AgentTag]


class RunCounts(Wire, frozen=True, kw_only=True):
    """Agents of a run by state."""

    queued: int = 0
    delivered: int = 0
    started: int = 0
    finished: int = 0
    error: int = 0
    interrupted: int = 0
    lost: int = 0
    canceled: int = 0


class RunHead(Wire, frozen=True, kw_only=True):
    """A run without its agents."""

    id: int
    job_id: int
    name: str
    type: JobType
    status: JobRunStatus
    wish: Wish
    phase: RunPhase
    attempt: int
    """From 1; higher after each retry."""
    scheduled_at: datetime | None
    """Of a run that agents began by themselves: when, by the job's schedule."""
    when_offline: WhenOffline
    expires_at: datetime | None
    """An agent at which it has not begun by then has lost it."""
    jitter_sec: float
    concurrency: int
    """Agents at a time; 0: all."""
    created_at: datetime
    ended_at: datetime | None
    counts: RunCounts
    held: int
    """At how many agents nothing is done until somebody confirms."""


class RunFigures(Wire, frozen=True, kw_only=True):
    """Of a transfer at one agent. Sizes in bytes, speeds in bytes a second."""

    files_total: int = 0
    files_completed: int = 0
    size_total: int = 0
    size_completed: int = 0
    transferred_down: int = 0
    transferred_up: int = 0
    down_speed: int = 0
    up_speed: int = 0
    peers_count: int = 0
    peers_count_proxied: int = 0


class TransferEventRow(Wire, frozen=True, kw_only=True):
    """Something that an agent said about a transfer or a folder."""

    id: int
    run_id: int
    agent_id: int
    kind: SaidEventKind
    text: str
    """Such as the path of a file."""
    at: datetime
    """By the agent's clock."""
    said_at: datetime


class SiteRun(Wire, frozen=True, kw_only=True):
    """A run that an agent's own site has begun: by a job file, a schedule in one, or the command.
    What its script wrote stays at the site.
    """

    uid: str
    name: str
    type: JobType | Literal[""]
    by: Wanter | Literal[""]
    state: RunState
    status: RunStatus
    reason: str
    exit_code: int | None
    script_sha256: str
    figures: RunFigures
    scheduled_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    said_at: datetime
    """When the agent last said something of it."""


class FormerAttempt(Wire, frozen=True, kw_only=True):
    """What became of a run at an agent before it was tried again."""

    attempt: int
    state: RunState
    reason: str
    exit_code: int | None
    started_at: datetime | None
    ended_at: datetime | None


class RunAgent(Wire, frozen=True, kw_only=True):
    """A run at one agent."""

    agent_id: int
    permission: Permission
    path: str
    attempt: int
    state: RunState
    status: RunStatus | Literal[""]
    """As the agent's own API says it; empty: it has not said."""
    reason: str
    """Why it is so; empty where that needs no words."""
    held: bool
    """Whether nothing is done until somebody confirms."""
    exit_code: int | None
    output: str
    """Of a script: its beginning and its end, where it wrote more than is kept. Left out of lists;
    `***` for a VIEWER."""
    script_sha256: str
    """Of the script that was run, as the agent says."""
    figures: RunFigures
    started_at: datetime | None
    ended_at: datetime | None
    said_at: datetime | None
    """When the agent last said something of it."""
    former: list[FormerAttempt]
    """Left out of lists."""


class Run(RunHead, frozen=True, kw_only=True):
    agents: list[RunAgent]
    """In lists the first 100, with what is wrong first."""


class WorkspaceJob(Wire, frozen=True, kw_only=True):
    """A job as it is shown. What scripts are is for ADMINs: for others `command` is `***`, and the
    environment empty. In lists it is left out for all.
    """

    id: int
    workspace_id: int
    uid: str
    name: str
    type: JobType
    script: JobScript | None
    triggers: JobTriggers
    schedule: JobSchedule | None
    priority: int
    transfer: TransferSettings
    agents: list[JobAgent]
    """Those that it names."""
    groups: list[JobGroup]
    members: list[JobAgent]
    """All agents that have it now, by name or by group; in lists the first 100."""
    members_count: int
    when_offline: WhenOffline
    ttl_sec: int
    notices: JobNotices | None
    external_id: str
    script_sha256: dict[str, str]
    """Of `script` and of each trigger that it has: by it a site may allow one."""
    revision: int
    """Higher after every change."""
    last_run: RunHead | None
    created_at: datetime
    updated_at: datetime


class NewRun(JobPart, frozen=True, kw_only=True):
    """Body of `POST .../jobs/ID/runs`."""

    agent_ids: Annotated[list[Id], Meta(max_length=MOST_MEMBERS)] = []
    """Of the job's agents; empty: all."""
    jitter_sec: Annotated[float, Meta(ge=0, le=86_400)] = 0
    """Each agent begins at a moment of its own within so many seconds."""
    concurrency: Annotated[int, Meta(ge=0, le=MOST_MEMBERS)] = 0
    """Of scripts: at so many agents at a time, at the next when one has ended; 0: all."""


class FailedAgent(Wire, frozen=True, kw_only=True):
    agent_id: int
    agent_name: str
    state: RunState
    reason: str


class RunNotice(Wire, frozen=True, kw_only=True):
    """Body of a webhook about a run that has ended; `trigger` and `job_run` are Resilio's names."""

    trigger: Literal["JOB_RUN_FINISHED", "JOB_RUN_FAILED", "JOB_RUN_ABORTED"]
    job_run: RunHead
    workspace_id: int
    failed: list[FailedAgent]
    """The first 20."""
    panel_url: str
    workspace_name: str = ""


class OutputLine(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a script's output, as a stream has it; an empty object: nothing now."""

    offset: int | UnsetType = UNSET
    """In bytes, of all that it has written."""
    text: str | UnsetType = UNSET
    state: RunState | UnsetType = UNSET
    """In the last line: how it stands; `problem` is why there is no more, "" where that is all."""
    problem: str | UnsetType = UNSET
