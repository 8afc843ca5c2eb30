"""How the agents of a workspace reach each other and the world: map, matrix, health.

Latencies and jitter in ms, losses in percent; null where nothing is known. One set of thresholds
decides every `status` here. There are many of these and none refers to itself: `gc=False`.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta

from forepost.wire.base import Wire

LOOKBACK_MIN: Final = 15
"""How far back the controller knows in RAM how things are; answers look no farther unless they are
asked to."""
MOST_LOOKBACK_MIN: Final = 10 * 366 * 24 * 60
"""Longer than results are kept."""
Lookback = Annotated[int, Meta(ge=1, le=MOST_LOOKBACK_MIN)]

Standing = Literal["online", "offline", "unknown"]
"""Of an agent; unknown: never heard of."""
Status = Literal["healthy", "degraded", "critical", "unknown"]
NodeType = Literal["agent", "hop", "destination"]
TargetType = Literal["agent", "destination"]


class MapNode(Wire, frozen=True, kw_only=True, gc=False):
    """An agent, a router on the way, or a place that is measured towards."""

    id: str
    type: NodeType
    label: str
    agent_id: int = 0
    ip: str = ""
    hostname: str = ""
    hop_number: int = 0
    """The least number of hops after which it is met; 0 for agents and destinations."""
    avg_latency: float | None = None
    packet_loss: float | None = None
    path_count: int = 0
    is_online: bool = False
    """Of an agent: heard from in the last 90 s. Of others: something got there."""
    layer: int
    """0: agents; 1 and more: hops; 100: destinations."""
    status: Status
    shared_agents: list[int] = []
    """Agents whose paths meet here."""
    path_ids: list[str] = []


class MapEdge(Wire, frozen=True, kw_only=True, gc=False):
    """One direction; the way back is an edge of its own. Figures: of reaching `target`."""

    id: str
    source: str
    target: str
    avg_latency: float | None = None
    packet_loss: float | None = None
    path_count: int = 0
    path_ids: list[str] = []


class Endpoint(Wire, frozen=True, kw_only=True, gc=False):
    """One agent's probe towards one destination."""

    agent_id: int
    agent_name: str
    target_agent_id: int = 0
    target_agent_name: str = ""
    ip: str = ""
    target: str
    resolved_ip: str = ""
    probe_types: list[str]
    has_mtr: bool
    has_ping: bool
    has_trafficsim: bool
    avg_latency: float | None
    packet_loss: float | None
    is_bidirectional: bool
    hop_count: int
    """0: no path is known."""
    probe_id: int


class MapDestination(Wire, frozen=True, kw_only=True, gc=False):
    target: str
    hostname: str = ""
    hop_count: int = 0
    avg_latency: float | None
    packet_loss: float | None
    status: Status
    agent_count: int
    probe_types: list[str]
    endpoints: list[str]
    """Names of the agents that measure towards it."""
    endpoint_ips: list[str]
    last_updated: datetime
    has_bidirectional: bool
    expanded_endpoints: list[Endpoint]


class NetworkMap(Wire, frozen=True, kw_only=True, gc=False):
    nodes: list[MapNode]
    edges: list[MapEdge]
    destinations: list[MapDestination]
    generated_at: datetime
    workspace_id: int


class SourceAgent(Wire, frozen=True, kw_only=True, gc=False):
    id: int
    name: str
    is_online: bool


class TargetLabel(Wire, frozen=True, kw_only=True, gc=False):
    id: str
    """`agent:10`, or the target as the probe names it."""
    name: str
    type: TargetType


class ProbeStatus(Wire, frozen=True, kw_only=True, gc=False):
    """What one type of probe says about one pair."""

    type: str
    status: Status
    avg_latency: float | None = None
    packet_loss: float | None = None
    jitter: float | None = None
    last_updated: datetime | None = None


class MatrixEntry(Wire, frozen=True, kw_only=True, gc=False):
    source_agent_id: int
    source_agent_name: str
    target_id: str
    target_name: str
    target_type: TargetType
    probe_status: list[ProbeStatus]


class Matrix(Wire, frozen=True, kw_only=True, gc=False):
    source_agents: list[SourceAgent]
    target_labels: list[TargetLabel]
    entries: list[MatrixEntry]
    generated_at: datetime
    workspace_id: int


class ProbeHealth(Wire, frozen=True, kw_only=True, gc=False):
    """A probe over all its targets: mean figures, the worst status."""

    probe_id: int
    type: str
    status: Status
    reason: str = ""
    """Why it is not healthy."""
    since: datetime | None = None
    """When it became so; null: not known."""
    avg_latency: float | None = None
    packet_loss: float | None = None
    jitter: float | None = None
    last_updated: datetime | None = None


class HealthVerdict(Wire, frozen=True, kw_only=True, gc=False):
    """How a site or a workspace is, now, in one word and in one sentence."""

    status: Status
    reason: str
    since: datetime | None
    """When it became so; null: not known."""


class AgentHealth(Wire, frozen=True, kw_only=True, gc=False):
    id: int
    name: str
    status: Standing
    last_seen_at: datetime | None
    verdict: HealthVerdict
    """Of the site: its own probes, and those of others towards it."""
    probes: list[ProbeHealth]


class HealthCounts(Wire, frozen=True, kw_only=True, gc=False):
    agents: dict[Standing, int]
    probes: dict[Status, int]
    not_tracked: int
    """Lines of results that found no room in RAM since the start; theirs is unknown."""


class WorkspaceHealth(Wire, frozen=True, kw_only=True, gc=False):
    verdict: HealthVerdict
    """Worst first: "lisbon: not heard of. Everything else is fine." """
    agents: list[AgentHealth]
    counts: HealthCounts
    lookback: int
    generated_at: datetime
    workspace_id: int
