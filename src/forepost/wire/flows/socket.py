"""What is said on the agent's Unix socket: the API of the Netify Agent (seed document 000).

Requests are JSON objects one after the other, answers too, in the order of the requests.
"""

from typing import Any

import msgspec

OK, ERROR, PARSE_ERROR = 100, 500, 501
"""The document's 502 (unimplemented) is never said: every command here does something."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    code: int
    message: str
    data: Any = None


class Tally(msgspec.Struct, kw_only=True):
    """Of entries that were taken, and of those among them that could not be."""

    total: int = 0
    errors: int = 0
    wrong: list[str] | msgspec.UnsetType = msgspec.UNSET
    """Addition: which of them are no entries, and why; the first 100."""


class GroupSummary(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    entries: int
    saved: bool
    """Whether it is kept over a restart."""
    origin: str
    """"local" or "controller"."""


class MeterSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An addition of ours: one interface."""

    interface: str
    running: bool
    backend: str
    reason: str
    packets: int
    bytes: int
    inspection_missed: int
    flow_refused: int
    capture_dropped: int
    restarts: int
    gap_sec: float
    uninspected_sec: float
    no_ndpi: str
    """Why there are no labels of nDPI, though they are wanted."""
    counters_age_sec: float | None = None
    """How long ago its counters were read; None: never."""


class SinkSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An addition of ours: where telemetry goes."""

    kind: str
    place: str
    """A path, an address, or a URL without what is secret in it."""
    lost: int
    """Records that it had no room for."""


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `status`; `_prev`: at the update before. Times in seconds, sizes in KiB; CPU
    and memory are those of the agent and its meters together.
    """

    agent_version: str
    cpu_cores: int
    cpu_system: float
    cpu_system_prev: float
    cpu_user: float
    cpu_user_prev: float
    dhc_status: bool
    """Whether names are taken from DNS answers."""
    fhc_status: bool
    """Whether labels are taken from earlier flows of the same 5-tuple."""
    flow_count: int
    flow_count_prev: int
    flows_active: int
    flows_expired: int
    flows_expiring: int
    flows_in_use: int
    flows_purged: int
    maxrss_kb: int
    maxrss_kb_prev: int
    memrss_kb: int
    memrss_kb_prev: int
    timestamp: int
    update_imf: int
    update_interval: int
    uptime: int
    inspection_missed: int = 0
    """Addition: packets that were counted and not inspected."""
    flow_dropped: int = 0
    """Addition: packets in no flow, for want of room."""
    capture_dropped: int = 0
    """Addition: packets not counted (backend `ring`)."""
    interfaces: list[MeterSummary] = []
    """Addition, as the next."""
    sinks: list[SinkSummary] = []


class FlowView(msgspec.Struct, frozen=True, kw_only=True):
    """One flow of `list-flows`, an addition of ours. Counters are those since it began; rates are
    of the last update interval.
    """

    interface: str
    protocol: str
    """Of the transport: "TCP", "UDP", "ICMP"."""
    local_ip: str
    local_port: int
    local_mac: str
    other_ip: str
    other_port: int
    other_mac: str
    other_type: str
    local_origin: bool
    vlan_id: int
    detected_protocol: str
    application: str
    name: str
    """What the client asked for, or looked up before."""
    reason: str
    confidence: int
    first_seen_at: int
    """Unix milliseconds, as the next."""
    last_seen_at: int
    local_bytes: int
    other_bytes: int
    local_packets: int
    other_packets: int
    local_rate_bps: int
    other_rate_bps: int
    tcp_retransmits: int
    tags: list[str]
    ndpi: str = ""
    """What nDPI calls it, whatever our own parsers do: "TLS.YouTube"."""


class FlowList(msgspec.Struct, frozen=True, kw_only=True):
    """The largest by rate, then by bytes; `total` is how many there are."""

    total: int
    flows: list[FlowView]
    offset: int = 0
    """How many larger ones go before."""
    left_out: int = 0
    """How many come after: ask again with a larger `offset`."""
