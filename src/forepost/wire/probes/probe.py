"""Probes: what the controller wants measured, and the payload of each type."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import ExternalId, Id, IdOrZero, Json, Wire
from forepost.wire.probes.dns import DnsOptions, DnsResult
from forepost.wire.probes.http import HttpOptions, HttpResult
from forepost.wire.probes.mtr import MtrOptions, MtrResult
from forepost.wire.probes.options import Options
from forepost.wire.probes.snmp import SnmpOptions, SnmpResult
from forepost.wire.probes.sysinfo import CpuShares, DiskIo, DiskUse, NicTraffic, Temperature
from forepost.wire.probes.tcp import TcpOptions, TcpResult
from forepost.wire.probes.tls import TlsOptions, TlsResult
from forepost.wire.probes.trafficsim import TrafficSimOptions, TrafficSimResult

ProbeType = Literal[
    "AGENT",
    "DNS",
    "HTTP",
    "MTR",
    "NETINFO",
    "PING",
    "RPERF",
    "SNMP",
    "SPEEDTEST",
    "SPEEDTEST_SERVERS",
    "SYSINFO",
    "TCP",
    "TLS",
    "TRAFFICSIM",
    "WEB",
]
TARGETLESS: Final = frozenset({"NETINFO", "SYSINFO", "SPEEDTEST", "SPEEDTEST_SERVERS"})
"""Types that measure the agent's own host, so that an empty list of targets is right."""

IntervalSec = Annotated[int, Meta(ge=1, le=86_400)]
TimeoutSec = Annotated[int, Meta(ge=1, le=300)]
Count = Annotated[int, Meta(ge=0, le=1_000)]
DurationSec = Annotated[int, Meta(ge=0, le=86_400)]
Target = Annotated[str, Meta(min_length=1, max_length=2_000)]


class ProbeTarget(Wire, frozen=True, kw_only=True):
    """One thing a probe measures: an address, a name, a URL, or another agent."""

    id: int
    created_at: datetime
    updated_at: datetime
    probe_id: int
    target: str = ""
    agent_id: int | None = None
    group_id: int | None = None


class Probe(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """The probe object, the same over REST and in `probe_get`. Id 0: given to every agent."""

    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    agent_id: int
    type: str
    enabled: bool = True
    interval_sec: int = 60
    timeout_sec: int = 10
    count: int = 0
    duration_sec: int = 0
    server: bool = False
    bind_interface: str = ""
    labels: Any = None
    metadata: Any = None
    targets: list[ProbeTarget] | None = None
    bidirectional: bool = False
    """AGENT only: the other way is measured too, by a probe of the other agent. Ours, as what
    follows."""
    direction: Literal["forward", "reverse"] = "forward"
    reverse_of: int | None = None
    """The probe whose other way this one measures; it goes when that one goes."""
    external_id: str = ""
    """What `forepost apply` knows it by."""


class NewProbe(Wire, frozen=True, kw_only=True):
    """Body of `POST .../probes`. Workspace and agent come from the path."""

    type: ProbeType
    workspace_id: IdOrZero = 0
    agent_id: IdOrZero = 0
    enabled: bool = True
    interval_sec: Annotated[int, Meta(ge=0, le=86_400)] = 60
    timeout_sec: Annotated[int, Meta(ge=0, le=300)] = 0
    """0: the usual one for the interval."""
    count: Count = 0
    duration_sec: DurationSec = 0
    server: bool = False
    bind_interface: Annotated[str, Meta(max_length=15)] = ""
    targets: Annotated[list[Target], Meta(max_length=200)] = []
    agent_targets: Annotated[list[Id], Meta(max_length=200)] = []
    bidirectional: bool = False
    external_id: ExternalId = ""
    labels: Json = {}
    metadata: Json = {}


class ProbePatch(Wire, frozen=True, kw_only=True):
    """Body of `PATCH .../probes/{id}`; what is left out stays."""

    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    interval_sec: IntervalSec | msgspec.UnsetType = msgspec.UNSET
    timeout_sec: TimeoutSec | msgspec.UnsetType = msgspec.UNSET
    count: Count | msgspec.UnsetType = msgspec.UNSET
    duration_sec: DurationSec | msgspec.UnsetType = msgspec.UNSET
    bind_interface: Annotated[str, Meta(max_length=15)] | msgspec.UnsetType = msgspec.UNSET
    labels: Json | msgspec.UnsetType = msgspec.UNSET
    metadata: Json | msgspec.UnsetType = msgspec.UNSET
    external_id: ExternalId | msgspec.UnsetType = msgspec.UNSET
    replace_targets: Annotated[list[Target], Meta(max_length=200)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    replace_agent_targets: Annotated[list[Id], Meta(max_length=200)] | msgspec.UnsetType = (
        msgspec.UNSET
    )


class PingOptions(Options, frozen=True, kw_only=True): ...


class SysinfoOptions(Options, frozen=True, kw_only=True): ...


class NetinfoOptions(Options, frozen=True, kw_only=True): ...


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
    error: str = ""
    """Why nothing could be measured (an unknown name, no permission), or why requests were lost
    where a router or the host said so. Ours."""


class OsInfo(Wire, frozen=True, kw_only=True):
    type: str = "linux"
    family: str = ""
    platform: str = ""
    name: str = ""
    version: str = ""
    major: int = 0
    minor: int = 0
    patch: int = 0
    build: str = ""
    codename: str = ""


class HostInfo(Wire, frozen=True, kw_only=True):
    architecture: str
    boot_time: datetime
    containerized: bool | None = None
    name: str
    ip: list[str] = []
    """Addresses with prefix length."""
    kernel_version: str
    mac: list[str] = []
    os: OsInfo
    timezone: str
    timezone_offset_sec: int
    id: str = ""


class MemoryInfo(Wire, frozen=True, kw_only=True):
    total_bytes: int
    used_bytes: int
    available_bytes: int
    free_bytes: int
    virtual_total_bytes: int
    virtual_used_bytes: int
    virtual_free_bytes: int
    raw: dict[str, int] = {}


class CpuTimes(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """ns since boot; a reader takes the difference of two samples. Zero values are left out."""

    user: int = 0
    system: int = 0
    idle: int = 0
    iowait: int = 0
    irq: int = 0
    nice: int = 0
    soft_irq: int = 0
    steal: int = 0


class SysinfoResult(Wire, frozen=True, kw_only=True):
    host: HostInfo = msgspec.field(name="hostInfo")
    memory: MemoryInfo = msgspec.field(name="memoryInfo")
    cpu_times: CpuTimes = msgspec.field(name="CPUTimes")
    timestamp: datetime
    interval_sec: float = 0.0
    """What rates and shares are over; 0: there is no earlier reading. Ours, as what follows."""
    cpu: CpuShares | None = None
    processors: int = 0
    load: list[float] = []
    """Of 1, 5 and 15 minutes."""
    disks: list[DiskUse] = []
    disk_io: list[DiskIo] = []
    nics: list[NicTraffic] = []
    temperatures: list[Temperature] = []


class Interface(Wire, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    index: int
    type: Literal["loopback", "ethernet", "wireless", "vpn", "bridge", "unknown"]
    mac: str = ""
    mtu: int
    flags: list[str]
    ipv4: list[str] = []
    """Addresses with prefix length."""
    ipv6: list[str] = []
    gateway: str = ""
    is_default: bool


class Route(Wire, frozen=True, kw_only=True):
    destination: str
    """With prefix length."""
    gateway: str
    interface: str
    metric: int


class NetinfoResult(Wire, frozen=True, kw_only=True, omit_defaults=True):
    local_address: str = ""
    default_gateway: str = ""
    public_address: str = ""
    interfaces: list[Interface]
    routes: list[Route]
    geo: dict[str, Any]
    """`city`, `region`, `country`, `country_code`, `latitude`, `longitude`, `asn`, `asn_org`,
    `isp`, `reverse_dns`: what the controller knows of them."""
    internet_provider: str = ""
    lat: str = ""
    long: str = ""
    source: str
    timestamp: datetime


ProbeOptions = (
    DnsOptions
    | HttpOptions
    | MtrOptions
    | NetinfoOptions
    | PingOptions
    | SnmpOptions
    | SysinfoOptions
    | TcpOptions
    | TlsOptions
    | TrafficSimOptions
)
ProbeResult = (
    DnsResult
    | HttpResult
    | MtrResult
    | NetinfoResult
    | PingResult
    | SnmpResult
    | SysinfoResult
    | TcpResult
    | TlsResult
    | TrafficSimResult
)

OPTIONS: Final[dict[str, type[ProbeOptions]]] = {
    "DNS": DnsOptions,
    "HTTP": HttpOptions,
    "MTR": MtrOptions,
    "NETINFO": NetinfoOptions,
    "PING": PingOptions,
    "SNMP": SnmpOptions,
    "SYSINFO": SysinfoOptions,
    "TCP": TcpOptions,
    "TLS": TlsOptions,
    "TRAFFICSIM": TrafficSimOptions,
}
"""The types this version measures; any other type is reported as unsupported."""
