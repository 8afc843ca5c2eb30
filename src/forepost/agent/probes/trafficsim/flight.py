"""Packets on their way to the other side and back: which was answered, when, how often. Pure."""

from typing import Final

import msgspec

from forepost.agent.cores.stamps.departures import STEP_NS, Departure, Moment
from forepost.wire.probes.datagrams import MS, Packet

US: Final = 1_000


class Sent(Departure):
    """One packet. All in ns."""

    __slots__ = ("answer_seen", "backward_ns", "bound_ns", "forward_ns", "mono_ns", "rtt")

    def __init__(self, now_ns: int) -> None:
        super().__init__(now_ns)
        self.mono_ns = now_ns
        self.answer_seen = False
        self.rtt: int | None = None
        self.forward_ns: int | None = None
        """What passed by the two clocks, so that their offset is in it."""
        self.backward_ns: int | None = None
        self.bound_ns: int | None = None
        """How wrong the target's clock may be."""


class Arrival(msgspec.Struct, frozen=True):
    """When a datagram came in, and how."""

    read: Moment
    """When we read it."""
    rx_ns: int | None = None
    """When it came in, by the kernel's wall clock."""
    tos: int = 0

    @property
    def wall_ns(self) -> int:
        return self.rx_ns or self.read.mono_ns + self.read.offset_ns


class Flight:
    """All packets of one cycle in one direction, numbered from `first`."""

    def __init__(self, timeout_ns: int, first: int = 1, *, echoes: bool = False) -> None:
        """`echoes`: an answer says when the packet was sent, and may be one to a greeting instead,
        whose number is one of ours too.
        """
        self._timeout_ns = timeout_ns
        self._echoes = echoes
        self._first = first
        self.packets: list[Sent] = []
        self.arrivals: list[int] = []
        """Numbers of the packets that were answered in time, in the order of their answers."""
        self.duplicates = 0
        self.late = 0
        self.counted_by_one = True
        """The target counted in one session all the time."""
        self.known_count = self.known_highest = 0
        """What the target said last of how much it received."""
        self.far_duplicates = 0
        self.tos: int | None = None
        self.far_tos: int | None = None

    @property
    def next_seq(self) -> int:
        return self._first + len(self.packets)

    def leaves(self, now: Moment) -> Sent:
        """The next packet, which is sent now."""
        one = Sent(now.mono_ns)
        one.offset_ns = now.offset_ns
        self.packets.append(one)
        return one

    def answered(self, packet: Packet, at: Arrival, *, exact: bool) -> bool:
        """Note an ACK; False where it answers nothing of this cycle. `exact`: its times are ns."""
        index = packet.seq - self._first
        if not 0 <= index < len(self.packets):
            return False
        one = self.packets[index]
        if exact:
            self._far(packet)
        elif self._echoes and packet.sent_ns // MS != (one.mono_ns + one.offset_ns) // MS:
            return False
        self.tos = at.tos
        if one.answer_seen:
            self.duplicates += 1
            return True
        one.answer_seen = True
        if at.read.mono_ns - one.mono_ns > self._timeout_ns:
            self.late += 1
            return True
        self.arrivals.append(packet.seq)
        one.rtt = one.rtt_ns(at.rx_ns, at.read)
        if exact and 0 < (held_ns := packet.answered_ns - packet.received_ns) < one.rtt:
            one.rtt -= held_ns  # RFC 8762, 3: what the target took is no part of the way
        steady = abs(at.read.offset_ns - one.offset_ns) < STEP_NS
        if exact and steady:
            left_ns = one.tx_ns or one.sent_ns + one.offset_ns
            one.forward_ns = packet.received_ns - left_ns
            one.backward_ns = at.wall_ns - packet.answered_ns
            one.bound_ns = packet.clock_error_us * US or None
        return True

    def _far(self, packet: Packet) -> None:
        self.far_tos = packet.tos
        self.far_duplicates = max(self.far_duplicates, packet.duplicates)
        if packet.count > self.known_count:
            self.known_count, self.known_highest = packet.count, packet.highest

    def split(self) -> tuple[int, int] | None:
        """Packets lost on the way there and on the way back, up to the highest that the target is
        known to have; None where it never said.
        """
        if not (self.known_count and self.counted_by_one):
            return None
        answered = sum(
            one.answer_seen for one in self.packets[: self.known_highest - self._first + 1]
        )
        missing = self.known_highest - self._first + 1 - answered
        there = max(0, self.known_highest - self._first + 1 - self.known_count)
        return min(there, missing), max(0, missing - there)
