"""Results of one agent by what they are towards, and series of voice quality, as REST has them."""

from datetime import datetime

import msgspec

from forepost.wire.base import Wire


class TargetEntry(Wire, frozen=True, kw_only=True):
    created_at: datetime
    probe_id: int
    type: str
    payload: msgspec.Raw
    target: str


class TargetGroup(Wire, frozen=True, kw_only=True):
    """Towards one target, newest first."""

    target: str
    count: int
    entries: list[TargetEntry]


class TargetGroups(Wire, frozen=True, kw_only=True):
    agent_id: int
    total: int
    """Results in all groups."""
    groups: list[TargetGroup]
    lookback: int
    """Minutes."""


class MosPoint(Wire, frozen=True, kw_only=True):
    """One bucket. RTT and jitter in ms, loss in percent."""

    timestamp: int
    """Of its beginning, Unix milliseconds."""
    mos: float
    latency: float
    jitter: float
    loss: float


class MosSeries(Wire, frozen=True, kw_only=True):
    probe_id: int
    workspace: int
    from_: datetime = msgspec.field(name="from")
    to: datetime
    points: list[MosPoint]
    """Buckets in which TRAFFICSIM said a MOS."""


class BaselineFigures(Wire, frozen=True, kw_only=True):
    """What was usual of a probe. Latency in ms over packets, loss in percent over results; all 0
    where `count` is.
    """

    probe_id: int
    metric: str
    window_days: int
    mean: float
    std_dev: float
    p50: float
    p90: float
    p95: float
    p99: float
    min: float
    max: float
    count: int
    """Results that it is made of: the newest, where there are more."""
    computed_at: datetime
