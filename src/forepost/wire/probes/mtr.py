"""MTR: the way to a target, hop by hop."""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Wire
from forepost.wire.probes.cost import Cost
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions


class MtrOptions(HostOptions, frozen=True, kw_only=True):
    """`count` cycles (0: five), as many as fit in the interval. `timeout_sec` is that of looking up
    the target.
    """

    max_hops: Annotated[int, Meta(ge=1, le=64)] = 30
    protocol: Literal["icmp", "udp", "tcp"] = "icmp"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """Where UDP and TCP go; 0: 33434 and 80."""
    paths: Annotated[int, Meta(ge=1, le=16)] = 1
    """Flows used in turn, one a cycle, to see parallel ways; there are as many cycles at least."""
    size: Annotated[int, Meta(ge=0, le=9_000)] = 56
    """Bytes of data in a packet (ICMP and UDP)."""
    cycle_sec: Annotated[float, Meta(ge=0.05, le=60)] = 1.0
    hop_timeout_sec: Annotated[float, Meta(ge=0.05, le=10)] = 1.0
    names: bool = True
    """Look up the names of the hops."""
    trigger_loss_pct: Annotated[float, Meta(ge=0, le=100)] = 5.0
    """When another probe loses more towards the same target, an extra run is made; 100: never."""
    trigger_cooldown_sec: Annotated[float, Meta(ge=10, le=86_400)] = 600.0
    """From one extra run to the next."""


class MtrHost(Wire, frozen=True, kw_only=True):
    ip: str
    hostname: str = ""
    asn: int | UnsetType = UNSET
    """Of the autonomous system that the address is in; absent where the controller's databases do
    not say. Ours, as the next.
    """
    as_org: str | UnsetType = UNSET


class MtrHop(Wire, frozen=True, kw_only=True):
    """Times in ms and the loss in %, as strings with two decimals, as NetWatcher writes them; the
    times are "0.00" where nothing came back.
    """

    ttl: int
    hosts: list[MtrHost]
    """Nobody where the hop was silent, several where there are parallel ways."""
    extensions: list[str]
    """What routers added to their answers: MPLS labels."""
    loss_pct: str
    sent: int
    last: str
    recv: int
    avg: str
    best: str
    worst: str
    stddev: str
    late: int = 0
    """Answers that came after their timeout; they are in `recv`. Ours, as what follows."""
    duplicates: int = 0
    rtts_ns: list[int | None] = []
    """In the order of sending; null for what was lost."""
    refusal: str = ""
    """!H, !N, !X ..., as traceroute writes it: what `refuser` said instead of passing it on."""
    refuser: str = ""


class MtrInfo(Wire, frozen=True, kw_only=True):
    target: MtrHost
    """`hostname`: the target as the probe has it."""


class MtrReport(Wire, frozen=True, kw_only=True):
    info: MtrInfo
    hops: list[MtrHop]
    """One at least: where nothing could be measured, one to which nothing was sent."""


class MtrResult(Wire, frozen=True, kw_only=True):
    start_timestamp: datetime
    stop_timestamp: datetime
    report: MtrReport
    protocol: str = "icmp"
    """Ours, as what follows."""
    reached: bool = False
    fingerprint: str = ""
    """The same for what may be the same way as before, silent hops and parallel ways apart."""
    paths: list[list[str]] = []
    """By flow: who answered at each hop, "" for silence. Only where several flows were used."""
    error: str = ""
    """Why nothing could be measured, or why the target was not reached where somebody said so."""


def _cost(options: MtrOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    fitting = max(1, int(options.interval_sec / options.cycle_sec))
    cycles = max(min(options.count or 5, fitting), options.paths)
    packets = cycles * options.max_hops
    open_at_once = min(1.0, (cycles * options.cycle_sec + options.hop_timeout_sec) * per_sec)
    return Cost(
        targets=1,
        measurements=per_sec,
        packets=packets * per_sec,
        sockets=packets * open_at_once if options.protocol == "tcp" else 0.0,
        traces=open_at_once,
        work_pct=(0.1 + 0.023 * packets) * per_sec,
        memory_mib=(6 + (100 + packets) * open_at_once) / 1_024,
    )


KIND: Final = Kind(
    name="MTR",
    options=MtrOptions,
    result=MtrResult,
    cost=_cost,
    most_open=100,
    interval_sec=300,
    floor_sec=10,
    target="host",
    public=frozenset(
        {
            "max_hops",
            "protocol",
            "port",
            "paths",
            "size",
            "cycle_sec",
            "hop_timeout_sec",
            "names",
            "trigger_loss_pct",
            "trigger_cooldown_sec",
        }
    ),
)
