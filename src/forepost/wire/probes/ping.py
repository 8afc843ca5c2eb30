"""PING: a round of echo requests."""

from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Wire
from forepost.wire.probes.cost import MEASUREMENT_PCT, Cost
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions, IpVersion


class PingOptions(HostOptions, frozen=True, kw_only=True):
    """All of it is ours."""

    size: Annotated[int, Meta(ge=8, le=9_000)] = 56
    """Bytes of data in a request."""
    source: Annotated[str, Meta(max_length=64)] = ""
    """An address of the agent's host to send from; empty: the system's choice."""
    dscp: Annotated[int, Meta(ge=0, le=63)] = 0
    """RFC 2474: 46 is EF, as calls have it."""
    ttl: Annotated[int, Meta(ge=0, le=255)] = 0
    """Or hop limit; 0: the system's."""
    dont_fragment: bool = False
    """A request that is larger than a link of the path can carry is lost, and not cut in pieces."""

    def __post_init__(self) -> None:
        if not self.source:
            return
        try:
            version = ip_address(self.source).version
        except ValueError:
            raise ValueError("source: must be an address of the agent's host") from None
        if self.family not in ("auto", str(version)):
            raise ValueError(f"source: is no IPv{self.family} address")

    @property
    def measured_family(self) -> IpVersion:
        return measured_family(self.family, self.source)


def measured_family(family: IpVersion, source: str) -> IpVersion:
    """Which addresses of a name are measured: those of the source's version, where there is one."""
    if not source or family != "auto":
        return family
    return "6" if ":" in source else "4"


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
    public=frozenset({"size", "source", "dscp", "ttl", "dont_fragment"}),
)
