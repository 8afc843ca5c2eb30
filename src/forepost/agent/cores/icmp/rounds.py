"""Rounds of echo requests as a state machine: bytes and times in, packets out. Pure.

Times are ns of the monotonic clock, where they are not said to be the kernel's wall clock.
"""

import heapq
from array import array
from collections.abc import Iterable
from itertools import count
from typing import Final

from forepost.agent.cores.icmp.packet import Form, is_final, meaning, quoted, reply, request
from forepost.agent.cores.stamps.departures import Departure, Departures, Moment
from forepost.agent.cores.stamps.messages import Received, Trouble
from forepost.agent.ports.net import Round

NEVER: Final = -(1 << 62)
"""The RTT of a request that was not answered."""
MOST_OTHERS: Final = 8
"""Of the addresses that answered for the one that was asked."""
LINGER_NS: Final = 10_000_000
"""A round whose last answer is in stays open so long, for duplicates."""


class Turn(Departure):
    """One request: from when it is due until its own timeout."""

    __slots__ = (
        "due_ns",
        "flight",
        "number",
        "packet",
        "refusals",
        "said",
        "seq",
        "token",
        "waits",
    )

    def __init__(self, flight: "EchoFlight", number: int, seq: int, now_ns: int) -> None:
        super().__init__(now_ns)
        self.due_ns = now_ns
        self.flight = flight
        self.number = number
        self.seq = seq
        self.token = token = flight.token + number & 0xFFFF_FFFF_FFFF_FFFF
        self.packet = request(flight.line.form, flight.line.ident, seq, token, flight.zeros)
        self.refusals = 0
        self.said = ""
        """What an ICMP error said that leaves hope: why the request is lost if nothing comes."""
        self.waits = True


class Line(Departures[Turn]):
    """What is in flight on one socket."""

    __slots__ = ("form", "ident", "waiting")

    def __init__(self, form: Form, ident: int) -> None:
        super().__init__()
        self.form, self.ident = form, ident
        self.waiting = 0

    def drop(self, turn: Turn) -> None:
        del self.in_flight[turn.seq]
        self.gone(turn)
        if turn.waits:
            turn.waits = False
            self.waiting -= 1
            turn.flight.waiting -= 1
            turn.flight.reason = turn.said or turn.flight.reason


class EchoFlight:
    """One round under way."""

    __slots__ = (
        "address",
        "count",
        "due_ns",
        "duplicates",
        "gap_ns",
        "line",
        "open",
        "others",
        "reason",
        "rtts",
        "timeout_ns",
        "token",
        "waiting",
        "zeros",
    )

    def __init__(
        self,
        line: Line,
        address: str,
        *,
        count: int,
        gap_ns: int,
        timeout_ns: int,
        token: int,
        zeros: bytes,
    ) -> None:
        self.line, self.address = line, address
        self.count, self.gap_ns, self.timeout_ns = count, gap_ns, timeout_ns
        self.token, self.zeros = token, zeros
        # An agent has thousands of rounds at once: an array and a short list are a third of the
        # memory of a list of numbers and a deque.
        self.rtts = array("q")
        self.open: list[Turn] = []
        self.waiting = self.duplicates = 0
        self.others: tuple[str, ...] = ()
        self.reason = ""
        self.due_ns = -1

    def result(self) -> Round:
        return Round(
            sent=len(self.rtts),
            rtts_ns=[None if rtt == NEVER else rtt for rtt in self.rtts],
            duplicates=self.duplicates,
            others=self.others,
            reason=self.reason,
        )


class Rounds:
    """All rounds of all sockets on one heap, one entry a round: its next request, or its end."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, EchoFlight]] = []
        self._order = count()
        self._ended: list[EchoFlight] = []

    def start(self, flight: EchoFlight, now_ns: int) -> None:
        self._plan(flight, now_ns)

    def next_ns(self) -> int | None:
        """When `due` has something to do again."""
        while self._heap and self._heap[0][2].due_ns != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now_ns: int, most: int) -> list[Turn]:
        """Return the requests to send now, `most` at most, and end the rounds whose time is up."""
        turns: list[Turn] = []
        while self._heap and self._heap[0][0] <= now_ns and len(turns) < most:
            due_ns, _, flight = heapq.heappop(self._heap)
            if due_ns != flight.due_ns:
                continue
            if flight.open:
                self._expire(flight, now_ns)
            if len(flight.rtts) == flight.count:
                self._end(flight)
                continue
            turn = self._take(flight, now_ns)
            if len(flight.rtts) == flight.count:
                self._plan(flight, now_ns + (flight.timeout_ns if turn else LINGER_NS))
            else:
                # A loop that was late catches up slowly: requests are never bunched.
                next_ns = max(due_ns + flight.gap_ns, now_ns + flight.gap_ns // 2)
                self._plan(flight, next_ns)
            if turn is not None:
                turns.append(turn)
        return turns

    def received(self, line: Line, packets: Iterable[Received], read: Moment) -> None:
        """Take packets that the socket of `line` was found to hold at `read`."""
        form, in_flight = line.form, line.in_flight
        for data, address, rx_ns in packets:
            echo = reply(form, data)
            if echo is None:
                continue
            ident, seq, token = echo
            turn = in_flight.get(seq)
            if turn is None or turn.token != token or line.ident != ident:
                continue
            flight = turn.flight
            # A host with several addresses may answer from another one; the token says that it is
            # the answer, as for ping(8) and fping(8) its number does.
            if flight.address != address and address not in flight.others:
                flight.others = (*flight.others, address)[:MOST_OTHERS]
            if flight.rtts[turn.number] != NEVER:
                flight.duplicates += 1
                continue
            rtt_ns = turn.rtt_ns(rx_ns, read)
            if rtt_ns <= flight.timeout_ns:
                flight.rtts[turn.number] = rtt_ns
                self._close(turn, read.mono_ns)

    def failed(self, line: Line, data: bytes, address: str, error: Trouble, now_ns: int) -> None:
        """Take an ICMP error about a packet to `address`; `data` is what it quotes of it."""
        echo = quoted(line.form, data)
        if echo is None:
            return
        ident, seq, token = echo
        turn = line.in_flight.get(seq)
        if turn is None or token not in (None, turn.token) or line.ident != ident:
            return
        if not turn.waits or turn.flight.address != address:
            return
        words = meaning(line.form, error.kind, error.code)
        if is_final(line.form, error.kind, error.code):
            self.refused(turn, words, now_ns)
        else:
            turn.said = words or turn.said

    def refused(self, turn: Turn, reason: str, now_ns: int) -> None:
        """The request is lost and somebody said why."""
        turn.flight.reason = reason
        self._close(turn, now_ns)

    def forget(self, flight: EchoFlight) -> None:
        """Nobody waits for it any more."""
        flight.due_ns = -1
        while flight.open:
            flight.line.drop(flight.open.pop())

    def ended(self) -> list[EchoFlight]:
        """The rounds that ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def _plan(self, flight: EchoFlight, due_ns: int) -> None:
        flight.due_ns = due_ns
        heapq.heappush(self._heap, (due_ns, next(self._order), flight))

    def _take(self, flight: EchoFlight, now_ns: int) -> Turn | None:
        line = flight.line
        number = len(flight.rtts)
        flight.rtts.append(NEVER)
        seq = line.take_seq()
        if seq is None:
            flight.reason = "more than 65,536 requests in flight"
            return None
        turn = Turn(flight, number, seq, now_ns)
        line.in_flight[seq] = turn
        line.waiting += 1
        flight.waiting += 1
        flight.open.append(turn)
        return turn

    def _close(self, turn: Turn, now_ns: int) -> None:
        flight = turn.flight
        if turn.waits:
            turn.waits = False
            flight.line.waiting -= 1
            flight.waiting -= 1
        if not flight.waiting and len(flight.rtts) == flight.count:
            self._plan(flight, now_ns + LINGER_NS)

    def _expire(self, flight: EchoFlight, now_ns: int) -> None:
        while flight.open and flight.open[0].sent_ns + flight.timeout_ns <= now_ns:
            flight.line.drop(flight.open.pop(0))

    def _end(self, flight: EchoFlight) -> None:
        self.forget(flight)
        self._ended.append(flight)
