"""SPEEDTEST: how fast a line is both ways, and how late it gets meanwhile."""

from datetime import datetime

from forepost.wire.base import Wire


class SpeedLatency(Wire, frozen=True, kw_only=True):
    """Round trips over TCP to the program on the other side and back, ns. Ours."""

    count: int
    min: int
    median: int
    mean: int
    p95: int
    max: int
    jitter: int
    """Mean difference of one to the next."""


class SpeedLeg(Wire, frozen=True, kw_only=True):
    """One way; bytes are those of the application, as they arrived. Ours."""

    bytes_per_sec: float
    """Without the warm-up, and without the tenth of the time that was fastest and slowest."""
    mean_bytes_per_sec: float
    """Without the warm-up."""
    median_bytes_per_sec: float
    bytes: int
    duration: int
    """ns, warm-up included."""
    warm_up: int
    """ns."""
    streams: int
    slices: list[float]
    """Bytes per second of each slice of 0.1 s or more."""
    latency: SpeedLatency | None = None
    """Meanwhile."""
    added_latency: int | None = None
    """ns that the median round trip took longer than when the line was idle: bufferbloat."""
    retransmits: int | None = None
    """TCP segments that were sent again; null where the other side sends."""
    error: str = ""
    """Why some of it ended early."""


class SpeedDuration(Wire, frozen=True, kw_only=True):
    """ns."""

    ping: int = 0
    download: int = 0
    upload: int = 0
    total: int = 0


class SpeedLoss(Wire, frozen=True, kw_only=True):
    """Packets of NetWatcher's own test, which TCP does not have: all 0."""

    sent: int = 0
    dup: int = 0
    max: int = 0


class SpeedFigures(Wire, frozen=True, kw_only=True):
    """One test. NetWatcher's names; the latencies are those of the idle line."""

    url: str
    lat: str = ""
    lon: str = ""
    name: str = ""
    country: str = ""
    sponsor: str = ""
    id: str = ""
    host: str = ""
    distance: float = 0.0
    latency: int = 0
    """ns, median."""
    max_latency: int = 0
    min_latency: int = 0
    jitter: int = 0
    """ns, mean difference of one round trip to the next."""
    dl_speed: float = 0.0
    """Bytes per second; 0 where it was not measured."""
    ul_speed: float = 0.0
    test_duration: SpeedDuration
    packet_loss: SpeedLoss = SpeedLoss()
    idle: SpeedLatency | None = None
    """Ours, as what follows."""
    download: SpeedLeg | None = None
    upload: SpeedLeg | None = None
    waited: int = 0
    """ns that the test waited for the line to be idle."""
    line_idle: bool | None = None
    """Whether it was idle then; null where nobody asked."""


class SpeedtestPayload(Wire, frozen=True, kw_only=True):
    test_data: list[SpeedFigures]
    timestamp: datetime
    error: str = ""
    """Why nothing, or not all of it, could be measured. Ours."""
