"""How microservices come to agents of ours, and what agents say of them.

What a site is to run is the document `workloads`, whose parts are `WorkloadsPart`. What became of
it is the talk `workloads`: the agent sends `microservices` when a conversation begins, after every
change and once a minute; the controller may ask for logs and restarts, each request under a number
of its own.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.uplink.messages import PRINTABLE
from forepost.wire.workloads.manifest import NO_NUL, Uuid

WORKLOADS: Final = "workloads"
"""The document, the talk, and the capability of an agent that runs microservices."""
REPORT: Final = "microservices"
LOGS: Final = "microservice_logs"
LOGS_ENOUGH: Final = "microservice_logs_enough"
LOG_LINES: Final = "microservice_log_lines"
RESTART: Final = "microservice_restart"
RESTARTED: Final = "microservice_restarted"
DEPROVISION: Final = "deprovision"
"""The agent leaves: its key is not used any more. Answered by the end of the conversation."""
MOST_MICROSERVICES: Final = 200
"""Of one agent."""
MOST_REGISTRIES: Final = 50
MOST_LOG_LINES: Final = 200
"""In one message."""
LONGEST_LOG_LINE: Final = 16 << 10
"""Characters; the rest of a longer one is cut off, and said so."""
MOST_LOG_READERS: Final = 8
"""Logs that one agent follows at a time for its controller."""

Said = Annotated[str, Meta(max_length=500, pattern=NO_NUL)]
Request = Annotated[int, Meta(ge=1, le=2**53)]


class Registry(Wire, frozen=True, kw_only=True):
    """Where images come from, and as whom."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
    url: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\s\x00]+\Z")]
    """HOST[:PORT], as images name it."""
    username: Annotated[str, Meta(max_length=500, pattern=NO_NUL)] = ""
    password: Annotated[str, Meta(max_length=4_000, pattern=NO_NUL)] = ""


class WorkloadsPart(Wire, frozen=True, kw_only=True):
    """A part of the document `workloads`: all parts together are the whole list."""

    microservices: list[msgspec.Raw] = []
    """Each a `Microservice`, opened one by one: one that is wrong is a problem, the others run."""
    registries: Annotated[list[Registry], Meta(max_length=MOST_REGISTRIES)] = []


WorkloadState = Literal[
    "QUEUED",
    "PULLING",
    "CREATING",
    "STARTING",
    "RUNNING",
    "UPDATING",
    "RESTARTING",
    "STUCK_IN_RESTART",
    "STOPPING",
    "STOPPED",
    "DELETING",
    "FAILED",
    "UNKNOWN",
]
"""The words of ioFog. UNKNOWN: the engine does not answer. FAILED: `problem` says why."""
ContainerHealth = Literal["none", "starting", "healthy", "unhealthy"]
"""none: there is no check, or nothing runs."""
WantedBy = Literal["controller", "folder", "iofog", ""]
""""": nobody, any more."""


class MicroserviceStatus(Wire, frozen=True, kw_only=True):
    uuid: Uuid
    name: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""
    image: Annotated[str, Meta(max_length=500, pattern=NO_NUL)] = ""
    wanted_by: WantedBy = "controller"
    state: WorkloadState
    health: ContainerHealth = "none"
    wanted: Annotated[str, Meta(max_length=64, pattern=PRINTABLE)] = ""
    """The fingerprint of its manifest; "" where it is no longer wanted."""
    running: Annotated[str, Meta(max_length=64, pattern=PRINTABLE)] = ""
    """The fingerprint that its container was made of; "" where nothing of it runs."""
    refused: bool = False
    """This site, or this host, will not run what is wanted; `problem` says why. An older one may
    go on."""
    problem: Said = ""
    container_id: Annotated[str, Meta(max_length=128, pattern=PRINTABLE)] = ""
    started_at: datetime | None = None
    restarts: Annotated[int, Meta(ge=0, le=1 << 31)] = 0
    """Ends within the last ten minutes."""
    percent: Annotated[float, Meta(ge=0, le=100)] = 0
    """Of a pull."""
    cpu_percent: float | None = None
    memory_bytes: Annotated[int, Meta(ge=0, le=1 << 62)] | None = None

    @property
    def is_well(self) -> bool:
        """Whether it runs as it is wanted, and nothing is known against its health."""
        is_healthy = self.health in ("none", "healthy")
        return self.running == self.wanted != "" and self.state == "RUNNING" and is_healthy


class EngineStatus(Wire, frozen=True, kw_only=True):
    kind: Literal["docker", "process"] = "docker"
    version: Annotated[str, Meta(max_length=100)] = ""
    api_version: Annotated[str, Meta(max_length=20)] = ""
    reachable: bool = True
    since: datetime | None = None
    """Since when it is, or is not, reachable."""
    problem: Said = ""


class MicroservicesReport(Wire, frozen=True, kw_only=True):
    """Event `microservices`: all of them, as they are now."""

    engine: EngineStatus
    microservices: Annotated[list[MicroserviceStatus], Meta(max_length=2 * MOST_MICROSERVICES)]


class LogsWanted(Wire, frozen=True, kw_only=True):
    """Event `microservice_logs`: answered by `microservice_log_lines` until one has `end`."""

    request: Request
    uuid: Uuid
    tail: Annotated[int, Meta(ge=0, le=10_000)] = 100
    follow: bool = False


class LogsEnough(Wire, frozen=True, kw_only=True):
    """Event `microservice_logs_enough`: nobody reads these any more."""

    request: Request


class LogLine(Wire, frozen=True, kw_only=True):
    at: datetime | None = None
    stream: Literal["stdout", "stderr"] = "stdout"
    text: Annotated[str, Meta(max_length=LONGEST_LOG_LINE + 100)]


class LogLines(Wire, frozen=True, kw_only=True):
    """Event `microservice_log_lines`."""

    request: Request
    lines: Annotated[list[LogLine], Meta(max_length=MOST_LOG_LINES)] = []
    end: bool = False
    problem: Said = ""
    """Why there are no (more) lines; "" where they simply end."""


class RestartWanted(Wire, frozen=True, kw_only=True):
    """Event `microservice_restart`: answered by `microservice_restarted`."""

    request: Request
    uuid: Uuid


class Restarted(Wire, frozen=True, kw_only=True):
    request: Request
    problem: Said = ""
