"""What reports are made of, and what they need of other slices; `joins/reports.py` gives it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, tzinfo

import msgspec

from forepost.controller.series.port import Series
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Agent
from forepost.wire.rest.incidents import Incident
from forepost.wire.rest.sla import SlaReport
from forepost.wire.rest.voice import VoiceThresholds


class VoiceProbe(msgspec.Struct, frozen=True):
    """One that says how a call would have been."""

    id: int
    agent_id: int


class VoiceHour(msgspec.Struct, frozen=True):
    at: datetime
    mos: float
    rtt_ms: float
    jitter_ms: float
    loss_pct: float
    rounds: int


class VoiceLink(msgspec.Struct, frozen=True, kw_only=True):
    """One direction, as one probe measured it."""

    probe_id: int
    owner_id: int
    """The agent whose probe it is; another one measures the way back."""
    source_id: int
    source: str
    target_id: int
    """0: no agent."""
    target: str
    mos: float
    mos_min: float
    rtt_ms: float
    rtt_min_ms: float
    rtt_max_ms: float
    rtt_p50_ms: float
    rtt_p95_ms: float
    rtt_stddev_ms: float
    jitter_ms: float
    jitter_max_ms: float
    loss_pct: float
    sent: int
    received: int
    rounds: int
    hours: list[VoiceHour]


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Of the agents that the report is about."""

    workspace: str
    since: datetime
    until: datetime
    now: datetime
    zone: tzinfo
    zone_name: str
    names: Mapping[int, str]
    """Of all agents of the workspace."""
    agents: Sequence[int]
    sla: SlaReport
    incidents: Sequence[Incident]
    links: Sequence[VoiceLink]
    thresholds: VoiceThresholds


class ReportNeeds(msgspec.Struct, frozen=True, kw_only=True):
    series: Series
    clock: Clock
    workspace_name: Callable[[int], Awaitable[str]]
    """Raises NotFound."""
    agents: Callable[[int], Awaitable[list[Agent]]]
    """Of a workspace."""
    sla: Callable[[int, int, int, Sequence[int]], Awaitable[SlaReport]]
    """(workspace, from, to, agents), microseconds; no agents: all."""
    incidents: Callable[[int, datetime, datetime], Awaitable[list[Incident]]]
    voice_probes: Callable[[int], Awaitable[list[VoiceProbe]]]
    thresholds: Callable[[int], Awaitable[VoiceThresholds]]
    workspace_of_agent: Callable[[int], Awaitable[int]]
    """Raises NotFound."""
    workspace_of_probe: Callable[[int], Awaitable[tuple[int, int]]]
    """And its agent. Raises NotFound."""
