"""One flow: who, what it is called, and its counters. Pure.

There may be 100,000 of them: what the meter's rows have is read there when somebody asks.
"""

from typing import Final

import msgspec

from forepost.agent.flows.beginnings import SYN, a_began
from forepost.agent.flows.sides import OtherType, Sides
from forepost.wire.flows.meter import (
    BOTH,
    COUNTERS,
    FIRST_FLAGS_AT,
    FIRST_SEEN_AT,
    GAPS_AT,
    LAST_SEEN_AT,
    MACS_AT,
    PASSED_AT,
    PORTS_AT,
    PROTOCOL_AT,
    RESETS_AT,
    RETRANSMITS_AT,
    TIME,
    TOS_AT,
    VERSION_AT,
    VLAN,
    VLAN_AT,
    Facts,
    FlowLabel,
    Reason,
)

TCP, UDP = 6, 17
NO_MAC: Final = bytes(6)
NOTHING: Final = bytes(COUNTERS.size)
"""The counters of a flow that had no packet."""

Counts = tuple[int, int, int, int]
"""Local and other packets, local and other bytes."""


class Flow(msgspec.Struct, gc=False, kw_only=True):
    """Counters are those since the flow began; [local] is what the local side sent."""

    key: bytes
    """KEY of wire/flows/meter.py."""
    row: bytes
    """FLOW of wire/flows/meter.py: the last that came."""
    interface: str
    other_type: OtherType
    local_is_a: bool
    a_began: bool
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
    by_ndpi: FlowLabel | None = None
    """What nDPI calls it, beside what our own parsers do."""
    label_reason: Reason | None = None
    """Why inspection called it so, whatever a rule says; as the next."""
    label_confidence: int = 0
    recalled: bool = False
    """It was not seen to say its name: an earlier flow of the same 5-tuple did."""
    facts: Facts | None = None
    complete: bool = False
    """Nothing more will be found out."""
    expired: bool = False
    tags: tuple[str, ...] = ()
    tags_of: int = -1
    """The version of the groups that `tags` were made of."""
    moving: bool = False
    """It had packets since the last update."""
    updated: bytes = NOTHING
    """COUNTERS of its row at the last update."""
    reported: bytes = NOTHING
    """The same when a minute was last reported."""
    rates: tuple[int, int] = (0, 0)
    """Bits per second of the local and the other side, over the last update interval."""

    @property
    def name(self) -> str:
        return self.server_name or self.hinted_name

    @property
    def version(self) -> int:
        return self.key[VERSION_AT]

    @property
    def protocol(self) -> int:
        return self.key[PROTOCOL_AT]

    @property
    def vlan(self) -> int:
        """0: none."""
        return int(VLAN.unpack_from(self.key, VLAN_AT)[0])

    @property
    def local_address(self) -> bytes:
        """4 or 16 bytes."""
        return self._address(b=not self.local_is_a)

    @property
    def other_address(self) -> bytes:
        return self._address(b=self.local_is_a)

    @property
    def local_port(self) -> int:
        return self._port(b=not self.local_is_a)

    @property
    def other_port(self) -> int:
        return self._port(b=self.local_is_a)

    @property
    def local_mac(self) -> bytes:
        return self._mac(b=not self.local_is_a)

    @property
    def other_mac(self) -> bytes:
        return self._mac(b=self.local_is_a)

    @property
    def local_began(self) -> bool:
        return self.a_began == self.local_is_a

    @property
    def began_is_sure(self) -> bool:
        """The first packet that was seen was a SYN, of either side."""
        return self.protocol == TCP and bool(self.row[FIRST_FLAGS_AT] & SYN)

    @property
    def tos(self) -> int:
        return self.row[TOS_AT]

    @property
    def first_ns(self) -> int:
        return int(TIME.unpack_from(self.row, FIRST_SEEN_AT)[0])

    @property
    def last_ns(self) -> int:
        return int(TIME.unpack_from(self.row, LAST_SEEN_AT)[0])

    @property
    def local_packets(self) -> int:
        return self.since(NOTHING)[0]

    @property
    def other_packets(self) -> int:
        return self.since(NOTHING)[1]

    @property
    def local_bytes(self) -> int:
        return self.since(NOTHING)[2]

    @property
    def other_bytes(self) -> int:
        return self.since(NOTHING)[3]

    @property
    def all_bytes(self) -> int:
        _, _, one, other = COUNTERS.unpack_from(self.row)
        return int(one + other)

    @property
    def retransmits(self) -> int:
        return sum(BOTH.unpack_from(self.row, RETRANSMITS_AT))

    @property
    def gaps(self) -> int:
        return sum(BOTH.unpack_from(self.row, GAPS_AT))

    @property
    def resets(self) -> int:
        return self.row[RESETS_AT]

    @property
    def inspected(self) -> int:
        """Packets that were passed to inspection."""
        return self.row[PASSED_AT] + self.row[PASSED_AT + 1]

    @property
    def counters(self) -> bytes:
        """COUNTERS of its row."""
        return self.row[: COUNTERS.size]

    def since(self, counters: bytes) -> Counts:
        """Return what was counted after earlier counters of it."""
        a, b, c, d = COUNTERS.unpack_from(self.row)
        e, f, g, h = COUNTERS.unpack(counters)
        if self.local_is_a:
            return a - e, b - f, c - g, d - h
        return b - f, a - e, d - h, c - g

    def _address(self, *, b: bool) -> bytes:
        start = 16 if b else 0
        return self.key[start : start + (4 if self.version == 4 else 16)]

    def _port(self, *, b: bool) -> int:
        start = PORTS_AT + 2 * b
        return int.from_bytes(self.key[start : start + 2])

    def _mac(self, *, b: bool) -> bytes:
        start = MACS_AT + 6 * b
        return self.row[start : start + 6]


def fresh(interface: str, key: bytes, row: bytes, sides: Sides, client: int | None = None) -> Flow:
    """Make a flow of its first row. `client`: 0 or 1, where it is known who asked whom."""
    length = 4 if key[VERSION_AT] == 4 else 16
    a, b = key[:length], key[16 : 16 + length]
    began = a_began(key, row, client)
    local_is_a = sides.local_is_a(a, b, a_began=began)
    return Flow(
        key=key,
        row=row,
        interface=interface,
        other_type=sides.kind(b if local_is_a else a),
        local_is_a=local_is_a,
        a_began=began,
    )
