"""Bodies of the controller's REST API: accounts, workspaces, agents, results."""

from datetime import datetime
from typing import Annotated, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import ExternalId, Json, Name, Text, Wire
from forepost.wire.jobs.agent_api import Tag
from forepost.wire.local.status import AgentSpool
from forepost.wire.uplink.clock import AgentClock

Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^\s*[^@\s]+@[^@\s]+\s*$")]
SHORTEST_PASSWORD: Final = 8
Password = Annotated[str, Meta(min_length=SHORTEST_PASSWORD, max_length=1_000)]
Role = Literal["VIEWER", "USER", "ADMIN", "OWNER"]
GivenRole = Literal["VIEWER", "USER", "ADMIN"]
"""Roles that can be handed out; ownership is transferred, never granted."""
SiteRole = Literal["USER", "SITE_ADMIN"]


T = TypeVar("T")


class ListOf(Wire, Generic[T], frozen=True, kw_only=True):
    """A list that is always whole."""

    data: list[T]


class Page(Wire, Generic[T], frozen=True, kw_only=True):
    """A part of a list. `total`: how many there are in all."""

    data: list[T]
    total: int
    limit: int
    offset: int


class Problem(Wire, frozen=True, kw_only=True):
    """Every answer that is not 2xx."""

    error: str
    required_role: str | UnsetType = UNSET
    second_factor_needed: bool | UnsetType = UNSET
    """The password was right; the log-in needs `code`, too."""


class Done(Wire, frozen=True, kw_only=True):
    ok: bool = True


class Register(Wire, frozen=True, kw_only=True):
    """Body of `POST /auth/register`. A role in the body is accepted only as "USER"."""

    email: Email
    password: Password
    name: Annotated[str, Meta(max_length=200)] = ""
    role: Literal["USER", ""] = "USER"
    labels: Json = {}
    metadata: Json = {}


class Login(Wire, frozen=True, kw_only=True):
    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=1_000)]
    code: Annotated[str, Meta(max_length=64)] = ""
    """Of the second factor, where the account has one: six digits, or a recovery code."""
    cookie: bool = False
    """Keep the session in a cookie: for the panel's own page."""


class User(Wire, frozen=True, kw_only=True):
    """Times in both spellings: the document's, and the one NetWatcher's own panel reads."""

    id: int
    email: str
    name: str
    role: SiteRole
    verified: bool = False
    labels: Json = {}
    metadata: Json = {}
    last_login_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    created_at_camel: datetime = msgspec.field(name="createdAt")
    updated_at_camel: datetime = msgspec.field(name="updatedAt")


class Session(Wire, frozen=True, kw_only=True):
    """Answer to a registration or a login. `token` is a JWT; empty where a cookie has it."""

    token: str
    data: User


class NewWorkspace(Wire, frozen=True, kw_only=True):
    name: Name
    description: Text = ""
    settings: Json = {}


class WorkspacePatch(Wire, frozen=True, kw_only=True):
    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    settings: Json | UnsetType = UNSET


class Workspace(Wire, frozen=True, kw_only=True):
    """Owner and times in both spellings, as for User."""

    id: int
    name: str
    description: str = ""
    settings: Json = {}
    owner_id: int
    created_at: datetime
    updated_at: datetime
    owner_id_camel: int = msgspec.field(name="ownerId")
    created_at_camel: datetime = msgspec.field(name="createdAt")
    updated_at_camel: datetime = msgspec.field(name="updatedAt")
    my_role: Role | UnsetType = UNSET
    agent_count: int | UnsetType = UNSET
    online_agents: int | UnsetType = UNSET
    """In a list, as the two below: those that were heard of in the last two minutes."""
    member_count: int | UnsetType = UNSET
    alert_count: int | UnsetType = UNSET
    """Alerts that are active."""


PinLength = Annotated[int, Meta(ge=6, le=32)]
TtlSec = Annotated[int, Meta(ge=0, le=365 * 86_400)]
"""0: a day."""
IpOverride = Annotated[str, Meta(max_length=64)]
TrafficsimHost = Annotated[str, Meta(max_length=64)]
"""The local address that the TRAFFICSIM server of an agent is bound to; empty: all of them."""
TrafficsimPort = Annotated[int, Meta(ge=1, le=65_535)]


class NewAgent(Wire, frozen=True, kw_only=True):
    name: Name
    description: Text = ""
    location: Annotated[str, Meta(max_length=200)] = ""
    public_ip_override: IpOverride = ""
    version: Annotated[str, Meta(max_length=64)] = ""
    pin_length: PinLength = msgspec.field(name="pinLength", default=9)
    pin_ttl_sec: TtlSec = msgspec.field(name="pinTTLSeconds", default=0)
    trafficsim_enabled: bool = False
    trafficsim_host: TrafficsimHost = ""
    trafficsim_port: TrafficsimPort = 5_000
    external_id: ExternalId = ""
    labels: Json = {}
    metadata: Json = {}


class AgentPatch(Wire, frozen=True, kw_only=True):
    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    location: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    public_ip_override: IpOverride | UnsetType = UNSET
    trafficsim_enabled: bool | UnsetType = UNSET
    trafficsim_host: TrafficsimHost | UnsetType = UNSET
    trafficsim_port: TrafficsimPort | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET
    labels: Json | UnsetType = UNSET
    metadata: Json | UnsetType = UNSET


class IdentityConflict(Wire, frozen=True, kw_only=True):
    """Two hosts speak with the key of one agent, as a copied machine does."""

    since: datetime
    addresses: list[str]
    """Where both came from when it was noticed; one address twice where they share it."""


class Agent(Wire, frozen=True, kw_only=True):
    """The agent object. `last_seen_at` is 0001-01-01T00:00:00Z for one never seen."""

    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    name: str
    description: str = ""
    location: str = ""
    public_ip_override: str = ""
    version: str = ""
    last_seen_at: datetime
    initialized: bool = False
    labels: Json = {}
    metadata: Json = {}
    trafficsim_enabled: bool = False
    trafficsim_host: str = ""
    trafficsim_port: int = 5_000
    is_global: bool = False
    bidirectional_default: bool = False
    external_id: str = ""
    clock: AgentClock | None = None
    """How its clock stands to the controller's; null where it has not said."""
    identity_conflict: IdentityConflict | None = None
    """Not null while two hosts have its key."""
    spool: AgentSpool | None = None
    """What waits there to be sent; null where it has not said, or is not connected."""
    bytes_today: int = 0
    """What it has sent since 00:00 UTC, or since the controller started."""
    deviceid: str = ""
    """By which other agents know it in jobs; empty where it has not said, or has no jobs."""
    tags: list[Tag] = []
    """Set on the agent itself."""


class AgentWithPin(Wire, frozen=True, kw_only=True):
    agent: Agent
    pin: str


class PendingPin(Wire, frozen=True, kw_only=True):
    """A PIN that was made some minutes ago and not used yet; "" where there is none to be shown."""

    pin: str
    initialized: bool
    """Whether the agent has its key already."""


class PinRequest(Wire, frozen=True, kw_only=True):
    pin_length: PinLength = msgspec.field(name="pinLength", default=9)
    ttl_sec: TtlSec = msgspec.field(name="ttlSeconds", default=0)


class Pin(Wire, frozen=True, kw_only=True):
    pin: str


class Heartbeat(Wire, frozen=True, kw_only=True):
    ok: bool = True
    ts: datetime


class AgentLogin(Wire, frozen=True, kw_only=True):
    """Body of `POST /agent`: a PIN once, the PSK afterwards."""

    workspace_id: int = 0
    agent_id: int = 0
    pin: Annotated[str, Meta(max_length=64)] = ""
    psk: Annotated[str, Meta(max_length=256)] = ""
    nonce: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$(?!\n)")] = ""
    """Of whoever tries the PIN. As long as the PIN would be good, the same PIN with the same nonce
    is answered again; no other one is. Empty: it is answered once."""


class AgentSession(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """Answer to `POST /agent`, refusals included (`status` "" and an `error`)."""

    status: Literal["success", "ok", "deleted", ""] | UnsetType = UNSET
    psk: str = ""
    agent: Agent | UnsetType = UNSET
    error: str = ""


class ServerTime(Wire, frozen=True, kw_only=True):
    server_time: datetime
    server_unix_ms: int


class ResultRow(Wire, frozen=True, kw_only=True):
    """One stored result. The payload is what the agent sent, byte for byte; where our agent's clock
    was wrong it begins with `agent_clock`, what the agent knew of it.
    """

    probe_id: int
    probe_agent_id: int
    agent_id: int
    triggered: bool
    triggered_reason: str
    created_at: datetime
    received_at: datetime
    type: str
    payload: msgspec.Raw
    target: str
    target_agent: int


class ExportPage(Wire, frozen=True, kw_only=True):
    data: list[ResultRow]
    """By the time of receipt."""
    next: str
    """Opaque; always there: it goes on with what comes."""
    more: bool
    """Whether to ask on at once."""


class ExportEnd(Wire, frozen=True, kw_only=True):
    """The last line of an export as NDJSON."""

    next: str
    more: bool


class Point(Wire, frozen=True, kw_only=True):
    """One bucket of a chart. RTTs in ms, over single packets, within 2 %; null where every packet
    was lost. No bucket: no data.
    """

    time: int
    """Start of the bucket, Unix seconds."""
    count: int
    """Results in the bucket."""
    sent: int | None = None
    """Packets; null where a result of the bucket does not say how many it had."""
    received: int | None = None
    rtt_min_ms: float | None
    rtt_mean_ms: float | None = None
    rtt_stddev_ms: float | None = None
    """Of the whole population, within 2 % of the mean."""
    rtt_p50_ms: float | None
    rtt_p95_ms: float | None
    rtt_max_ms: float | None
    loss_pct: float | None
    """Packets that were lost, of all that were sent."""
    jitter_ms: float | None = None
    """Mean of the rounds' jitter, each weighed by its packets; null where none is known."""
    jitter_max_ms: float | None = None
    mos: float | None = None
    """Mean opinion score, from 1 to 5, each round weighed by its packets (TRAFFICSIM)."""
    mos_min: float | None = None
    """The worst round's."""


class Line(Wire, frozen=True, kw_only=True):
    """One curve: one target as seen by one agent."""

    agent_id: int
    type: str
    target: str
    target_agent: int
    history_since: datetime | None = None
    """Of the oldest result that is kept of it, whatever `from` is."""
    points: list[Point]


class Chart(Wire, frozen=True, kw_only=True):
    bucket_sec: int
    history_since: datetime | None = None
    """Of the oldest result that is kept of all lines; null where there is none."""
    by_packets_since: datetime | None = None
    """What was received before counts by rounds: the mean of their losses, their medians. Null:
    everything counts by packets."""
    lines: list[Line]


class Health(Wire, frozen=True, kw_only=True):
    ok: bool
    problems: dict[str, str] | UnsetType = UNSET
