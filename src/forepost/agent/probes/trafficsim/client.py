"""The client's side of one cycle: what to send and what an answer means. No I/O: bytes and times
in, bytes out.
"""

import secrets
from typing import Final

from forepost.agent.cores.stamps.departures import Departure, Departures, Moment
from forepost.agent.probes.trafficsim.flight import US, Arrival, Flight
from forepost.wire.probes.datagrams import (
    ACK,
    DATA,
    HELLO,
    MS,
    SMALLEST,
    Kind,
    NotOurs,
    Packet,
    plain,
    read_plain,
    read_sealed,
    sealed,
)
from forepost.wire.probes.trafficsim import TrafficSimRun

SESSION_BITS: Final = 64
PLAIN_BYTES: Final = 150
"""What a packet of NetWatcher's protocol takes at most, with numbers that are usual."""


class Client:
    """One cycle. Numbers of DATA begin with 1, in a session that no other cycle has."""

    def __init__(self, options: TrafficSimRun, own_error_ns: int | None = None) -> None:
        self._options = options
        self._own_error_us = -(-(own_error_ns or 0) // US)
        self._key = b"" if options.compatible else options.key
        self.flight = Flight(options.packet_timeout_ms * MS, echoes=True)
        self.departures: Departures[Departure] = Departures()
        self.greetings = 0
        self.greeted = False
        self.ignored = 0
        """Datagrams that were no answer to anything here."""
        self.size = 0
        """Bytes of DATA as they really are."""
        self._sessions: list[int] = []
        self._session = self._cookie = 0
        self._heard_ns = self._greeted_ns = 0

    @property
    def authenticated(self) -> bool:
        return bool(self._key)

    def hello(self, now: Moment) -> bytes:
        """Again with a session of its own, so that it is no replay of the one before."""
        self.greetings += 1
        self._greeted_ns = now.mono_ns
        if self._key:
            self._sessions.append(secrets.randbits(SESSION_BITS))
        self._count(now)
        return self._written(HELLO, self.greetings, now)

    def is_forgotten(self, now_ns: int) -> bool:
        """Whether to greet again in the middle of a cycle: a server that was started anew knows of
        no session. One that knows ours does not answer to it.
        """
        last_ns = max(self._heard_ns, self._greeted_ns)
        return bool(self._key) and now_ns - last_ns > self._options.packet_timeout_ms * MS

    def data(self, now: Moment) -> bytes:
        seq = self.flight.next_seq
        sent = self.flight.leaves(now)
        self.departures.leaves(sent, now.mono_ns, now.offset_ns)
        datagram = self._written(DATA, seq, now)
        self.size = len(datagram)
        return datagram

    def heard(self, datagram: bytes, at: Arrival) -> bytes | None:
        """Take in what came; return what is to be sent back at once."""
        packet = self._read(datagram)
        if packet is None:
            self.ignored += 1
            return None
        self._heard_ns = at.read.mono_ns
        if not self.greeted or (packet.kind == HELLO and packet.session != self._session):
            self._welcome(packet)
            return None
        if packet.kind == ACK:
            answered = self.flight.answered(packet, at, exact=self.authenticated)
            self.ignored += not answered
            return None
        if packet.kind == DATA:
            return self._acknowledged(packet, len(datagram), at)
        return None

    def _welcome(self, packet: Packet) -> None:
        if packet.kind == DATA:
            self.ignored += 1
            return
        if self._key:
            self._session, self._cookie = packet.session, packet.cookie
        self.flight.counted_by_one = not self.greeted
        self.greeted = True

    def _read(self, datagram: bytes) -> Packet | None:
        try:
            if not self._key:
                packet = read_plain(datagram)
                theirs = packet.src_agent in (0, self._options.target_agent)
                return packet if theirs or not self._options.target_agent else None
            packet = read_sealed(datagram, self._key)
        except NotOurs:
            return None
        ours = (packet.src_agent, packet.dst_agent) == (
            self._options.target_agent,
            self._options.agent_id,
        )
        return packet if ours and packet.session in self._sessions else None

    def _acknowledged(self, packet: Packet, size: int, at: Arrival) -> bytes | None:
        """The server measures the way back: say that its packet is here, in no more bytes."""
        self._count(at.read)
        answer = Packet(
            kind=ACK,
            seq=packet.seq,
            src_agent=self._options.agent_id,
            dst_agent=self._options.target_agent if self._key else 0,
            sent_ns=packet.sent_ns,
            received_ns=at.wall_ns,
            answered_ns=at.read.mono_ns + at.read.offset_ns,
            session=self._session,
            cookie=self._cookie,
            tos=at.tos,
            clock_error_us=self._own_error_us,
        )
        if self._key:
            return sealed(answer, self._key)
        return plain(answer, most=size)

    def _written(self, kind: Kind, seq: int, now: Moment) -> bytes:
        packet = Packet(
            kind=kind,
            seq=seq,
            src_agent=self._options.agent_id,
            dst_agent=self._options.target_agent,
            sent_ns=now.mono_ns + now.offset_ns,
            session=self._session if kind == DATA or not self._key else self._sessions[-1],
            cookie=self._cookie,
        )
        if self._key:
            return sealed(packet, self._key, size=self._least(SMALLEST))
        written = plain(packet, size=self._least(PLAIN_BYTES))
        assert written is not None, "nothing bounds it"
        return written

    def _least(self, of_one: int) -> int:
        """The server sends no more than it gets: what is to bring two packets back is as large."""
        bidirectional = self._options.bidirectional and not self._options.size
        return 2 * of_one if bidirectional else self._options.size

    def _count(self, now: Moment) -> None:
        """A packet whose departure nobody asks for still has a number in the kernel."""
        self.departures.leaves(Departure(now.mono_ns), now.mono_ns, now.offset_ns)

    def is_over(self, now_ns: int) -> bool:
        """Whether nothing that is still on its way could change anything."""
        return all(
            one.answer_seen or now_ns - one.mono_ns > self._options.packet_timeout_ms * MS
            for one in self.flight.packets
        )
