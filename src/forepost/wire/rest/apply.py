"""The document of `forepost apply` and `forepost export`: what a workspace should have.

Every object has an `id` of its author's own (its `external_id` on the controller), by which objects
also name each other. Fields are those of the REST bodies; what is left out has their default.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import Json, Name, Text, Wire
from forepost.wire.flows.groups import GroupName, Members
from forepost.wire.jobs.agent_api import MOST_TAGS, TagName, TagValue
from forepost.wire.jobs.job import (
    JobName,
    JobPath,
    JobSchedule,
    JobScript,
    JobTriggers,
    JobType,
    Permission,
    TransferSettings,
)
from forepost.wire.jobs.rest import TTL_SEC, JobGroup, RunEnds, WhenOffline
from forepost.wire.labels import Selector
from forepost.wire.probes import ProbeType
from forepost.wire.probes.options import usual_timeout
from forepost.wire.probes.probe import Count, DurationSec, IntervalSec, Target
from forepost.wire.rest.alerts import (
    AppriseUrls,
    Secret,
    WebhookUrl,
)
from forepost.wire.rest.apply_alerts import (
    ChannelItem,
    ParentItem,
    RouteItem,
    RuleItem,
    TemplateItem,
    WindowItem,
)
from forepost.wire.rest.apply_item import Item, Key
from forepost.wire.rest.bodies import IpOverride, TrafficsimHost, TrafficsimPort
from forepost.wire.rest.channels import (
    ChannelZone,
)
from forepost.wire.workloads.manifest import (
    HealthCheck,
    LogBounds,
    PortMapping,
    UpdateRules,
    VolumeMapping,
    WorkloadLimits,
)
from forepost.wire.workloads.rest import (
    Config,
    MicroserviceName,
    RegistryName,
    RegistryPassword,
    RegistryUrl,
    RolloutRule,
    Username,
)


class ProbeItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    type: ProbeType
    enabled: bool = True
    interval_sec: IntervalSec = 60
    timeout_sec: Annotated[int, Meta(ge=0, le=300)] = 0
    """0: the usual one for the interval."""
    count: Count = 0
    duration_sec: DurationSec = 0
    server: bool = False
    bind_interface: Annotated[str, Meta(max_length=15)] = ""
    targets: Annotated[list[Target], Meta(max_length=200)] = []
    agent_targets: Annotated[list[Key], Meta(max_length=200)] = []
    bidirectional: bool = False
    labels: Json = {}
    metadata: Json = {}

    def __post_init__(self) -> None:
        if not self.timeout_sec:
            msgspec.structs.force_setattr(self, "timeout_sec", usual_timeout(self.interval_sec))


class AgentItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    name: Name
    description: Text = ""
    location: Annotated[str, Meta(max_length=200)] = ""
    public_ip_override: IpOverride = ""
    trafficsim_enabled: bool = False
    trafficsim_host: TrafficsimHost = ""
    trafficsim_port: TrafficsimPort = 5_000
    labels: Json = {}
    tags: Annotated[dict[TagName, TagValue], Meta(max_length=MOST_TAGS)] = {}
    """Those that are set at the controller."""
    metadata: Json = {}
    probes: list[ProbeItem] = []


class GroupItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    name: GroupName
    description: Text = ""
    addresses: Members = []
    agents: list[Key] = []
    """Empty: all of the workspace."""


class RegistryItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`password` is never exported and never compared."""

    name: RegistryName
    url: RegistryUrl
    username: Username = ""
    password: RegistryPassword = ""


class MicroserviceItem(
    Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A manifest, and for which agents it is. What its fields may be is checked as a whole by
    the controller.
    """

    name: MicroserviceName
    image: str = ""
    registry: str = ""
    """A registry's name."""
    cmd: list[str] = []
    env: dict[str, str] = {}
    ports: list[PortMapping] = []
    volumes: list[VolumeMapping] = []
    extra_hosts: list[str] = []
    network: str = ""
    user: str = ""
    limits: WorkloadLimits = WorkloadLimits()
    health: HealthCheck = HealthCheck()
    cap_add: list[str] = []
    cap_drop: list[str] = []
    privileged: bool = False
    read_only: bool = False
    stop_sec: float = 10
    log: LogBounds = LogBounds()
    config: Config = None
    update: UpdateRules = UpdateRules()
    routes: list[str] = []
    agents: list[Key] = []
    labels: Selector = {}
    """In place of agents: those that have all of these labels."""
    rollout: RolloutRule | None = None


class JobAgentItem(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    agent: Key
    permission: Permission = "rw"
    path: JobPath = ""


class JobNoticesItem(
    Wire, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """`webhook_secret` is never exported and never compared."""

    on: RunEnds = msgspec.field(default_factory=lambda: ["error"])
    email: bool = False
    webhook_url: WebhookUrl = ""
    webhook_secret: Secret = ""
    apprise_urls: AppriseUrls = []
    channels: Annotated[list[Key], Meta(max_length=20)] = []


class JobItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A job, and which agents have it. What its fields may be together is checked by the
    controller.
    """

    name: JobName
    type: JobType
    script: JobScript | None = None
    triggers: JobTriggers = JobTriggers()
    schedule: JobSchedule | None = None
    priority: int = 5
    transfer: TransferSettings = TransferSettings()
    agents: list[JobAgentItem] = []
    groups: list[JobGroup] = []
    when_offline: WhenOffline = "queue"
    ttl_sec: int = TTL_SEC
    notices: JobNoticesItem | None = None


class WorkspaceItem(
    Wire, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What the settings of the workspace say; what else is in them stays as it is."""

    timezone: ChannelZone = ""

    @property
    def id(self) -> str:
        return "settings"


AnyItem = Item | ParentItem | WorkspaceItem


class Document(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    forepost: Literal[1]
    """The version of this format."""
    workspace: WorkspaceItem | None = None
    """None: nothing is said of it."""
    agents: list[AgentItem] = []
    groups: list[GroupItem] = []
    registries: list[RegistryItem] = []
    microservices: list[MicroserviceItem] = []
    jobs: list[JobItem] = []
    templates: list[TemplateItem] = []
    channels: list[ChannelItem] = []
    windows: list[WindowItem] = []
    rules: list[RuleItem] = []
    routes: list[RouteItem] = []
    parents: list[ParentItem] = []
