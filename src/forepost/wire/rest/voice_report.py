"""How calls would have been, in NetWatcher's words: of a workspace, an agent or a probe."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from forepost.wire.base import Wire
from forepost.wire.rest.analysis import Grade
from forepost.wire.rest.voice import VoiceThresholds

Congestion = Literal["none", "mild", "moderate", "severe"]


class VoiceEnd(Wire, frozen=True, kw_only=True):
    """An agent, or what is measured towards."""

    id: int
    name: str


class VoiceTarget(Wire, frozen=True, kw_only=True):
    name: str
    host: str
    agent_id: int
    """0: none."""
    agent_name: str


class VoiceMeta(Wire, frozen=True, kw_only=True):
    report_id: str
    generated_at: datetime
    view_mode: Literal["probe", "agent", "workspace"]
    agent: VoiceEnd | UnsetType = UNSET
    workspace: VoiceEnd
    window: str


class VoiceSummary(Wire, frozen=True, kw_only=True):
    """Over all rounds; 0 and "unknown" where there are none."""

    mos: float
    r_factor: float
    grade: Grade
    verdict_title: str
    verdict_text: str


class VoiceSpread(Wire, frozen=True, kw_only=True):
    min: float
    avg: float
    max: float
    stddev: float
    unit: str = "ms"


class VoicePackets(Wire, frozen=True, kw_only=True):
    """What roll-ups do not know is 0: the panel that reads this shows a number in any case."""

    sent: int
    received: int
    lost: int
    loss_pct: float
    duplicates: int = 0
    dup_pct: float = 0.0
    out_of_order: int = 0
    ooo_pct: float = 0.0
    discarded_jitter_buffer: int = 0
    discard_pct: float = 0.0


class VoiceFigures(Wire, frozen=True, kw_only=True):
    latency: VoiceSpread
    jitter: VoiceSpread
    packets: VoicePackets


class VoicePath(Wire, frozen=True, kw_only=True):
    """One direction of a pair."""

    direction: Literal["forward", "return"]
    source_agent_id: int
    source_agent_name: str
    target_agent_id: int
    target_agent_name: str
    probe_id: int
    probe_type: str
    mos_score: float
    avg_latency_ms: float
    p95_latency_ms: float
    median_latency_ms: float
    jitter_avg_ms: float
    packet_loss_pct: float
    out_of_sequence_pct: float = 0.0
    duplicate_pct: float = 0.0
    sample_count: int
    congestion_level: Congestion


class VoiceIssue(Wire, frozen=True, kw_only=True):
    """A figure that is past its threshold."""

    id: str
    severity: Literal["warning", "critical"]
    title: str
    category: Literal["jitter_spike", "packet_loss", "latency_degradation"]
    affected_path: Literal["forward", "return"]
    target_agent_name: str
    suspected_cause: str
    evidence: list[str]
    time_pattern: str
    mos_degradation: float
    mos_before: float
    mos_after: float
    recommendations: list[str]


class VoiceTick(Wire, frozen=True, kw_only=True, rename={"return_": "return"}):
    """One hour; 0 in the direction that it is not of."""

    timestamp: datetime
    forward: float
    return_: float
    latency_ms: float
    jitter_ms: float
    loss_pct: float


class VoiceTrends(Wire, frozen=True, kw_only=True, rename={"return_": "return"}):
    bucket_minutes: int
    forward: list[VoiceTick]
    return_: list[VoiceTick]


class VoicePair(Wire, frozen=True, kw_only=True):
    """One probe: the way there, and where the other end measures, too, the way back."""

    id: str
    agent: VoiceEnd
    target: VoiceTarget
    forward: VoicePath | UnsetType = UNSET
    reverse: VoicePath | UnsetType = UNSET
    issues: list[VoiceIssue]
    trends: VoiceTrends
    thresholds: VoiceThresholds
    overall_mos: float
    overall_grade: Grade


class VoiceCourse(Wire, frozen=True, kw_only=True):
    """By hour, over all links."""

    rtt: list[float]
    jitter: list[float]
    loss_per_interval: list[float]
    forward_mos: list[VoiceTick]
    reverse_mos: list[VoiceTick]


class VoiceHeat(Wire, frozen=True, kw_only=True):
    """One agent; left out in the direction that nothing is known of."""

    agent_id: int
    agent_name: str
    forward_mos: float | UnsetType = UNSET
    forward_grade: Grade | UnsetType = UNSET
    reverse_mos: float | UnsetType = UNSET
    reverse_grade: Grade | UnsetType = UNSET


class VoiceReport(Wire, frozen=True, kw_only=True):
    meta: VoiceMeta
    summary: VoiceSummary
    thresholds: VoiceThresholds
    metrics: VoiceFigures
    pairs: list[VoicePair]
    timeseries: VoiceCourse
    heatmap: list[VoiceHeat]
    issues: list[VoiceIssue]
    top_issues: list[VoiceIssue]
    """The first few of them."""
