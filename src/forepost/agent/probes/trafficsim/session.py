"""One client at a server: what it has had, what it may be sent, the way back to it. Pure."""

from typing import Final

from forepost.agent.cores.stamps.departures import Moment
from forepost.agent.probes.trafficsim.flight import Arrival, Flight
from forepost.wire.probes.datagrams import MS, Packet

SEC: Final = 1_000_000_000
WINDOW: Final = 1_024
"""Numbers that may be late by so many; older ones are as good as replayed."""
CREDIT_BYTES: Final = 8_192
"""What a session may save up at most of what it received and did not answer."""
CYCLE_NS: Final = 60 * SEC
QUIET_NS: Final = 2 * SEC
"""A cycle is over after so long, and three times what lay between the last two packets of the
client, without another one.
"""
TIMEOUT_NS: Final = 2_000 * MS


class ClientSession:
    """One source of one agent. `key` and `cookie` are empty for NetWatcher's protocol."""

    def __init__(
        self,
        agent_id: int,
        key: bytes,
        now: Moment,
        *,
        number: int = 0,
        cookie: int = 0,
        measures: bool = False,
    ) -> None:
        self.agent_id, self.key = agent_id, key
        self.number, self.cookie = number, cookie
        self.established = not key
        self.measures = measures
        """The way back is measured over it."""
        self.heard_ns = self.began_ns = now.mono_ns
        self.credit = 0
        self.count = self.highest = self.duplicates = 0
        self._seen = 0
        self.size = 0
        self._gap_ns = self._data_ns = 0
        self.tos = 0
        self.flight = Flight(TIMEOUT_NS)
        self._closing: Flight | None = None

    def heard(self, size: int, at: Arrival) -> None:
        """Something of it came in and is believed."""
        self.credit = min(self.credit + size, CREDIT_BYTES)
        self.heard_ns = at.read.mono_ns
        self.tos = at.tos

    def asked(self, size: int, now_ns: int) -> None:
        """A packet of so many bytes wants an answer."""
        self.size = size
        if self._data_ns:
            self._gap_ns = now_ns - self._data_ns
        self._data_ns = now_ns

    def is_quiet(self, now_ns: int) -> bool:
        return now_ns - self.heard_ns > QUIET_NS + 3 * self._gap_ns

    def is_new(self, seq: int) -> bool:
        """Note a number; False for one that was here before, or is too old to tell."""
        if seq > self.highest:
            self._seen = (self._seen << min(seq - self.highest, WINDOW) | 1) & (1 << WINDOW) - 1
            self.highest = seq
        elif self.highest - seq >= WINDOW:
            return False
        else:
            bit = 1 << self.highest - seq
            if self._seen & bit:
                self.duplicates += 1
                return False
            self._seen |= bit
        self.count += 1
        return True

    def affords(self, answer: bytes) -> bool:
        """Pay for an answer: never more bytes go out than came in."""
        if len(answer) > self.credit:
            return False
        self.credit -= len(answer)
        return True

    def acknowledged(self, packet: Packet, at: Arrival) -> None:
        """The client has had a packet of ours."""
        exact = bool(self.key)
        if not self.flight.answered(packet, at, exact=exact) and self._closing is not None:
            self._closing.answered(packet, at, exact=exact)

    def cycle(self, now_ns: int) -> Flight | None:
        """The packets of a cycle that is over, once for each: when the last one can no longer be
        answered, and what was sent meanwhile belongs to the next.
        """
        packets = self.flight.packets
        if packets and self._closing is None:
            full = now_ns - packets[0].mono_ns > CYCLE_NS
            if full or self.is_quiet(now_ns):
                self._closing = self.flight
                self.flight = Flight(TIMEOUT_NS, self.flight.next_seq)
        over = self._closing
        if over is None or now_ns - over.packets[-1].mono_ns <= TIMEOUT_NS:
            return None
        self._closing = None
        return over
