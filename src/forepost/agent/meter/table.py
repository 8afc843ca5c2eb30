"""A flow table in this process, where the kernel keeps none: the same rows as flow.bpf.c. Pure."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import msgspec

from forepost.agent.meter import packet as packets
from forepost.agent.meter.packet import Packet
from forepost.wire.meter import FLOW, Totals

SYN, FIN, RST = 2, 1, 4
MOST_FRAGMENTS: Final = 8_192
NO_MAC: Final = bytes(6)
_ALL_BITS: Final = 0xFFFF_FFFF
_HALF: Final = 1 << 31
_PASSED_ALWAYS: Final = frozenset({53, 67, 68})


class _Flow:
    """The fields of FLOW, [0] from a to b."""

    __slots__ = (
        "data_bytes",
        "first_ns",
        "flags",
        "gaps",
        "initiator",
        "last_ns",
        "macs",
        "next_seq",
        "outgoing",
        "packets",
        "passed",
        "resets",
        "retransmits",
        "tos",
        "touched_ns",
    )

    def __init__(
        self, at_ns: int, direction: int, *, outgoing: bool, tos: int, macs: tuple[bytes, bytes]
    ) -> None:
        self.packets, self.data_bytes = [0, 0], [0, 0]
        self.first_ns = self.last_ns = at_ns
        self.next_seq, self.retransmits, self.gaps = [0, 0], [0, 0], [0, 0]
        self.flags, self.passed = [0, 0], [0, 0]
        self.initiator, self.outgoing, self.tos, self.resets = direction, outgoing, tos, 0
        self.macs = macs
        self.touched_ns = at_ns

    def pack(self) -> bytes:
        return FLOW.pack(
            *self.packets,
            *self.data_bytes,
            self.first_ns,
            self.last_ns,
            *self.next_seq,
            *self.retransmits,
            *self.gaps,
            *self.flags,
            *self.passed,
            self.initiator,
            self.outgoing,
            self.tos,
            self.resets,
            *self.macs,
        )

    def follow(self, direction: int, packet: Packet, payload: int) -> None:
        """Compare a TCP segment's sequence number with the one expected."""
        flags = packet.flags
        used = payload + bool(flags & SYN) + bool(flags & FIN)
        known = self.flags[direction]
        if used:
            ahead = (packet.seq - self.next_seq[direction]) & _ALL_BITS
            behind = ahead >= _HALF
            if known and not flags & SYN:
                self.retransmits[direction] += behind
                self.gaps[direction] += 0 < ahead < _HALF
            if not known or not behind or flags & SYN:
                self.next_seq[direction] = (packet.seq + used) & _ALL_BITS
        if flags & RST and self.resets < 255:
            self.resets += 1
        self.flags[direction] |= flags


class FlowTable:
    def __init__(self, *, max_flows: int, pass_: int) -> None:
        self._max, self._pass = max_flows, pass_
        self._flows: dict[bytes, _Flow] = {}
        self._fragments: OrderedDict[tuple[bytes, bytes, int, int], bytes] = OrderedDict()
        self._sum = dict.fromkeys(Totals.__struct_fields__, 0)
        self.read_ns = 0
        """When packets are read that may have waited: a flow is touched then, not before."""

    def other(self, length: int, *, malformed: bool, segments: int = 1) -> None:
        """Count what is no flow."""
        name = "malformed" if malformed else "other"
        for kind in ("", f"{name}_"):
            self._sum[f"{kind}packets"] += segments
            self._sum[f"{kind}bytes"] += length

    def observe(
        self,
        at_ns: int,
        packet: Packet,
        length: int,
        *,
        segments: int = 1,
        outgoing: bool = False,
        macs: tuple[bytes, bytes] = (NO_MAC, NO_MAC),
    ) -> tuple[bytes, int] | None:
        """Count a packet of `length` bytes on the wire; return its KEY and direction where it is
        one for inspection. `macs`: of source and target.
        """
        if packet.fragment is not None:
            packet = self._joined(packet)
        self._count(packet, length, segments)
        key, direction = packets.flow_key(packet)
        flow = self._flows.get(key)
        if flow is None:
            if len(self._flows) >= self._max:
                self._sum["refused_packets"] += segments
                self._sum["refused_bytes"] += length
                return None
            flow = self._flows[key] = _Flow(
                at_ns,
                direction,
                outgoing=outgoing,
                tos=packet.tos,
                macs=macs[::-1] if direction else macs,
            )
            self._sum["created"] += 1
        flow.packets[direction] += segments
        flow.data_bytes[direction] += length
        flow.last_ns = at_ns
        flow.touched_ns = max(at_ns, self.read_ns)
        payload = max(0, packet.end - packet.headers)
        if packet.protocol == packets.TCP and not packet.later:
            flow.follow(direction, packet, payload)
        if packet.later or not payload or not self._wanted(packet, flow, direction):
            return None
        self._sum["passed"] += 1
        return key, direction

    def rows(self, since_ns: int) -> Iterator[tuple[bytes, bytes]]:
        """KEY and FLOW of those whose counters changed after `since_ns`."""
        for key, flow in self._flows.items():
            if flow.touched_ns > since_ns:
                yield key, flow.pack()

    def get(self, key: bytes) -> bytes | None:
        flow = self._flows.get(key)
        return None if flow is None else flow.pack()

    def take(self, key: bytes) -> bytes | None:
        """Return the flow's final counters and forget it."""
        flow = self._flows.pop(key, None)
        return None if flow is None else flow.pack()

    def totals(self) -> Totals:
        return msgspec.convert(self._sum, Totals)

    def __len__(self) -> int:
        return len(self._flows)

    def _wanted(self, packet: Packet, flow: _Flow, direction: int) -> bool:
        if packet.protocol == packets.UDP and not _PASSED_ALWAYS.isdisjoint(
            (int.from_bytes(packet.source_port), int.from_bytes(packet.target_port))
        ):
            return True
        if flow.passed[direction] >= self._pass:
            return False
        flow.passed[direction] += 1
        return True

    def _joined(self, packet: Packet) -> Packet:
        """Give a later fragment the ports of the first one, where that was seen."""
        self._sum["fragments"] += 1
        whole = (
            packet.source,
            packet.target,
            packet.protocol << 12 | packet.vlan,
            packet.fragment or 0,
        )
        if not packet.later:
            self._fragments[whole] = packet.source_port + packet.target_port
            if len(self._fragments) > MOST_FRAGMENTS:
                self._fragments.popitem(last=False)
            return packet
        ports = self._fragments.get(whole)
        if ports is None:
            self._sum["strays"] += 1
            return packet
        return packet._replace(source_port=ports[:2], target_port=ports[2:])

    def _count(self, packet: Packet, length: int, segments: int) -> None:
        total = self._sum
        total["packets"] += segments
        total["bytes"] += length
        if packet.vlan:
            total["tagged"] += 1
        if packet.protocol == packets.TCP:
            total["tcp"] += segments
        elif packet.protocol == packets.UDP:
            total["udp"] += segments
        elif packet.protocol in (packets.ICMP, packets.ICMPV6):
            total["icmp"] += segments
