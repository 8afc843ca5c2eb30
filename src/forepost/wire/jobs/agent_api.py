"""The Resilio Agent API (`/api/v3`) as its document spells it."""

import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forepost.wire.jobs.job import Permission

AgentApiState = Literal[
    "NOT_CONFIGURED",
    "NOT_CONNECTED",
    "CONNECTING",
    "CONNECTED",
    "PENDING_APPROVAL",
    "DECLINED",
    "STOPPED",
    "WAITING_FOR_INCOMING_CONNECTION",
]
"""Of the way to the controller."""

RunStatus = Literal[
    "error",
    "loading",
    "paused",
    "writing acl",
    "processing files",
    "indexing",
    "low priority",
    "mounting selective sync volume",
    "no peers",
    "syncing",
    "synced",
    "invalid state",
    "waiting for files from source",
    "downloading",
    "seeding",
    "cleaning up destination folder",
    "waiting for scheduled script",
    "executing pre-indexing script",
    "executing post-download script",
    "executing complete script",
    "archiving script logs",
    "successfully finished",
    "expired",
    "executing script",
]
"""`syncing` is in the document's sample and not in its list."""
ENDS: Final[frozenset[RunStatus]] = frozenset(("successfully finished", "expired"))
"""After which a run has no other; an error may be one too."""

RunType = Literal["folder", "transfer", "script"]


class RunError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    code: int
    code_str: Annotated[str, Meta(max_length=100)]
    """Such as SE_AGENT_DISK_FULL."""
    message: Annotated[str, Meta(max_length=1_000)]


class JobRun(msgspec.Struct, frozen=True, kw_only=True):
    """An element of the answer of `GET /api/v3/runs`. Sizes in bytes, speeds in bytes a second."""

    down_speed: int
    errors: list[RunError]
    eta: int
    """Seconds; 0: there is nothing left, -1: nobody knows."""
    files_completed: int
    files_total: int
    id: int
    """Of the job."""
    name: str
    path: str
    peers_count: int
    peers_count_proxied: int
    permission: Permission
    run_id: int
    size_completed: int
    size_total: int
    status: RunStatus
    transferred_down: int
    transferred_up: int
    type: RunType
    up_speed: int
    last_synced: int | UnsetType = UNSET
    """Unix seconds of the last moment when nothing was missing any more; absent: never yet."""


class ApiServer(msgspec.Struct, frozen=True, kw_only=True):
    addr: str
    last_seen: int
    """Unix seconds of its last word; 0: none yet."""
    state: AgentApiState


class ApiClient(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/v3/client`."""

    deviceid: str
    deviceidHex: str  # noqa: N815 - its name on the wire
    name: str
    paused: bool
    server: ApiServer
    restartRequired: str | UnsetType = UNSET  # noqa: N815 - its name on the wire
    """ "true", a text; absent where no restart is needed."""


TAG_NAME: Final = re.compile(r"^[A-Z0-9_]{1,100}\Z")
TagName = Annotated[str, Meta(pattern=TAG_NAME.pattern, description="A-Z, 0-9 and _")]
TagValue = Annotated[str, Meta(max_length=1_000, pattern=r"^[^\x00]*\Z")]
MOST_TAGS: Final = 500
"""Of one agent."""
RESERVED_TAGS: Final = frozenset(("AGENT_NAME", "AGENT_ID"))
"""What every agent has by itself; they cannot be set."""


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    name: TagName
    value: TagValue


class Tags(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `PATCH /api/v3/tags`, and answer of `GET`."""

    tags: Annotated[list[Tag], Meta(max_length=MOST_TAGS)]
