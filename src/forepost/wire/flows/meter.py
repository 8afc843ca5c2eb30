"""What the agent and its meters say to each other, one frame a message of a SOCK_SEQPACKET pair.

The first byte of a frame tells what the rest is. Rows are as the kernel keeps them (flow.bpf.c), so
that nothing is packed again on the way; the others are MessagePack. A frame is FRAME_BYTES at most.
Counters are cumulative: a row that is left out of one tick is in the next.
"""

import struct
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

FRAME_BYTES: Final = 60_000
"""Fits into the send buffer that a Unix socket has by default (208 KiB) more than once."""

KEY: Final = struct.Struct("=16s16s2s2sBBH")
"""address a, address b, port a, port b, protocol, IP version, VLAN (0: none). Addresses and ports
are as on the wire, IPv4 in the first four bytes; a < b in the meter's own order. ICMP and the
fragments that came before their first one have port 0."""

REST_PROTOCOL: Final = 255
"""Reserved by IANA: no packet has it."""
REST: Final = KEY.pack(bytes(16), bytes(16), bytes(2), bytes(2), REST_PROTOCOL, 4, 0)
"""The flows of an interface that are not told apart, together."""

FLOW: Final = struct.Struct("=4Q2Q2I2I2I2B2BBBBB6s6sB3x")
"""packets a->b, b->a; bytes a->b, b->a; first and last seen (CLOCK_MONOTONIC, ns); the next TCP
sequence number a->b, b->a; retransmissions; gaps in the sequence; TCP flags; packets passed to
inspection; 0 or 1: direction of the first packet; whether it left through the interface; its TOS
byte; TCP resets; MAC address of a and of b (zeros: no Ethernet); TCP flags of the first packet."""

ROW_BYTES: Final = KEY.size + FLOW.size
# Where in FLOW things are, for those who read one of them only.
COUNTERS: Final = struct.Struct("=4Q")
"""The first of FLOW."""
TIME: Final = struct.Struct("=Q")
FIRST_SEEN_AT, LAST_SEEN_AT = 32, 40
BOTH: Final = struct.Struct("=2I")
RETRANSMITS_AT, GAPS_AT = 56, 64
FLAGS_AT, PASSED_AT = 72, 74
INITIATOR_AT, TOS_AT, RESETS_AT, MACS_AT, FIRST_FLAGS_AT = 76, 78, 79, 80, 92

# And where in KEY.
PORTS_AT, PROTOCOL_AT, VERSION_AT, VLAN_AT = 32, 36, 37, 38
VLAN: Final = struct.Struct("=H")

TOTALS: Final = struct.Struct("=16Q")
TOTALS_NAMES: Final = (
    "packets",
    "bytes",
    "other_packets",
    "other_bytes",
    "malformed_packets",
    "malformed_bytes",
    "refused_packets",
    "refused_bytes",
    "created",
    "passed",
    "strays",
    "fragments",
    "tagged",
    "tcp",
    "udp",
    "icmp",
)

ROWS: Final = b"R"
"""KEY FLOW, KEY FLOW, ...: flows that had traffic since the last tick."""
ENDED: Final = b"E"
"""reason, KEY FLOW, reason, KEY FLOW, ...: final counters; the flow is forgotten."""
MESSAGE: Final = b"M"
"""A Message in MessagePack."""

IDLE, CLOSED, STOPPED = 0, 1, 2
"""Why a flow ended: its TTL; its TTL after FIN or RST; the meter stops."""

Backend = Literal["ebpf", "ring", "file"]


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Since the meter started. Bytes are those on the wire without preamble and FCS; what the card
    or the kernel joined (GRO, TSO) is counted apart.
    """

    packets: int = 0
    bytes: int = 0
    other_packets: int = 0
    """Neither IPv4 nor IPv6 (ARP, LLDP, ...)."""
    other_bytes: int = 0
    malformed_packets: int = 0
    malformed_bytes: int = 0
    refused_packets: int = 0
    """Of flows for which there was no room (max_flows)."""
    refused_bytes: int = 0
    created: int = 0
    """Flows."""
    passed: int = 0
    """Packets that the kernel passed to inspection, those that were missed included."""
    strays: int = 0
    """Fragments whose first one was not seen before: they are a flow with port 0."""
    fragments: int = 0
    tagged: int = 0
    tcp: int = 0
    udp: int = 0
    icmp: int = 0


class MeterHello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """First of all. With backend `ebpf` the descriptors of packet socket and maps come with it, so
    that the kernel counts on while a meter that died is replaced.
    """

    interface: str
    backend: Backend
    reason: str = ""
    """Why it is not the backend that is better, and what to grant."""
    ethernet: bool
    resumed: bool = False
    kept: list[str] = []
    """Names of the descriptors that come with it, in their order."""
    no_ndpi: str = ""
    """Why there are no labels of nDPI, though they are wanted."""


class Tick(msgspec.Struct, frozen=True, kw_only=True, tag="tick"):
    """After the rows of a tick."""

    at_ns: int
    """CLOCK_MONOTONIC."""
    complete: bool
    """False where the agent did not read fast enough: the rest comes with the next."""
    totals: Totals
    missed: int
    """Packets that inspection did not see, since the start: the ring to it was full."""
    lost: int
    """Packets that were not counted (backend `ring` only: the ring was full)."""
    flows: int
    inspected: int
    cpu_user_sec: float
    cpu_system_sec: float
    rss_kb: int
    max_rss_kb: int


Reason = Literal[
    "tls_sni",
    "tls",
    "quic_sni",
    "quic",
    "http_host",
    "http",
    "dns_query",
    "dhcp",
    "ssh_banner",
    "ssdp",
    "tunnel",
    "dns_hint",
    "port",
    "rule",
    "ndpi",
]


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a protocol said in clear, each where it was said."""

    tls_version: str = ""
    """Of the handshake: the highest that the client offers until the server has chosen."""
    tls_alpn: tuple[str, ...] = ()
    tls_cipher: str = ""
    tls_ech: bool = False
    """The client sent an encrypted hello, too, or pretended to: the name may be the outer one."""
    http_method: str = ""
    http_url: str = ""
    http_user_agent: str = ""
    dns_query: str = ""
    dns_type: str = ""
    dns_code: str = ""
    dhcp_host: str = ""
    dhcp_vendor: str = ""
    """The vendor class identifier (option 60)."""
    dhcp_fingerprint: str = ""
    """The options that it asks for (option 55), "1,3,6"."""
    ssh_client: str = ""
    ssh_server: str = ""


class FlowLabel(msgspec.Struct, frozen=True, kw_only=True, tag="label"):
    """What inspection found out about a flow; a later one for the same flow replaces it."""

    key: bytes
    """KEY."""
    protocol: str
    """"TLS", "QUIC", "HTTP", "DNS", "MDNS", "LLMNR", "SSDP", "DHCP", "SSH"."""
    server_name: str = ""
    application: str = ""
    """"YouTube"; by nDPI only."""
    reason: Reason
    confidence: Annotated[int, Meta(ge=0, le=100)]
    facts: Facts = Facts()
    final: bool = True
    """False: more may follow (the server's side of a handshake)."""
    client: int | None = None
    """0: a asked, 1: b; None: it does not show."""


class Hint(msgspec.Struct, frozen=True, kw_only=True, tag="hint"):
    """A DNS answer: which addresses a name has."""

    name: str
    addresses: list[bytes]
    """4 or 16 bytes each."""


class Bye(msgspec.Struct, frozen=True, kw_only=True, tag="bye"):
    """The last frame. Every flow was sent as ENDED unless there is a reason."""

    reason: str = ""


class Dump(msgspec.Struct, frozen=True, kw_only=True, tag="dump"):
    """Agent to meter: make a tick now."""


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """Agent to meter: send all flows as ENDED, say Bye, and end."""


class OwnAddresses(msgspec.Struct, frozen=True, kw_only=True, tag="addresses"):
    """The addresses of the interface, after `hello` and whenever they change."""

    prefixes: list[str]
    """With their prefix length: "198.18.0.1/24"."""


Up = MeterHello | OwnAddresses | Tick | FlowLabel | Hint | Bye
Down = Dump | Stop


class MeterOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a meter is started for: its one argument, as JSON."""

    interface: str
    """NAME, or NAME@NAMESPACE (of `ip netns`); of a capture file its path."""
    backend: Literal["auto", "ebpf", "ring", "file"] = "auto"
    update_interval_sec: float = 15
    ttl_idle_sec: float = 30
    ttl_idle_tcp_sec: float = 300
    max_flows: int = 262_144
    inspect: int = 6
    """Packets with data, of each direction of a flow, that inspection may see; 0: none at all."""
    ndpi: bool = False
    new_flows_per_sec: int = 0
    """That are told apart, and labels beside them; 0: all of them."""
    descriptors: dict[str, int] = {}
    """What another meter of this interface left: it goes on with these."""
