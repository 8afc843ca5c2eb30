"""Which ways the agents of a workspace go, in NetWatcher's words: made of the runs of MTR."""

from datetime import datetime
from typing import Literal

from forepost.wire.base import Wire


class RouteHop(Wire, frozen=True, kw_only=True):
    """One that answers. Latency in ms and loss in percent are means over the runs that went so."""

    ip: str
    hostname: str
    is_agent: bool
    agent_id: int
    """0: none."""
    agent_name: str
    is_final_hop: bool
    latency: float
    loss: float
    is_rate_limited: bool
    """It answers less than those behind it: it lets packets through."""


class InnerHop(Wire, frozen=True, kw_only=True):
    """One before the last; `hop_index` counts from 0, silent ones included."""

    ip: str
    loss: float
    latency: float
    hop_index: int


class ProbeRoute(Wire, frozen=True, kw_only=True):
    """The way of one probe to one target, as one agent saw it."""

    probe_id: int
    agent_id: int
    target: str
    target_agent_id: int
    """0: none."""
    target_agent_name: str
    baseline_fingerprint: str
    """Of the way that most runs of the first half of the lookback went."""
    baseline_hop_count: int
    baseline_route_path: str
    latest_signature: str
    latest_hops: list[str]
    latest_hops_detail: list[RouteHop]
    has_route_change: bool
    """The newest run went another way than that of the baseline."""
    route_changed_at: datetime | None
    """The first of the newest runs that all went another way."""
    trace_count: int
    route_stability_pct: float
    avg_end_hop_latency: float
    avg_end_hop_loss: float
    intermediate_hops: list[InnerHop]


class AgentRoutes(Wire, frozen=True, kw_only=True):
    agent_id: int
    agent_name: str
    public_ip: str
    isp: str
    has_ip_change: bool
    """In the lookback."""
    has_isp_change: bool
    routes: list[ProbeRoute]


class SharedHop(Wire, frozen=True, kw_only=True):
    """A router that two agents or more go through."""

    hop_ip: str
    hop_hostname: str
    agent_ids: list[int]
    agent_names: list[str]
    hop_count: int
    """How many routes go through it."""
    has_issues: bool
    avg_loss: float
    avg_latency: float


class SharedTarget(Wire, frozen=True, kw_only=True):
    """What two agents or more go to."""

    target: str
    target_ip: str
    agent_ids: list[int]
    agent_names: list[str]
    agent_count: int
    probe_count: int
    avg_end_latency_ms: float
    avg_end_loss_pct: float
    has_issues: bool


class SharedNetwork(Wire, frozen=True, kw_only=True):
    """An autonomous system that two agents or more go through."""

    asn: int
    asn_org: str
    hop_ips: list[str]
    agent_ids: list[int]
    agent_names: list[str]
    agent_count: int
    has_issues: bool
    avg_latency_ms: float
    avg_loss_pct: float


class RouteIncident(Wire, frozen=True, kw_only=True):
    """A way, an address or a provider that is otherwise than it was."""

    id: str
    type: Literal["ip_change", "isp_change", "route_change"]
    severity: Literal["info", "warning"]
    agent_id: int
    agent_name: str
    probe_id: int
    """0: it is of the agent itself."""
    target: str
    message: str
    evidence: list[str]
    detected_at: datetime
    baseline_fingerprint: str = ""
    current_fingerprint: str = ""
    baseline_path: str = ""
    current_path: str = ""
    baseline_hop_count: int = 0
    current_hop_count: int = 0
    added_hops: list[str] = []
    removed_hops: list[str] = []
    jaccard: float = 0.0
    """How much of both ways is the same, from 0 to 1."""
    stability_pct: float = 0.0
    trace_count: int = 0


class WorkspaceRoutes(Wire, frozen=True, kw_only=True):
    workspace_id: int
    agents: list[AgentRoutes]
    shared_hops: list[SharedHop]
    shared_destinations: list[SharedTarget]
    """By what the names of the targets stand for."""
    shared_asns: list[SharedNetwork]
    """Where a database of addresses is configured."""
    common_targets: list[SharedTarget]
    """By the targets as they were given."""
    incidents: list[RouteIncident]
    """Newest first."""
    total_agents: int
    total_routes: int
    generated_at: datetime
