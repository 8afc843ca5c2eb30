"""One flow: who, what it is called, and its counters. Pure."""

from typing import Final

import msgspec

from forepost.agent.flows.sides import OtherType, Sides
from forepost.wire.meter import FLOW, KEY, Facts, Reason

TCP, UDP = 6, 17
NO_MAC: Final = bytes(6)


class Flow(msgspec.Struct, gc=False, kw_only=True):
    """Counters are those since the flow began; [local] is what the local side sent."""

    key: bytes
    """KEY of wire/meter.py."""
    interface: str
    version: int
    protocol: int
    vlan: int
    local_address: bytes
    """4 or 16 bytes."""
    local_port: int
    other_address: bytes
    other_port: int
    other_type: OtherType
    local_is_a: bool
    local_began: bool
    outgoing: bool
    """Whether the first packet left through the interface."""
    tos: int
    local_mac: bytes
    other_mac: bytes
    first_ns: int
    last_ns: int = 0
    local_packets: int = 0
    other_packets: int = 0
    local_bytes: int = 0
    other_bytes: int = 0
    retransmits: int = 0
    gaps: int = 0
    resets: int = 0
    flags: int = 0
    detected: str = ""
    """The protocol that inspection saw ("TLS"), or that its port is known for."""
    application: str = ""
    """What a rule calls it."""
    server_name: str = ""
    """What the client asked for in this flow."""
    hinted_name: str = ""
    """What this host looked up before (DNS), where the flow itself does not say."""
    reason: Reason | None = None
    confidence: int = 0
    known_application: str = ""
    """What nDPI calls it."""
    label_reason: Reason | None = None
    """Why inspection called it so, whatever a rule says; as the next."""
    label_confidence: int = 0
    recalled: bool = False
    """It was not seen to say its name: an earlier flow of the same 5-tuple did."""
    facts: Facts | None = None
    inspected: int = 0
    """Packets that were passed to inspection."""
    complete: bool = False
    """Nothing more will be found out."""
    expired: bool = False
    tags: tuple[str, ...] = ()
    tags_of: int = -1
    """The version of the groups that `tags` were made of."""
    rates: tuple[int, int] = (0, 0)
    """Bits per second of the local and the other side, over the last update interval."""
    before: tuple[int, int] = (0, 0)
    """Local and other bytes at the last update."""
    counted_in: int = -1
    """The last minute in which it was counted as a flow."""

    @property
    def name(self) -> str:
        return self.server_name or self.hinted_name


def fresh(interface: str, key: bytes, row: bytes, sides: Sides) -> Flow:
    """Make a flow of its first row."""
    a, b, port_a, port_b, protocol, version, vlan = KEY.unpack(key)
    if version == 4:
        a, b = a[:4], b[:4]
    fields = FLOW.unpack(row)
    initiator, outgoing, tos = fields[16:19]
    macs = fields[20:22]
    local_is_a = sides.local_is_a(a, b, initiator)
    ends = [(a, int.from_bytes(port_a), macs[0]), (b, int.from_bytes(port_b), macs[1])]
    local, other = ends if local_is_a else ends[::-1]
    return Flow(
        key=key,
        interface=interface,
        version=version,
        protocol=protocol,
        vlan=vlan,
        local_address=local[0],
        local_port=local[1],
        local_mac=local[2],
        other_address=other[0],
        other_port=other[1],
        other_mac=other[2],
        other_type=sides.kind(other[0]),
        local_is_a=local_is_a,
        local_began=(initiator == 0) == local_is_a,
        outgoing=bool(outgoing),
        tos=tos,
        first_ns=fields[4],
    )


def count(flow: Flow, row: bytes) -> tuple[int, int, int, int]:
    """Take a row's counters; return what is new: local and other packets, local and other bytes."""
    fields = FLOW.unpack(row)
    packets_a, packets_b, bytes_a, bytes_b, _, flow.last_ns = fields[:6]
    flow.retransmits = fields[8] + fields[9]
    flow.gaps = fields[10] + fields[11]
    flow.flags = fields[12] | fields[13]
    flow.inspected = fields[14] + fields[15]
    flow.resets = fields[19]
    before = flow.local_packets, flow.other_packets, flow.local_bytes, flow.other_bytes
    if flow.local_is_a:
        flow.local_packets, flow.other_packets = packets_a, packets_b
        flow.local_bytes, flow.other_bytes = bytes_a, bytes_b
    else:
        flow.local_packets, flow.other_packets = packets_b, packets_a
        flow.local_bytes, flow.other_bytes = bytes_b, bytes_a
    return (
        flow.local_packets - before[0],
        flow.other_packets - before[1],
        flow.local_bytes - before[2],
        flow.other_bytes - before[3],
    )
