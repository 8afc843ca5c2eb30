"""TRAFFICSIM: packets as an application sends them, towards another agent and back."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Id, IdOrZero, Wire
from forepost.wire.probes.cost import Cost
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions

VOIP_MS: Final = 50
"""A packet every so many ms or faster is VoIP, whether it is called so or not."""
VOIP_INTERVAL_MS, PLAIN_INTERVAL_MS = 20, 1_000
VOIP_DSCP: Final = 46
"""Expedited forwarding (RFC 3246)."""
VOIP_PAYLOAD: Final = 160
"""20 ms of G.711."""
LARGEST_PAYLOAD: Final = 1_400
LONGEST_SEC: Final = 60.0
"""Of packets in one turn."""


class TrafficSimOptions(HostOptions, frozen=True, kw_only=True):
    """`count` packets (0: as many as fit in the interval, 60 s of them at most).

    `timeout_sec`: how long the other side may take to answer at all.
    """

    voip_mode: bool = False
    payload_size: Annotated[int, Meta(ge=0, le=LARGEST_PAYLOAD)] = 0
    """Bytes of UDP data, both ways; 0: 160 for VoIP, else as few as can be. What a packet must
    carry is never cut."""
    dscp: Annotated[int, Meta(ge=0, le=63)] | None = None
    """Of the packets both ways; without it 46 for VoIP, else 0."""
    interval_ms: Annotated[int, Meta(ge=0, le=5_000)] = 0
    """0: 20 for VoIP, else 1000."""
    packet_timeout_ms: Annotated[int, Meta(ge=10, le=10_000)] = 2_000
    """What is answered later is lost. Ours."""
    duration_sec: Annotated[int, Meta(ge=0, le=86_400)] = 0
    """Packets are sent for so long; 0: for the whole interval. The probe's own."""
    bidirectional: bool = False
    """The server measures the way back over our socket; we acknowledge its packets."""
    compatible: bool = False
    """Speak NetWatcher's protocol also where there is a key for the pair. Ours."""

    @property
    def voip(self) -> bool:
        return self.voip_mode or 0 < self.interval_ms <= VOIP_MS

    @property
    def gap_ms(self) -> int:
        return self.interval_ms or (VOIP_INTERVAL_MS if self.voip else PLAIN_INTERVAL_MS)

    @property
    def size(self) -> int:
        return self.payload_size or (VOIP_PAYLOAD if self.voip else 0)

    @property
    def codepoint(self) -> int:
        if self.dscp is not None:
            return self.dscp
        return VOIP_DSCP if self.voip else 0


class TrafficSimRun(TrafficSimOptions, frozen=True, kw_only=True):
    """With what no metadata says: who talks to whom, and by which key."""

    agent_id: IdOrZero = 0
    target_agent: IdOrZero = 0
    key: bytes = b""
    """Empty: NetWatcher's protocol."""


class TrafficSimServer(Wire, frozen=True, kw_only=True):
    """What the metadata of a server says; the agents that its targets name may talk to it."""

    compatible_agents: list[int] = []
    """Those of them that there is a key for and that speak NetWatcher's protocol all the same.
    Ours."""
    bidirectional_server: bool = False
    client_probe_id: Id | None = None
    """Under which the way back is posted, measured over the socket of the client."""


def flat(metadata: Any) -> dict[str, Any]:
    """NetWatcher keeps options at the top or under `trafficsim`; what is under it goes first."""
    asked = metadata if isinstance(metadata, dict) else {}
    nested = asked.get("trafficsim")
    return {**asked, **nested} if isinstance(nested, dict) else asked


class TrafficSimResult(Wire, frozen=True, kw_only=True, rename="camel"):
    """One cycle. RTTs and jitter in ms, of packets that were answered in time; 0 where none was.

    What is said of VoIP only is left out otherwise; so is everything about one direction where it
    cannot be known.
    """

    total_packets: int = 0
    received_packets: int = 0
    lost_packets: int = 0
    loss_percentage: float = 100.0
    duplicates: int = 0
    duplicate_percent: float = 0.0
    out_of_order: int = 0
    """Answers whose number is below one that came before (RFC 4737)."""
    out_of_order_percent: float = 0.0
    average_rtt: float = msgspec.field(name="averageRTT", default=0.0)
    median_rtt: float = msgspec.field(name="medianRTT", default=0.0)
    p95_rtt: float = msgspec.field(name="p95RTT", default=0.0)
    p99_rtt: float = msgspec.field(name="p99RTT", default=0.0)
    min_rtt: float = msgspec.field(name="minRTT", default=0.0)
    max_rtt: float = msgspec.field(name="maxRTT", default=0.0)
    std_dev_rtt: float = msgspec.field(name="stdDevRTT", default=0.0)
    jitter_avg: float = 0.0
    """Mean difference of the RTTs of one packet and the next, by number."""
    jitter_median: float = 0.0
    jitter_p95: float = msgspec.field(name="jitterP95", default=0.0)
    rfc3550_jitter: float | UnsetType = msgspec.field(name="rfc3550Jitter", default=UNSET)
    """RFC 3550 A.8 over the round trip, in order of arrival; left out for fewer than two."""
    network_efficiency: float = 0.0
    """Packets that were answered, %."""
    latency_quality: str = "unknown"
    latency_quality_score: float = 0.0
    jitter_quality_score: float = 0.0
    loss_quality_score: float = 0.0
    network_health_score: float = 0.0
    cycle_duration_ms: int = 0
    packets_per_second: float = 0.0
    timestamp: datetime

    one_way_latency: float | UnsetType = UNSET
    """VoIP only, as what follows. Ours is `oneWayForward`, where that is known; NetWatcher's is
    half of the RTT."""
    playout_buffer_min: float | UnsetType = UNSET
    playout_buffer_max: float | UnsetType = UNSET
    """ms: one interval; two, or the 95th percentile of the jitter where that is more."""
    max_consecutive_loss: int | UnsetType = UNSET
    """By number of packet, not by time of arrival."""
    total_bursts: int | UnsetType = UNSET
    """Runs of two or more packets lost in a row."""
    mos: float | UnsetType = msgspec.field(name="MOS", default=UNSET)
    r_factor: float | UnsetType = msgspec.field(name="RFactor", default=UNSET)
    mos_quality: str | UnsetType = UNSET
    delay_imp: float | UnsetType = UNSET
    """Id of ITU-T G.107."""
    loss_imp: float | UnsetType = UNSET
    """Ie-eff of ITU-T G.107."""
    dscp_value: int | UnsetType = UNSET
    payload_size: int | UnsetType = UNSET
    """Bytes of UDP data that a packet really had."""
    interval_ms: int | UnsetType = UNSET
    estimated_bandwidth_kbps: float | UnsetType = UNSET
    """One way, with the headers of IP and UDP."""

    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent. Ours, as all that follows."""
    authenticated: bool = False
    """Both sides had the key of the pair."""
    late: int = 0
    """Answers that came after their timeout; they are in `lostPackets`."""
    dscp_received: int | UnsetType = UNSET
    """What the answers carried, the last one that came; left out where none was."""
    dscp_at_target: int | UnsetType = UNSET
    """What our packets still carried there. Authenticated only, as all that follows."""
    lost_forward: int | UnsetType = UNSET
    lost_backward: int | UnsetType = UNSET
    """Of the packets up to the last one that the target is known to have received."""
    jitter_forward: float | UnsetType = UNSET
    jitter_backward: float | UnsetType = UNSET
    """RFC 3550 A.8: the offset of the clocks does not matter to it."""
    one_way_forward: float | UnsetType = UNSET
    one_way_backward: float | UnsetType = UNSET
    """Medians, ms; left out unless the kernels of both sides know how wrong their clocks are."""
    one_way_error: float | UnsetType = UNSET
    """Bound of the error of the two, ms: that of both clocks by NTP, or less."""
    error: str = ""


def _cost(options: TrafficSimOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    lasts_sec = min(LONGEST_SEC, options.interval_sec, options.duration_sec or LONGEST_SEC)
    fitting = max(1, int(lasts_sec * 1e3 / options.gap_ms))
    packets = min(options.count or fitting, fitting)
    return Cost(
        targets=1,
        measurements=per_sec,
        packets=packets * per_sec,
        sockets=1 + options.timeout_sec * per_sec,
        work_pct=0.1 * per_sec + 0.046 * packets * per_sec,
        memory_mib=(10 + packets) / 1_024,
    )


KIND: Final = Kind(
    name="TRAFFICSIM",
    options=TrafficSimOptions,
    result=TrafficSimResult,
    cost=_cost,
    most_open=1_000,
    floor_sec=5,
    target="endpoint",
    told=frozenset({"duration_sec"}),
    flat=flat,
    public=frozenset(
        {
            "voip_mode",
            "payload_size",
            "dscp",
            "interval_ms",
            "packet_timeout_ms",
            "duration_sec",
            "bidirectional",
            "compatible",
            "bidirectional_server",
            "client_probe_id",
            "compatible_agents",
            "trafficsim",
        }
    ),
)
