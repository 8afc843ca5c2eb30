"""NTP (a type of ours): how far a time server's clock is from the agent's, and how good it is."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.probes.cost import MEASUREMENT_PCT, Cost
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions


class NtpOptions(HostOptions, frozen=True, kw_only=True):
    """One request. The port of a target that names none is 123."""

    most_offset_ms: Annotated[float, Meta(ge=0, le=86_400_000)] = 0.0
    """A clock that is further from the agent's has failed; 0: any is right."""
    most_stratum: Annotated[int, Meta(ge=1, le=15)] = 15
    """A server further from its reference has failed."""


class NtpResult(Wire, frozen=True, kw_only=True):
    """One request (RFC 5905). Times in ms; null where there was no answer."""

    start_timestamp: datetime
    stop_timestamp: datetime
    target: str
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission)."""
    dns_lookup_ms: float = 0.0
    rtt_ms: float | None = None
    """From request to answer, without what the server took (delay)."""
    offset_ms: float | None = None
    """What the server's clock is ahead of the agent's."""
    agent_clock_error_ms: float | None = None
    """How wrong the agent's own clock may be; null where nobody told its kernel."""
    stratum: int | None = None
    reference: str = ""
    """What the server goes by: GPS, an address, ..."""
    leap: str = ""
    """none, insert, delete; "unsynchronised": the server does not know the time."""
    root_delay_ms: float | None = None
    root_dispersion_ms: float | None = None
    precision_ms: float | None = None
    error: str = ""
    """What went wrong, and in which part; also a clock that is not as it should be."""


def _cost(options: NtpOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    open_at_once = per_sec * options.timeout_sec
    return Cost(
        targets=1,
        measurements=per_sec,
        packets=per_sec,
        sockets=open_at_once,
        work_pct=(MEASUREMENT_PCT + 0.03) * per_sec,
        memory_mib=(6 + 20 * open_at_once) / 1_024,
    )


KIND: Final = Kind(
    name="NTP",
    options=NtpOptions,
    result=NtpResult,
    cost=_cost,
    most_open=500,
    target="endpoint",
    public=frozenset({"most_offset_ms", "most_stratum"}),
)
