"""A flow table in this process, where the kernel keeps none: the same rows as flow.bpf.c. Pure.

A packet of a flow that is known, whole, of TCP or UDP, and not for inspection takes a short way:
its addresses and ports, as they are on the wire, lead to its flow. All others are read in full.
"""

import struct
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import msgspec

from forepost.agent.meter import packet as packets
from forepost.agent.meter.packet import Packet
from forepost.wire.flows.meter import FLOW, Totals

SYN, FIN, RST = 2, 1, 4
_MARKS: Final = SYN | FIN | RST
MOST_FRAGMENTS: Final = 8_192
NO_MAC: Final = bytes(6)
_ALL_BITS: Final = 0xFFFF_FFFF
_HALF: Final = 1 << 31
_PASSED_ALWAYS: Final = frozenset({53, 67, 68})
_TCP_REST: Final = struct.Struct("!I4xBB")
"""After the ports: sequence number, data offset, flags."""
_SHORTEST4, _SHORTEST6 = 34, 54
"""With as much of TCP as is read."""


def ends(ether_type: int, data: bytes) -> tuple[int, bytes]:
    """Protocol and, as they are on the wire, addresses and ports of a whole packet without options;
    0 and nothing of any other.
    """
    if ether_type == packets.IPV4:
        if len(data) >= _SHORTEST4 and data[0] == 0x45 and not (data[6] & 0x3F or data[7]):
            return data[9], data[12:24]
    elif ether_type == packets.IPV6 and len(data) >= _SHORTEST6 and data[0] >> 4 == 6:
        return data[6], data[8:44]
    return 0, b""


class _Flow:
    """The fields of FLOW, [0] from a to b."""

    __slots__ = (
        "data_bytes",
        "first_flags",
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
        "raw",
        "resets",
        "retransmits",
        "tos",
        "touched_ns",
    )

    def __init__(
        self,
        at_ns: int,
        direction: int,
        packet: Packet,
        macs: tuple[bytes, bytes],
        *,
        outgoing: bool,
    ) -> None:
        self.packets, self.data_bytes = [0, 0], [0, 0]
        self.first_ns = self.last_ns = at_ns
        self.next_seq, self.retransmits, self.gaps = [0, 0], [0, 0], [0, 0]
        self.flags, self.passed = [0, 0], [0, 0]
        self.initiator, self.outgoing, self.tos, self.resets = direction, outgoing, packet.tos, 0
        self.first_flags = packet.flags
        self.macs = macs
        self.touched_ns = at_ns
        self.raw: list[tuple[int, bytes]] = []
        """How the short way finds it, for each direction."""

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
            self.first_flags,
        )

    def follow(self, direction: int, flags: int, seq: int, payload: int) -> None:
        """Compare a TCP segment's sequence number with the one expected."""
        used = payload + bool(flags & SYN) + bool(flags & FIN)
        known = self.flags[direction]
        if used:
            ahead = (seq - self.next_seq[direction]) & _ALL_BITS
            behind = ahead >= _HALF
            if known and not flags & SYN:
                self.retransmits[direction] += behind
                self.gaps[direction] += 0 < ahead < _HALF
            if not known or not behind or flags & SYN:
                self.next_seq[direction] = (seq + used) & _ALL_BITS
        if flags & RST and self.resets < 255:
            self.resets += 1
        self.flags[direction] |= flags


class MeterTable:
    """Counts packets by flow, bounded in flows; what comes beyond is counted together."""

    def __init__(self, *, max_flows: int, pass_: int) -> None:
        self._max, self._pass = max_flows, pass_
        self._flows: dict[bytes, _Flow] = {}
        self._fragments: OrderedDict[tuple[bytes, bytes, int, int], bytes] = OrderedDict()
        self._sum = dict.fromkeys(Totals.__struct_fields__, 0)
        self._known_tcp: dict[bytes, tuple[_Flow, int]] = {}
        self._known_udp: dict[bytes, tuple[_Flow, int]] = {}
        """What `ends` gives, to flow and direction."""
        self._known = {packets.TCP: self._known_tcp, packets.UDP: self._known_udp}
        self._short_bytes = self._short_tcp = self._short_udp = 0
        """Packets that took the short way."""
        self.read_ns = 0
        """When packets are read that may have waited: a flow is touched then, not before."""

    def other(self, length: int, *, malformed: bool, segments: int = 1) -> None:
        """Count what is no flow."""
        name = "malformed" if malformed else "other"
        for kind in ("", f"{name}_"):
            self._sum[f"{kind}packets"] += segments
            self._sum[f"{kind}bytes"] += length

    def count_known(self, at_ns: int, ether_type: int, data: bytes, length: int) -> bool:
        """Count a packet without VLAN tag, if it is one for the short way.

        The same as `ends` and `observe`, in one piece: a call costs as much as all the rest.
        """
        if ether_type == packets.IPV4:
            if len(data) < _SHORTEST4 or data[0] != 0x45 or data[6] & 0x3F or data[7]:
                return False
            protocol, raw, header, end = data[9], data[12:24], 20, data[2] << 8 | data[3]
        else:
            protocol, raw = ends(ether_type, data)
            header, end = 40, 40 + int.from_bytes(data[4:6])
        found = self._known_tcp.get(raw) if protocol == packets.TCP else self._known_udp.get(raw)
        if found is None or end < header + 8:
            return False  # it is new, does not say how long it is, or is malformed
        flow, direction = found
        if protocol == packets.TCP:
            seq, offset, flags = _TCP_REST.unpack_from(data, header + 4)
            payload = end - header - (offset >> 4 << 2)
            if payload > 0 and flow.passed[direction] < self._pass:
                return False
            if payload > 0 or flags & _MARKS:
                flow.follow(direction, flags, seq, max(0, payload))
            else:
                flow.flags[direction] |= flags
            self._short_tcp += 1
        elif protocol != packets.UDP or (end > header + 8 and flow.passed[direction] < self._pass):
            return False
        else:
            self._short_udp += 1
        flow.packets[direction] += 1
        flow.data_bytes[direction] += length
        flow.last_ns = at_ns
        flow.touched_ns = max(self.read_ns, at_ns)
        self._short_bytes += length
        return True

    def observe(
        self,
        at_ns: int,
        packet: Packet,
        length: int,
        *,
        segments: int = 1,
        outgoing: bool = False,
        macs: tuple[bytes, bytes] = (NO_MAC, NO_MAC),
        raw: tuple[int, bytes] = (0, b""),
    ) -> tuple[bytes, int] | None:
        """Count a packet of `length` bytes on the wire; return its KEY and direction where it is
        one for inspection. `macs`: of source and target. `raw`: what `ends` gives; the next ones
        may take the short way then.
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
                packet,
                macs[::-1] if direction else macs,
                outgoing=outgoing,
            )
            self._sum["created"] += 1
        flow.packets[direction] += segments
        flow.data_bytes[direction] += length
        flow.last_ns = at_ns
        flow.touched_ns = max(at_ns, self.read_ns)
        payload = max(0, packet.end - packet.headers)
        if packet.protocol == packets.TCP and not packet.later:
            flow.follow(direction, packet.flags, packet.seq, payload)
        if raw[0] and raw not in flow.raw:
            self._shorten(raw, flow, direction, packet)
        if packet.later or not payload or not self._wanted(packet, flow, direction):
            return None
        self._sum["passed"] += 1
        return key, direction

    def rows(self, since_ns: int) -> Iterator[tuple[bytes, bytes]]:
        """KEY and FLOW of those whose counters changed after `since_ns`."""
        for key, flow in list(self._flows.items()):  # others may come meanwhile
            if flow.touched_ns > since_ns:
                yield key, flow.pack()

    def get(self, key: bytes) -> bytes | None:
        flow = self._flows.get(key)
        return None if flow is None else flow.pack()

    def take(self, key: bytes) -> bytes | None:
        """Return the flow's final counters and forget it."""
        flow = self._flows.pop(key, None)
        if flow is None:
            return None
        for protocol, raw in flow.raw:
            del self._known[protocol][raw]
        return flow.pack()

    def totals(self) -> Totals:
        tcp, udp = self._short_tcp, self._short_udp
        short = {"packets": tcp + udp, "bytes": self._short_bytes, "tcp": tcp, "udp": udp}
        whole = {name: count + short.get(name, 0) for name, count in self._sum.items()}
        return msgspec.convert(whole, Totals)

    def __len__(self) -> int:
        return len(self._flows)

    def _shorten(self, raw: tuple[int, bytes], flow: _Flow, direction: int, packet: Packet) -> None:
        protocol, wire = raw
        if protocol == packet.protocol and protocol in self._known and not _passed_always(packet):
            self._known[protocol][wire] = flow, direction
            flow.raw.append(raw)

    def _wanted(self, packet: Packet, flow: _Flow, direction: int) -> bool:
        if _passed_always(packet):
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


def _passed_always(packet: Packet) -> bool:
    return packet.protocol == packets.UDP and not _PASSED_ALWAYS.isdisjoint(
        (int.from_bytes(packet.source_port), int.from_bytes(packet.target_port))
    )
