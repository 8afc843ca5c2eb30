"""The server's side of all clients: whom it answers and what it says. No I/O: bytes and times in,
bytes out.
"""

import secrets
from collections import deque
from collections.abc import Mapping
from typing import Final

import msgspec

from forepost.agent.cores.stamps.departures import Moment
from forepost.agent.probes.trafficsim.flight import Arrival, Flight
from forepost.agent.probes.trafficsim.session import SEC, ClientSession
from forepost.wire.probes.datagrams import (
    ACK,
    DATA,
    HELLO,
    SMALLEST,
    Kind,
    NotOurs,
    Packet,
    claimed_sender,
    is_sealed,
    plain,
    read_plain,
    read_sealed,
    sealed,
)

MOST_SESSIONS: Final = 1_024
MOST_OF_ONE: Final = 8
"""Sessions of one agent."""
IDLE_NS: Final = 30 * SEC
REMEMBERED: Final = 256
"""Sessions of one agent whose greeting is known when it comes again."""

Source = tuple[str, int]
Place = tuple[int, Source]
"""An agent and where it sends from: two clients of one agent never share a session."""


class Allowed(msgspec.Struct, frozen=True):
    """An agent that is answered."""

    key: bytes = b""
    compatible: bool = False
    """NetWatcher's protocol is enough, though there is a key."""
    way_back: int = 0
    """The probe under which the way back to it is posted; 0: it is measured otherwise."""


class Cycle(msgspec.Struct, frozen=True):
    """The way back to a client, measured over its socket."""

    agent_id: int
    probe_id: int
    source: Source
    flight: Flight
    size: int
    tos: int
    authenticated: bool


class EchoServer:
    """Answers the packets of the clients that are allowed, and adds up what each sent."""

    def __init__(self, agent_id: int, allowed: Mapping[int, Allowed]) -> None:
        self._agent_id, self._allowed = agent_id, dict(allowed)
        self._sessions: dict[Place, ClientSession] = {}
        self._greeted: dict[int, deque[int]] = {}
        self.refused = 0
        """Datagrams that got no answer."""
        self.clock_error_us = 0

    def allow(self, allowed: Mapping[int, Allowed]) -> None:
        """From now on these; sessions of those that did not change go on."""
        changed = {
            agent_id
            for agent_id in self._allowed.keys() | allowed.keys()
            if self._allowed.get(agent_id) != allowed.get(agent_id)
        }
        self._allowed = dict(allowed)
        self._sessions = {p: s for p, s in self._sessions.items() if p[0] not in changed}

    @property
    def sessions(self) -> int:
        return len(self._sessions)

    def heard(self, datagram: bytes, source: Source, at: Arrival) -> list[bytes]:
        """Return what is sent back: nothing to anybody who may not ask, and in all never more bytes
        than came from there.
        """
        try:
            if is_sealed(datagram):
                answers = self._sealed(datagram, source, at)
            else:
                answers = self._plain(datagram, source, at)
        except NotOurs:
            answers = None
        if answers is None:
            self.refused += 1
            return []
        return answers

    def cycles(self, now_ns: int) -> list[Cycle]:
        """What was measured and is over; sessions that are silent are forgotten."""
        found: list[Cycle] = []
        for (agent_id, source), session in list(self._sessions.items()):
            allowed = self._allowed[agent_id]
            over = session.cycle(now_ns)
            if over is not None:
                found.append(
                    Cycle(
                        agent_id,
                        allowed.way_back,
                        source,
                        over,
                        session.size,
                        session.tos,
                        bool(session.key),
                    )
                )
            if now_ns - session.heard_ns > IDLE_NS:
                del self._sessions[agent_id, source]
        return found

    def _plain(self, datagram: bytes, source: Source, at: Arrival) -> list[bytes] | None:
        packet = read_plain(datagram)
        allowed = self._allowed.get(packet.src_agent)
        if allowed is None or (allowed.key and not allowed.compatible):
            return None
        place = packet.src_agent, source
        session = self._sessions.get(place)
        if session is None or session.key:
            if packet.kind == ACK:
                return None
            session = ClientSession(packet.src_agent, b"", at.read, measures=bool(allowed.way_back))
            if not self._keep(place, session):
                return None
        session.heard(len(datagram), at)
        if packet.kind == ACK:
            session.acknowledged(packet, at)
            return []
        return self._answers(session, packet, len(datagram), at)

    def _sealed(self, datagram: bytes, source: Source, at: Arrival) -> list[bytes] | None:
        agent_id = claimed_sender(datagram)
        allowed = self._allowed.get(agent_id)
        if allowed is None or not allowed.key:
            return None
        packet = read_sealed(datagram, allowed.key)
        if packet.dst_agent != self._agent_id:
            return None
        place = agent_id, source
        if packet.kind == HELLO:
            return self._welcome(place, packet, len(datagram), allowed, at)
        session = self._sessions.get(place)
        if session is None or (packet.session, packet.cookie) != (session.number, session.cookie):
            return None
        session.established = True
        if packet.kind == DATA and not session.is_new(packet.seq):
            return None
        session.heard(len(datagram), at)
        if packet.kind == ACK:
            session.acknowledged(packet, at)
            return []
        return self._answers(session, packet, len(datagram), at)

    def _welcome(
        self, place: Place, packet: Packet, size: int, allowed: Allowed, at: Arrival
    ) -> list[bytes] | None:
        greeted = self._greeted.setdefault(place[0], deque(maxlen=REMEMBERED))
        live = self._sessions.get(place)
        busy = live is not None and live.key and live.established
        if live is not None and busy and not live.is_quiet(at.read.mono_ns):
            return None  # no client greets in the middle of its cycle
        if packet.session in greeted:
            return None
        session = ClientSession(
            place[0],
            allowed.key,
            at.read,
            number=packet.session,
            cookie=secrets.randbits(64) | 1,
            measures=bool(allowed.way_back),
        )
        if not self._keep(place, session):
            return None
        greeted.append(packet.session)
        session.heard(size, at)
        return self._affordable(session, [self._reply(session, HELLO, packet, size, at)])

    def _answers(
        self, session: ClientSession, packet: Packet, size: int, at: Arrival
    ) -> list[bytes]:
        session.asked(size, at.read.mono_ns)
        answers = [self._reply(session, ACK, packet, size, at)]
        if not session.measures or packet.kind != DATA:
            return self._affordable(session, answers)
        paid = self._affordable(session, answers)
        if paid and session.credit >= size:
            own = self._own(session, size, at.read)
            if session.affords(own):
                session.flight.leaves(at.read)
                paid.append(own)
        return paid

    def _affordable(self, session: ClientSession, answers: list[bytes | None]) -> list[bytes]:
        return [one for one in answers if one is not None and session.affords(one)]

    def _reply(
        self, session: ClientSession, kind: Kind, packet: Packet, size: int, at: Arrival
    ) -> bytes | None:
        answer = Packet(
            kind=kind,
            seq=packet.seq,
            src_agent=self._agent_id,
            dst_agent=session.agent_id if session.key else 0,
            sent_ns=packet.sent_ns,
            received_ns=at.wall_ns,
            answered_ns=at.read.mono_ns + at.read.offset_ns,
            session=session.number,
            cookie=session.cookie,
            count=session.count,
            highest=session.highest,
            duplicates=session.duplicates,
            tos=at.tos,
            clock_error_us=self.clock_error_us,
        )
        # Where the way back is measured too, our own packets are those of full size.
        full = 0 if session.measures else size
        if session.key:
            return sealed(answer, session.key, size=full)
        return plain(answer, size=full, most=size)

    def _own(self, session: ClientSession, size: int, now: Moment) -> bytes:
        packet = Packet(
            kind=DATA,
            seq=session.flight.next_seq,
            src_agent=self._agent_id,
            dst_agent=session.agent_id,
            sent_ns=now.mono_ns + now.offset_ns,
            session=session.number,
            cookie=session.cookie,
        )
        if session.key:
            return sealed(packet, session.key, size=max(size, SMALLEST))
        written = plain(packet, size=size)
        assert written is not None, "nothing bounds it"
        return written

    def _keep(self, place: Place, session: ClientSession) -> bool:
        """Make room for it; False where there is none."""
        self._sessions.pop(place, None)
        mine = [p for p in self._sessions if p[0] == place[0]]
        if len(mine) < MOST_OF_ONE and len(self._sessions) < MOST_SESSIONS:
            self._sessions[place] = session
            return True
        # A session that proved that it is no recording is never given up for one that did not.
        weak = [p for p in mine if not self._sessions[p].key or not self._sessions[p].established]
        if not weak:
            return False
        del self._sessions[min(weak, key=lambda p: self._sessions[p].heard_ns)]
        self._sessions[place] = session
        return True
