"""Microservices and registries of a workspace, as REST has them."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import ExternalId, Id, Wire
from forepost.wire.labels import Selector
from forepost.wire.workloads.delivery import LogLine, MicroserviceStatus
from forepost.wire.workloads.manifest import (
    NO_NUL,
    HealthCheck,
    LogBounds,
    Manifest,
    PortMapping,
    UpdateRules,
    VolumeMapping,
    WorkloadLimits,
    WorkloadSpec,
)

FROM_CACHE: Final = "from_cache"
"""In place of a registry: the image is never pulled."""
MOST_RESTARTED: Final = 100
"""Agents that one request restarts a microservice on."""

MicroserviceName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+\Z")]
AgentIds = Annotated[list[Id], Meta(max_length=10_000)]
Config = str | dict[str, object] | None
"""An object of any size that a manifest takes; `Json` is for what users keep with an object."""
Percents = Annotated[list[Annotated[int, Meta(ge=1, le=100)]], Meta(min_length=1, max_length=20)]


class RolloutRule(Manifest, frozen=True, kw_only=True, omit_defaults=False):
    """How a changed manifest goes out: in waves, each after all before it were well for a time."""

    waves: Percents = msgspec.field(default_factory=lambda: [1, 25, 100])
    """Percent of the agents that have it then; at least one agent more each."""
    gate_sec: Annotated[int, Meta(ge=0, le=86_400)] = 60
    """How long all that have it must be well before the next wave."""
    limit_sec: Annotated[int, Meta(ge=10, le=7 * 86_400)] = 1_800
    """A connected agent that is not well so long after its wave began ends the roll-out."""

    def __post_init__(self) -> None:
        if any(
            later <= earlier for earlier, later in zip(self.waves, self.waves[1:], strict=False)
        ):
            raise ValueError("waves: each is more than the one before")
        if self.waves[-1] != 100:
            raise ValueError("waves: the last is 100")


class NewMicroservice(WorkloadSpec, frozen=True, kw_only=True):
    """Body of `POST .../microservices`: a manifest, and for which agents it is.

    Neither agents nor labels: it waits until there are some.
    """

    name: MicroserviceName
    # Made anew each time: the OpenAPI document cannot say a Struct as a default.
    limits: WorkloadLimits = msgspec.field(default_factory=WorkloadLimits)
    health: HealthCheck = msgspec.field(default_factory=HealthCheck)
    log: LogBounds = msgspec.field(default_factory=LogBounds)
    update: UpdateRules = msgspec.field(default_factory=UpdateRules)
    config: Config = None
    agents: AgentIds = []
    labels: Selector = {}
    rollout: RolloutRule | None = None
    external_id: ExternalId = ""


class MicroservicePatch(Manifest, frozen=True, kw_only=True):
    """Body of `PATCH .../microservices/ID`: fields that are replaced. What a field may be is what
    it may be in `NewMicroservice`: the manifest is checked as a whole.
    """

    name: MicroserviceName | UnsetType = UNSET
    image: str | UnsetType = UNSET
    registry: str | UnsetType = UNSET
    cmd: list[str] | UnsetType = UNSET
    env: dict[str, str] | UnsetType = UNSET
    ports: list[PortMapping] | UnsetType = UNSET
    volumes: list[VolumeMapping] | UnsetType = UNSET
    extra_hosts: list[str] | UnsetType = UNSET
    network: str | UnsetType = UNSET
    user: str | UnsetType = UNSET
    limits: WorkloadLimits | UnsetType = UNSET
    health: HealthCheck | UnsetType = UNSET
    cap_add: list[str] | UnsetType = UNSET
    cap_drop: list[str] | UnsetType = UNSET
    privileged: bool | UnsetType = UNSET
    read_only: bool | UnsetType = UNSET
    stop_sec: float | UnsetType = UNSET
    log: LogBounds | UnsetType = UNSET
    config: Config | UnsetType = UNSET
    update: UpdateRules | UnsetType = UNSET
    routes: list[str] | UnsetType = UNSET
    agents: AgentIds | UnsetType = UNSET
    labels: Selector | UnsetType = UNSET
    rollout: RolloutRule | UnsetType | None = UNSET
    external_id: ExternalId | UnsetType = UNSET


WorkloadStanding = Literal["current", "waiting", "refused"]
"""current: the agent runs it as it is wanted now, and it is healthy. waiting: not yet, or not known
now. refused: the agent will not run it; an older one may go on."""


class AgentMicroservice(Wire, frozen=True, kw_only=True):
    """One microservice on one agent."""

    agent_id: int
    state: WorkloadStanding
    reason: str
    """Why it is not current; "" where it is."""
    failing: bool
    """It waits, as what was tried is no good: failed, stuck in restart, or unhealthy."""
    status: MicroserviceStatus | None
    """What the agent said last of it; null where it said nothing."""
    said_at: datetime | None


class StandingCounts(Wire, frozen=True, kw_only=True):
    """Of all agents that are to have it."""

    current: int = 0
    waiting: int = 0
    refused: int = 0
    failing: int = 0
    """Of those that wait."""


RolloutState = Literal["running", "done", "returned", "ended"]
"""done: all have the new manifest. returned: one was bad, and all have the former one again.
ended: the same by hand."""


class RolloutProgress(Wire, frozen=True, kw_only=True):
    state: RolloutState
    wave: int
    """From 1."""
    waves: int
    reached: list[int]
    """Agents that were given the new manifest."""
    reason: str
    """Why it ended before its time; while it is under way, what it waits for."""
    began_at: datetime
    ended_at: datetime | None


class WorkspaceMicroservice(Wire, frozen=True, kw_only=True):
    """A microservice as it is shown. `cmd`, `env` and `config` are left out of lists, and are `***`
    for a VIEWER, as is the command of a health check.
    """

    id: int
    workspace_id: int
    uuid: str
    name: str
    image: str
    registry: str
    cmd: list[str] | UnsetType = UNSET
    env: dict[str, str] | UnsetType = UNSET
    ports: list[PortMapping]
    volumes: list[VolumeMapping]
    extra_hosts: list[str]
    network: str
    user: str
    limits: WorkloadLimits
    health: HealthCheck
    cap_add: list[str]
    cap_drop: list[str]
    privileged: bool
    read_only: bool
    stop_sec: float
    log: LogBounds
    config: Config | UnsetType = UNSET
    update: UpdateRules
    routes: list[str]
    agent_ids: list[int]
    """Those that it names; empty where it goes by labels."""
    labels: dict[str, str | bool | int]
    rollout: RolloutRule | None
    external_id: str
    fingerprint: str
    """Of the container that is wanted: agents say the same one where they run it."""
    revision: int
    """Higher after every change."""
    counts: StandingCounts
    agents: list[AgentMicroservice]
    """Those that are to have it; in lists the first 100, with what is wrong first."""
    progress: RolloutProgress | None
    """The newest roll-out."""
    created_at: datetime
    updated_at: datetime


class RestartRequest(Wire, frozen=True, kw_only=True):
    """Body of `POST .../microservices/ID/restart`."""

    agents: Annotated[list[Id], Meta(max_length=MOST_RESTARTED)] = []
    """Empty: all that are to have it."""


class AgentRestart(Wire, frozen=True, kw_only=True):
    agent_id: int
    problem: str
    """Why it was not restarted there; "" where it was."""


class MicroserviceLogs(Wire, frozen=True, kw_only=True):
    data: list[LogLine]
    problem: str
    """Why there are no (more) lines; "" where those are all that were asked for."""


RegistryName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+\Z")]
RegistryUrl = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\s\x00@]+\Z")]
Username = Annotated[str, Meta(max_length=500, pattern=NO_NUL)]
RegistryPassword = Annotated[str, Meta(max_length=4_000, pattern=NO_NUL)]


class NewRegistry(Wire, frozen=True, kw_only=True):
    """Body of `POST .../registries`."""

    name: RegistryName
    url: RegistryUrl
    """HOST[:PORT], as images name it."""
    username: Username = ""
    password: RegistryPassword = ""
    external_id: ExternalId = ""


class RegistryPatch(Wire, frozen=True, kw_only=True):
    name: RegistryName | UnsetType = UNSET
    url: RegistryUrl | UnsetType = UNSET
    """Another one needs the password again: no other place is told it."""
    username: Username | UnsetType = UNSET
    password: RegistryPassword | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET


class ImageRegistry(Wire, frozen=True, kw_only=True):
    """A registry as it is shown. Its password is not: `has_password` says whether there is one."""

    id: int
    workspace_id: int
    name: str
    url: str
    username: str
    has_password: bool
    external_id: str
    revision: int
    created_at: datetime
    updated_at: datetime


class ProvisioningRequest(Wire, frozen=True, kw_only=True):
    """Body of `POST .../agents/A/provisioning-key`."""

    ttl_sec: Annotated[int, Meta(ge=0, le=30 * 86_400)] = 0
    """0: a day."""


class ProvisioningKey(Wire, frozen=True, kw_only=True):
    """What `forepost provision` takes, once; shown this once."""

    key: str
    expires_at: datetime


def spec_fields() -> tuple[str, ...]:
    """The names of what is of the manifest."""
    return tuple(field.name for field in msgspec.structs.fields(WorkloadSpec))
