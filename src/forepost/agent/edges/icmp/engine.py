"""The ICMP engine: one socket per family for all targets, one timer for all rounds.

No task, no future and no wake-up belongs to a single packet: requests that are due within a few
milliseconds leave together, and what came in meanwhile is read together. Reading late costs no
accuracy, since the kernel stamps every packet when it leaves and when it comes in.
"""

import asyncio
import errno
import os
import secrets
import socket
from typing import Any, Final

from forepost.agent.cores.icmp.packet import TOKEN_BYTES
from forepost.agent.cores.icmp.rounds import EchoFlight, Line, Rounds, Turn
from forepost.agent.cores.stamps.departures import moment
from forepost.agent.edges.closable import Closable
from forepost.agent.edges.icmp.socket import IcmpSocket, interface_index
from forepost.agent.edges.names.addresses import Names, numeric
from forepost.agent.ports.net import PLAIN, Family, PacketOptions, Resolved, Round
from forepost.kit.clock import Clock

TICK_NS: Final = 20_000_000
"""Requests that are due within it leave together: at 1,000 a second, 5 ms cost twice the CPU."""
SHORT_TICK_NS: Final = 2_000_000
"""The same while a round has a shorter gap than that between its requests."""
BURST: Final = 64
"""Requests between two looks at what came in."""
READ: Final = 256
BUSY: Final = 8
"""With more requests than this unanswered, answers are collected once a tick, not one by one."""
PATIENCE_NS: Final = 1_000_000_000
"""So long a packet waits while the host has no room for it."""
MOST_IDLE: Final = 16
"""With so many sockets open, those that nobody uses at the moment are closed."""
FULL: Final = frozenset({errno.EAGAIN, errno.ENOBUFS})


_SocketKey = tuple[int, str, PacketOptions]


class _SharedIcmp:
    """A socket, what is in flight on it, and whether the loop is watching it."""

    __slots__ = ("line", "socket", "watched")

    def __init__(self, opened: IcmpSocket) -> None:
        self.socket, self.watched = opened, False
        self.line = Line(opened.form, opened.ident)


class Icmp(Closable):
    """The Net of a Linux host. Belongs to the event loop that it is first used in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._names = Names()
        self._rounds = Rounds()
        self._shared: dict[_SocketKey, _SharedIcmp] = {}
        self._waiting: dict[EchoFlight, asyncio.Future[None]] = {}
        self._targets: dict[EchoFlight, tuple[_SharedIcmp, tuple[Any, ...]]] = {}
        self._again: list[Turn] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0
        self._fine = 0

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for key in list(self._shared):
            self._shut(key)

    async def resolve(
        self, name: str, *, family: Family = "auto", timeout_sec: float = 5.0
    ) -> Resolved:
        return await self._names.resolve(name, family=family, timeout_sec=timeout_sec)

    async def round(
        self,
        address: str,
        *,
        count: int,
        gap_sec: float,
        timeout_sec: float,
        size: int = 56,
        interface: str = "",
        packet: PacketOptions = PLAIN,
    ) -> Round:
        found = numeric(address)
        if found is None:
            return Round(sent=0, rtts_ns=[], reason=f"not an address: {address!r}")
        family, to = found
        try:
            shared = self._opened(family, interface, packet)
        except OSError as error:
            return Round(sent=0, rtts_ns=[], reason=str(error))
        flight = EchoFlight(
            shared.line,
            to[0],
            count=max(1, count),
            gap_ns=round(gap_sec * 1e9),
            timeout_ns=round(timeout_sec * 1e9),
            token=secrets.randbits(64),
            zeros=bytes(max(0, size - TOKEN_BYTES)),
        )
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting[flight] = done
        self._targets[flight] = shared, to
        fine = flight.count > 1 and flight.gap_ns < TICK_NS
        self._fine += fine
        self._rounds.start(flight, self._now_ns())
        self._arm(loop)
        try:
            await done
        finally:
            self._fine -= fine
            self._rounds.forget(flight)
            del self._waiting[flight], self._targets[flight]
            if not shared.line.in_flight:
                self._watch(shared, False)
        return flight.result()

    def _opened(
        self, family: socket.AddressFamily, interface: str, packet: PacketOptions
    ) -> _SharedIcmp:
        """Raises OSError (Denied), with a text for people."""
        key = (family, interface, packet)
        shared = self._shared.get(key)
        # An interface that was removed and made again has another index, and the socket is dead.
        if shared is not None and interface and interface_index(interface) != shared.socket.index:
            self._shut(key)
            shared = None
        if shared is None:
            if len(self._shared) >= MOST_IDLE:
                self._close_idle()
            shared = self._shared[key] = _SharedIcmp(IcmpSocket(family, interface, packet))
        return shared

    def _close_idle(self) -> None:
        """Probes with packets of their own that were edited or removed leave sockets behind."""
        used = {id(shared) for shared, _ in self._targets.values()}
        for key in [key for key, shared in self._shared.items() if id(shared) not in used]:
            self._shut(key)

    def _shut(self, key: _SocketKey) -> None:
        shared = self._shared.pop(key)
        self._watch(shared, False)
        shared.socket.close()
        for flight, (used, _) in list(self._targets.items()):
            if used is shared:
                flight.reason = "the socket was closed"
                self._rounds.forget(flight)
                self._wake(flight)

    def _watch(self, shared: _SharedIcmp, watched: bool) -> None:
        if watched == shared.watched:
            return
        loop = asyncio.get_running_loop()
        shared.watched = watched
        if watched:
            loop.add_reader(shared.socket.fileno(), self._readable, shared)
        else:
            loop.remove_reader(shared.socket.fileno())

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        next_ns = self._rounds.next_ns()
        now_ns = self._now_ns()
        busy = any(shared.line.waiting > BUSY for shared in self._shared.values())
        tick_ns = SHORT_TICK_NS if self._fine else TICK_NS
        if self._again or (busy and next_ns is not None):
            next_ns = min(now_ns + tick_ns, next_ns or now_ns + tick_ns)
        if next_ns is None:
            return
        when_ns = -(-next_ns // tick_ns) * tick_ns
        if self._timer is not None:
            if self._timer_ns <= when_ns:
                return
            self._timer.cancel()
        self._timer_ns = when_ns
        self._timer = loop.call_later(max(0, when_ns - now_ns) / 1e9, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        try:
            for shared in self._shared.values():
                # Before sending: an error that came in would be reported by the next call to send.
                if shared.line.in_flight and not shared.watched:
                    self._collect(shared)
            again, self._again = self._again, []
            turns = [turn for turn in again if turn.waits]
            turns += self._rounds.due(self._now_ns(), BURST)
            if turns:
                self._send(turns, moment(self._clock).offset_ns)
            for shared in self._shared.values():
                if shared.line.in_flight and (shared.watched or turns):
                    self._collect(shared)
            self._finish()
        finally:
            self._arm(loop)

    def _collect(self, shared: _SharedIcmp) -> None:
        self._drain(shared)
        self._watch(shared, shared.line.waiting <= BUSY)

    def _readable(self, shared: _SharedIcmp) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._drain(shared)
            self._finish()
        finally:
            self._arm(loop)

    def _send(self, turns: list[Turn], offset_ns: int) -> None:
        monotonic, targets = self._clock.monotonic, self._targets
        for turn in turns:
            shared, to = targets[turn.flight]
            shared.line.leaves(turn, int(monotonic() * 1e9), offset_ns)
            try:
                shared.socket.send(turn.packet, to)
            except OSError as error:
                self._not_sent(shared, turn, error)
            else:
                turn.packet = b""  # thousands of them wait for their answers

    def _not_sent(self, shared: _SharedIcmp, turn: Turn, error: OSError) -> None:
        # Whether the kernel counted the packet is unknown: begin to number again.
        self._drain(shared)
        shared.socket.restart_keys()
        shared.line.restart_keys()
        # The error may be that of an earlier packet, which the kernel reports at any call: it is
        # this packet's own where it comes again.
        turn.refusals += 1
        waits = turn.sent_ns - turn.due_ns < PATIENCE_NS
        if waits if error.errno in FULL else turn.refusals < 2:
            self._again.append(turn)
        else:
            words = os.strerror(error.errno or errno.EIO).lower()
            self._rounds.refused(turn, words, turn.sent_ns)

    def _drain(self, shared: _SharedIcmp) -> None:
        """Take in what arrived: answers, when our packets left, and errors.

        The queue of answers is emptied first: a packet's departure is in the other queue before its
        answer can come, so that no answer is looked at without it.
        """
        line, rounds = shared.line, self._rounds
        # As many as are expected: to be told that there are no more costs as much as one of them.
        replies = shared.socket.replies(min(max(line.waiting, 1), READ))
        left, troubles = shared.socket.outcomes(min(max(len(line.by_key), 1), READ))
        read = moment(self._clock)
        line.stamped(left)
        for trouble, data, target in troubles:
            rounds.failed(line, data, target, trouble, read.mono_ns)
        rounds.received(line, replies, read)

    def _finish(self) -> None:
        for flight in self._rounds.ended():
            self._wake(flight)

    def _wake(self, flight: EchoFlight) -> None:
        waiting = self._waiting.get(flight)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _now_ns(self) -> int:
        return int(self._clock.monotonic() * 1e9)
