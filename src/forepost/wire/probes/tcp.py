"""TCP (a type of ours): can a port be connected to, and how fast."""

from datetime import datetime
from typing import Final

from forepost.wire.base import Wire
from forepost.wire.probes.cost import MEASUREMENT_PCT, Cost, of_connecting
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions


class TcpOptions(HostOptions, frozen=True, kw_only=True):
    """`count` attempts (0: three), a second apart or closer, so that they fit in the interval."""


class TcpResult(Wire, frozen=True, kw_only=True):
    """Attempts to connect. All times in ms; 0 where no attempt succeeded."""

    start_timestamp: datetime
    stop_timestamp: datetime
    target: str
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission)."""
    dns_lookup_ms: float = 0.0
    attempts: int = 0
    connected: int = 0
    refused: int = 0
    """The host said that nobody listens."""
    timed_out: int = 0
    unreachable: int = 0
    """A router or this host said that there is no way, or a firewall said no."""
    loss_pct: float = 100.0
    """Attempts that did not succeed, 0 to 100."""
    min_ms: float = 0.0
    max_ms: float = 0.0
    avg_ms: float = 0.0
    stddev_ms: float = 0.0
    """Of the whole population."""
    connects_ms: list[float | None] = []
    """Each attempt in its order; null for one that failed."""
    error: str = ""
    """Why attempts failed, the last one if there are several."""


def _cost(options: TcpOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    connections = (options.count or 3) * per_sec
    return of_connecting(options, connections, 4, MEASUREMENT_PCT * per_sec + 0.03 * connections)


KIND: Final = Kind(
    name="TCP",
    options=TcpOptions,
    result=TcpResult,
    cost=_cost,
    most_open=2_000,
    target="port",
    is_spaced=True,
)
