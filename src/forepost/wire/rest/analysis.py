"""How a workspace is, in NetWatcher's words and scores: made of verdicts, figures and paths."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from forepost.wire.base import Wire

Grade = Literal["excellent", "good", "fair", "poor", "critical", "unknown"]
Severity = Literal["info", "warning", "critical"]


class HealthVector(Wire, frozen=True, kw_only=True):
    """Scores from 0 to 100, MOS from 1 to 4.5; all 0 where nothing is known."""

    latency_score: float
    packet_loss_score: float
    route_stability: float
    mos_score: float
    overall_health: float
    grade: Grade


class AnalysisMetrics(Wire, frozen=True, kw_only=True):
    """Latency and jitter in ms, loss in percent; 0 where nothing is known, as `sample_count`."""

    avg_latency: float
    median_latency: float
    p95_latency: float
    packet_loss: float
    jitter_avg: float
    jitter: float
    sample_count: int


class ProbeHealthEntry(Wire, frozen=True, kw_only=True):
    probe_id: int
    target: str
    probe_type: str
    health: HealthVector
    metrics: AnalysisMetrics


class AgentHealthSummary(Wire, frozen=True, kw_only=True):
    agent_id: int
    agent_name: str
    is_online: bool
    health: HealthVector
    probe_count: int
    worst_probes: list[ProbeHealthEntry]


class AnalysisIncident(Wire, frozen=True, kw_only=True):
    id: str
    title: str
    severity: Severity
    scope: Literal["infrastructure", "agent-specific", "target-specific"]
    suggested_cause: str
    affected_agents: list[str]
    affected_targets: list[str]
    evidence: list[str]
    recommendations: list[str]


class StatusSummary(Wire, frozen=True, kw_only=True):
    status: Literal["healthy", "degraded", "outage", "unknown"]
    message: str
    active_issues: int


class WorkspaceAnalysis(Wire, frozen=True, kw_only=True):
    workspace_id: int
    overall_health: HealthVector
    status: StatusSummary
    incidents: list[AnalysisIncident]
    """Those that are open."""
    agents: list[AgentHealthSummary]
    total_probes: int
    total_agents: int
    generated_at: datetime


class AnalysisSignal(Wire, frozen=True, kw_only=True):
    type: str
    severity: Severity
    title: str
    evidence: str
    confidence: float


class AnalysisFinding(Wire, frozen=True, kw_only=True):
    id: str
    title: str
    severity: Severity
    category: Literal["performance", "routing", "measurement_artifact"]
    summary: str
    evidence: list[str]
    recommended_steps: list[str]


class PathAnalysis(Wire, frozen=True, kw_only=True):
    hop_count: int
    unique_routes: int
    route_stability_pct: float
    """Of the runs, how many went the way that most went."""
    avg_end_hop_latency: float
    avg_end_hop_loss: float
    trace_count: int
    rate_limited_hops: list[int]
    """Hops that answer less than those behind them: they let packets through."""
    timeout_segments: list[str]
    """Hops in a row that never answer: `3-5`."""


class ProbeAnalysis(Wire, frozen=True, kw_only=True):
    probe_id: int
    probe_type: str
    target: str
    agent_id: int
    agent_name: str
    health: HealthVector
    metrics: AnalysisMetrics
    path_analysis: PathAnalysis | UnsetType = UNSET
    """Where an MTR ran in the lookback."""
    signals: list[AnalysisSignal]
    findings: list[AnalysisFinding]
    generated_at: datetime


class AgentAnalysis(Wire, frozen=True, kw_only=True):
    agent_id: int
    agent_name: str
    is_online: bool
    health: HealthVector
    probes: list[ProbeAnalysis]
    """Without their paths."""
    incidents: list[AnalysisIncident]
    generated_at: datetime


class MeshNode(Wire, frozen=True, kw_only=True):
    agent_id: int
    agent_name: str
    location: str
    is_online: bool
    health: HealthVector
    link_count: int


class MeshLink(Wire, frozen=True, kw_only=True):
    """One direction."""

    source_agent_id: int
    source_agent_name: str
    target_agent_id: int
    target_agent_name: str
    health: HealthVector
    metrics: AnalysisMetrics
    probe_types: list[str]


class Mesh(Wire, frozen=True, kw_only=True):
    workspace_id: int
    nodes: list[MeshNode]
    links: list[MeshLink]
    overall_health: HealthVector
    generated_at: datetime
