"""How a workspace was over time, in NetWatcher's words."""

from datetime import datetime
from typing import Literal

from forepost.wire.base import Wire
from forepost.wire.rest.analysis import Grade


class AnalysisSnapshot(Wire, frozen=True, kw_only=True):
    """One span of time that begins at `generated_at`: the mean of the scores of its agents."""

    workspace_id: int
    generated_at: datetime
    overall_health: float
    grade: Grade
    latency_score: float
    packet_loss_score: float
    route_stability: float
    """100: what ways there were then is not looked up."""
    mos_score: float
    status: Literal["healthy", "degraded", "outage", "unknown"]
    status_message: str
    incident_count: int
    """Open at some time of the span."""
    total_agents: int
    online_agents: int
    """Those that results were received of."""
    total_probes: int


class AnalysisHistory(Wire, frozen=True, kw_only=True):
    workspace_id: int
    snapshots: list[AnalysisSnapshot]
    """Newest first; where nothing was measured there is none."""
    count: int
    bucket_sec: int
