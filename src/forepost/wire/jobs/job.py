"""A job: the one form of it in job files, `jobs run`, REST, `apply` and documents for agents.

A field that is not understood is refused, as what it should restrain would not be. What is not said
is not written either: so a job is the same for a version that knows more fields.
"""

from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

MOST_PEERS: Final = 1_000
MOST_IGNORED: Final = 1_000
NO_NUL: Final = r"^[^\x00]*\Z"
DEVICE_ID: Final = r"^[A-Z2-7]{32}\Z"
"""Base32 of the first 20 bytes of SHA-256 of an agent's public key (SPKI)."""

JobName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
DeviceId = Annotated[str, Meta(pattern=DEVICE_ID, description="32 letters and digits of base32")]
JobType = Literal["folder", "distribution", "consolidation", "script"]
Permission = Literal["rw", "ro"]
"""Of transfers: `rw` is a source, `ro` a destination. Of folders: whose changes count."""
JobPath = Annotated[str, Meta(max_length=4_000, pattern=NO_NUL)]
"""Absolute, after macros (`%HOME%`, `%FOLDERS_STORAGE%`, `%TAG%`) are filled in."""


def path_refusal(path: str) -> str:
    """Return why this can be no path of a job, whatever its macros stand for; "": it may be one."""
    if path and not path.startswith(("/", "%")):
        return f"{path} is not absolute"
    return f"{path} leads elsewhere (..)" if ".." in path.split("/") else ""


class JobPart(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Base: how all parts of a job are read and written."""


class JobPeer(JobPart, frozen=True, kw_only=True):
    """Another agent with the same job."""

    deviceid: DeviceId
    address: Annotated[str, Meta(max_length=300, pattern=r"^([^\s\x00]+:[0-9]{1,5})?\Z")] = ""
    """IP:PORT where it listens; empty: it is waited for."""
    permission: Permission = "rw"
    path: JobPath = ""
    """Of a source, for a destination of a consolidation: where its files go here, in place of the
    job's `path`; the controller fills `%SRC:TAG%` in. Empty: the job's."""


class JobScript(JobPart, frozen=True, kw_only=True):
    """What is executed. Parameters are never put into it: they are in its environment."""

    command: (
        Annotated[str, Meta(min_length=1, max_length=256 << 10, pattern=NO_NUL)]
        | Annotated[
            list[Annotated[str, Meta(max_length=32 << 10, pattern=NO_NUL)]],
            Meta(min_length=1, max_length=1_000),
        ]
    )
    """A list: a program and its arguments. A text: a script, which `shell` reads from a file."""
    shell: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"^/[^\x00]*\Z")] = "/bin/sh"
    timeout_sec: Annotated[float, Meta(gt=0, le=30 * 86_400)] = 3_600
    """Everything that it started is ended then."""
    user: Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_.-]*\Z")] = ""
    """A user of the host; empty: the site's usual one for scripts."""
    env: Annotated[
        dict[
            Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\Z", max_length=200)],
            Annotated[str, Meta(max_length=32 << 10, pattern=NO_NUL)],
        ],
        Meta(max_length=200),
    ] = {}
    again: bool = False
    """Whether it is run again where the agent ended in the middle of it."""

    def sha256(self) -> str:
        """The hash by which sites allow it: of its text, or of program and arguments as JSON."""
        text = self.command
        return sha256(
            text.encode() if isinstance(text, str) else msgspec.json.encode(text)
        ).hexdigest()


class JobTriggers(JobPart, frozen=True, kw_only=True):
    """Scripts around a transfer."""

    pre_indexing: JobScript | None = None
    """At sources, before the folder is read."""
    post_download: JobScript | None = None
    """At each destination, when it has everything."""
    complete: JobScript | None = None
    """At every agent, when all have everything."""


class JobSchedule(JobPart, frozen=True, kw_only=True):
    """When a job runs by itself, in the local time of each agent."""

    type: Literal["once", "minutes", "hourly", "daily", "weekly"]
    every: Annotated[int, Meta(ge=1, le=10_000)] = 1
    """Every so many minutes (at least 5), hours or days."""
    at: Annotated[list[Annotated[int, Meta(ge=0, le=86_399)]], Meta(max_length=100)] = []
    """`daily`, `weekly`: seconds since midnight; none: midnight."""
    days: Annotated[list[Annotated[int, Meta(ge=0, le=6)]], Meta(max_length=7)] = []
    """`weekly`: 0 is Sunday."""
    start: Annotated[int, Meta(ge=0, le=2**40)] = 0
    """Unix seconds. `once`: when it runs. Otherwise: not before."""
    finish: Annotated[int, Meta(ge=0, le=2**40)] = 0
    """Unix seconds, not after; 0: for ever."""
    skip_if_running: bool = True
    """Whether a run is left out while the one before is still under way; otherwise it follows."""

    def __post_init__(self) -> None:
        if self.type == "minutes" and self.every < 5:
            raise ValueError("every: at least 5 minutes")
        if self.type == "once" and not self.start:
            raise ValueError("start: a job that runs once says when")
        if self.type == "weekly" and not self.days:
            raise ValueError("days: a weekly job names them")


class BandwidthWindow(JobPart, frozen=True, kw_only=True):
    """In a part of the week, in the local time of the agent; the last that fits counts."""

    days: Annotated[list[Annotated[int, Meta(ge=0, le=6)]], Meta(max_length=7)] = []
    """0 is Sunday; none: every day."""
    begin: Annotated[int, Meta(ge=0, le=86_400)] = 0
    """Seconds since midnight."""
    end: Annotated[int, Meta(ge=0, le=86_400)] = 86_400
    """Before `begin`: of the next day."""
    down_kib_per_sec: Annotated[int, Meta(ge=-1, le=1 << 30)] = -1
    """-1: no limit. 0: nothing."""
    up_kib_per_sec: Annotated[int, Meta(ge=-1, le=1 << 30)] = -1


class TransferSettings(JobPart, frozen=True, kw_only=True):
    """How files are kept and moved. `ignore` must be the same for all agents of a job."""

    ignore: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"^[^\x00\r\n]+\Z")]],
        Meta(max_length=MOST_IGNORED),
    ] = []
    """Patterns as of gitignore(5), compared with names in NFC."""
    delete_extraneous: bool = False
    """Destinations of transfers: whether files that no source has go to the archive."""
    revert_changes: bool = False
    """`ro` agents: whether local changes are put right; otherwise they are reported."""
    archive_days: Annotated[int, Meta(ge=0, le=36_500)] = 30
    """How long replaced and deleted versions are kept; 0: for ever."""
    archive_most_mib: Annotated[int, Meta(ge=0, le=1 << 30)] = 0
    """The oldest versions go beyond; 0: no bound."""
    keep_deletions_days: Annotated[int, Meta(ge=1, le=3_650)] = 90
    """Folders: how long a deletion is remembered; who was away longer is held."""
    durability: Literal["full", "batch", "none"] = "batch"
    """When written files are synced to the disk: each, in groups before they get their names, or
    when the system does."""
    bandwidth: Annotated[list[BandwidthWindow], Meta(max_length=200)] = []


class JobBase(JobPart, frozen=True, kw_only=True):
    """What a job is wherever it is written."""

    name: JobName
    type: JobType
    script: JobScript | None = None
    """Of jobs of the type `script`."""
    triggers: JobTriggers = JobTriggers()
    schedule: JobSchedule | None = None
    """None: it runs when somebody begins it. A folder is kept in step at all times."""
    priority: Annotated[int, Meta(ge=0, le=9)] = 5
    """The highest of an agent's downloads goes first, equal ones at a time."""
    transfer: TransferSettings = TransferSettings()

    def __post_init__(self) -> None:
        if self.type == "script" and self.script is None:
            raise ValueError("script: a job of the type script needs one")
        if self.type != "script" and self.script is not None:
            raise ValueError("script: only jobs of the type script have one; see `triggers`")
        if self.type == "folder" and self.schedule is not None:
            raise ValueError("schedule: a folder is kept in step at all times")
        if self.type in ("folder", "script") and self.triggers != JobTriggers():
            raise ValueError("triggers: only of distributions and consolidations")


class Job(JobBase, frozen=True, kw_only=True):
    """A job as one agent has it."""

    permission: Permission = "rw"
    path: JobPath = ""
    """The root of what is synchronized; of a script its working directory and JOB_PATH."""
    peers: Annotated[list[JobPeer], Meta(max_length=MOST_PEERS)] = []

    def __post_init__(self) -> None:
        JobBase.__post_init__(self)
        if self.type != "script" and not self.path:
            raise ValueError("path: needed for everything but scripts")
        if len({peer.deviceid for peer in self.peers}) != len(self.peers):
            raise ValueError("peers: a deviceid stands there twice")
