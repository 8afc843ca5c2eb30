"""PING: a round of echo requests."""

from datetime import datetime
from typing import Final

from msgspec import UNSET, UnsetType

from forepost.wire.base import Wire
from forepost.wire.probes.cost import MEASUREMENT_PCT, Cost
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions


class PingOptions(HostOptions, frozen=True, kw_only=True): ...


class PingResult(Wire, frozen=True, kw_only=True):
    """One round of echo requests. RTTs in ns; all are 0 when nothing came back."""

    start_timestamp: datetime
    stop_timestamp: datetime
    packets_recv: int
    packets_sent: int
    packets_recv_duplicates: int = 0
    packet_loss: float
    """Percent, 0 to 100."""
    addr: str
    min_rtt: int = 0
    max_rtt: int = 0
    avg_rtt: int = 0
    std_dev_rtt: int = 0
    rtts_ns: list[int | None] = []
    """Every RTT of the round in the order of sending; null for one that was lost. Ours."""
    other_addrs: list[str] | UnsetType = UNSET
    """Addresses other than `addr` that answered, eight at most: a host with several, anycast.
    Their answers count. Left out where there is none. Ours."""
    error: str = ""
    """Why nothing could be measured (an unknown name, no permission), or why requests were lost
    where a router or the host said so. Ours."""


def _cost(options: PingOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    count = options.count or min(60, max(1, int(options.interval_sec)))
    lasts_sec = count * min(1.0, options.interval_sec / count) + options.timeout_sec
    return Cost(
        targets=1,
        measurements=per_sec,
        packets=count * per_sec,
        work_pct=MEASUREMENT_PCT * per_sec + 0.002_5 * count * per_sec,
        memory_mib=(6 + 5 * lasts_sec * per_sec + 0.05 * count) / 1_024,
    )


KIND: Final = Kind(
    name="PING",
    options=PingOptions,
    result=PingResult,
    cost=_cost,
    most_open=20_000,
    target="host",
    is_spaced=True,
)
