"""What is told of flows while they live: the record types of the Netify Agent's telemetry, one JSON
object a line.

Field names are those of its published schemas. Numbers of applications and protocols are 0: the
catalogue that they are of is not ours; the names tell. Of what is optional there only that is here
which an agent of ours knows. Additions are marked.
"""

from typing import Literal

import msgspec

from forepost.wire.flows.socket import AgentStatus

FlowType = Literal["flow", "flow_dpi_update", "flow_dpi_complete"]


class Telemetry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One record."""


class Category(Telemetry, frozen=True, kw_only=True):
    application: int = 0
    domain: int = 0
    local_network: int = 0
    other_network: int = 0
    overlay: int = 0
    protocol: int = 0


class Tcp(Telemetry, frozen=True, kw_only=True):
    resets: int
    retrans: int
    seq_errors: int


class Ssl(Telemetry, frozen=True, kw_only=True):
    alpn: list[str]
    alpn_server: list[str]
    cipher_suite: str
    """IANA's number, "0x1301"."""
    client_sni: str
    version: str
    """"0x0304": TLS 1.3."""
    encrypted_hello: bool = False
    """Addition: the client sent one inside, or pretended to (ECH): `client_sni` may be the outer
    name.
    """


class Http(Telemetry, frozen=True, kw_only=True):
    url: str
    user_agent: str


class Dhcp(Telemetry, frozen=True, kw_only=True):
    class_ident: str
    fingerprint: str
    host_name: str
    """Addition."""


class Ssh(Telemetry, frozen=True, kw_only=True):
    client: str
    server: str


class Dns(Telemetry, frozen=True, kw_only=True):
    """Addition."""

    query: str
    type: str
    code: str


class TelemetryLabel(Telemetry, frozen=True, kw_only=True):
    """Addition: why a flow has its name."""

    reason: str
    confidence: int
    """Per cent."""


class TelemetryNdpi(Telemetry, frozen=True, kw_only=True):
    """Addition: what nDPI calls a flow, whatever our own parsers do."""

    protocol: str
    application: str
    server_name: str
    confidence: int


class TelemetryCounts(Telemetry, frozen=True, kw_only=True):
    """Of `flow` and `flow_purge` all since the flow began; of `flow_stats` those of the last
    interval, but for the totals. Rates in bytes per second over the last interval.
    """

    local_bytes: int
    local_packets: int
    local_rate: float
    other_bytes: int
    other_packets: int
    other_rate: float
    total_bytes: int
    total_packets: int


class FlowFacts(TelemetryCounts, frozen=True, kw_only=True):
    digest: str
    """40 hex digits: of the 5-tuple, the VLAN, the interface and the first packet's time."""
    digest_prev: list[str] = []
    app_ip_override: bool = False
    app_proto_twins: bool = False
    category: Category = Category()
    detected_application: int = 0
    detected_application_name: str
    detected_protocol: int = 0
    detected_protocol_name: str
    detection_guessed: bool
    detection_packets: int
    detection_updated: bool
    dhc_hit: bool
    dns_host_name: str
    fhc_hit: bool
    first_seen_at: int
    """Unix milliseconds, as the next."""
    last_seen_at: int
    host_server_name: str
    ip_dscp: int
    ip_nat: bool = False
    ip_protocol: int
    ip_version: int
    local_ip: str
    local_mac: str
    local_origin: bool
    local_port: int
    other_ip: str
    other_mac: str
    other_port: int
    other_type: str
    soft_dissector: bool = False
    tags: list[str]
    """Address groups are `group.NAME`."""
    vlan_id: int
    tcp: Tcp | msgspec.UnsetType = msgspec.UNSET
    ssl: Ssl | msgspec.UnsetType = msgspec.UNSET
    http: Http | msgspec.UnsetType = msgspec.UNSET
    dhcp: Dhcp | msgspec.UnsetType = msgspec.UNSET
    ssh: Ssh | msgspec.UnsetType = msgspec.UNSET
    dns: Dns | msgspec.UnsetType = msgspec.UNSET
    label: TelemetryLabel | msgspec.UnsetType = msgspec.UNSET
    ndpi: TelemetryNdpi | msgspec.UnsetType = msgspec.UNSET


class FlowRecord(Telemetry, frozen=True, kw_only=True):
    """`flow` when it begins, `flow_dpi_update` when more is known, `flow_dpi_complete` when nothing
    more will be.
    """

    type: FlowType
    interface: str
    internal: bool
    """Whether its first packet came from this host or this site."""
    flow: FlowFacts


class FlowCounts(TelemetryCounts, frozen=True, kw_only=True):
    digest: str
    digest_prev: list[str] = []
    detection_packets: int
    last_seen_at: int
    tcp: Tcp | msgspec.UnsetType = msgspec.UNSET


class FlowStats(Telemetry, frozen=True, kw_only=True):
    """Each update interval, for a flow that had traffic in it."""

    type: Literal["flow_stats"] = "flow_stats"
    interface: str
    internal: bool
    flow: FlowCounts


class FlowPurge(Telemetry, frozen=True, kw_only=True):
    type: Literal["flow_purge"] = "flow_purge"
    interface: str
    internal: bool
    reason: Literal["closed", "expired"]
    flow: FlowCounts


class AgentStatusRecord(AgentStatus, frozen=True, kw_only=True):
    """What `status` says on the Unix socket, and these."""

    type: Literal["agent_status"] = "agent_status"
    build_version: str
    tcm_kb: int = 0


class Endpoints(Telemetry, frozen=True, kw_only=True):
    """MAC address -> addresses, of this site, that had traffic since the last update."""

    type: Literal["endpoints"] = "endpoints"
    endpoints: dict[str, list[str]]


CaptureType = Literal["", "ebpf", "tpv3"]


class InterfaceFacts(Telemetry, frozen=True, kw_only=True):
    addr: list[str] = []
    mac: str = "00:00:00:00:00:00"
    role: Literal["", "LAN", "WAN"] = ""
    """WAN: a default route goes there. Empty: it is in a network namespace of its own."""
    capture_type: CaptureType = ""
    """`ebpf` is an addition. Empty: nothing is captured now."""


class Interfaces(Telemetry, frozen=True, kw_only=True):
    type: Literal["interfaces"] = "interfaces"
    interfaces: dict[str, InterfaceFacts]


class InterfaceCounts(Telemetry, frozen=True, kw_only=True):
    """Since the last update."""

    raw: int
    """Packets of every kind."""
    ip: int
    tcp: int
    udp: int
    icmp: int
    vlan: int
    fragmented: int
    discarded: int
    """Neither IPv4 nor IPv6, or malformed."""
    discarded_bytes: int
    capture_dropped: int
    """Not counted: the ring was full (backend `ring` only)."""
    queue_dropped: int
    """Counted, and not inspected."""
    flow_dropped: int
    """In no flow, for want of room."""
    ip_bytes: int
    wire_bytes: int
    """With 24 bytes more a packet: preamble, FCS and gap."""


class InterfaceStats(Telemetry, frozen=True, kw_only=True):
    type: Literal["interface_stats"] = "interface_stats"
    interface: str
    stats: InterfaceCounts


Record = (
    FlowRecord | FlowStats | FlowPurge | AgentStatusRecord | Endpoints | Interfaces | InterfaceStats
)
