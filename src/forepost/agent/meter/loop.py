"""The loop of a meter: packets, the agent's wishes, a tick, and a sweep every second.

One thread, no asyncio: it is the only thing that this process does.
"""

import select
import signal
from collections.abc import Iterator
from typing import Final

import msgspec

from forepost.agent.edges.capture.link_changes import LinkChanges
from forepost.agent.edges.capture.seqpacket import Ended, FramePipe
from forepost.agent.edges.host.usage import usage
from forepost.agent.meter.core import Inspector, Load, Meter, message
from forepost.agent.meter.sources import Source
from forepost.agent.meter.wheel import SECOND_NS
from forepost.kit.clock import Clock
from forepost.wire.flows.meter import MESSAGE, Bye, Down, Dump, MeterOrder, OwnAddresses, Stop

FLUSH_SEC: Final = 5.0
"""How long the last frames may take."""

_OVER: Final = object()
_down = msgspec.msgpack.Decoder(Down)


class Loop:
    """Runs one meter until the agent stops it or goes away."""

    def __init__(
        self,
        order: MeterOrder,
        source: Source,
        inspector: Inspector,
        changes: LinkChanges,
        pipe: FramePipe,
        clock: Clock,
    ) -> None:
        self._source, self._pipe, self._clock = source, pipe, clock
        self._changes = changes
        self._addresses: list[str] = []
        self._meter = Meter(order, source.table, inspector, pipe.send)
        self._stopping = False
        self._ticking: Iterator[None] | None = None

    def run(self) -> None:
        """Until the agent says so, or SIGTERM; at once where the agent is gone."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the agent hears it too
        try:
            reason = self._listen()
            now_sec = self._clock.monotonic()
            until_sec = now_sec + FLUSH_SEC
            for _ in self._meter.stop(int(now_sec * SECOND_NS), self._load):
                self._drain(until_sec)
            self._pipe.send(message(Bye(reason=reason)))
            self._drain(until_sec)
        except Ended:
            return

    def _listen(self) -> str:
        """Return why nothing more can be heard; empty where nothing more is wanted."""
        ring = self._source.ring
        name = ring.interface
        poll = select.poll()
        poll.register(ring.fileno(), select.POLLIN)
        poll.register(self._changes.fileno(), select.POLLIN)
        self._tell_addresses()
        next_sweep_sec = self._clock.monotonic() + 1
        next_tick_sec = self._clock.monotonic()
        while not self._stopping:
            wants_out = select.POLLOUT if self._pipe.waiting else 0
            poll.register(self._pipe.fileno(), select.POLLIN | wants_out)
            soon = min(next_sweep_sec, next_tick_sec) - self._clock.monotonic()
            for readable, event in poll.poll(max(0.0, soon) * 1_000):
                if readable == ring.fileno() and event & select.POLLERR:
                    ring.clear_error()
            self._pipe.flush()
            if self._changes.heard():
                if ring.interface != name:
                    return f"{name}: the interface is gone"
                self._tell_addresses()
            if self._obey():
                next_tick_sec = self._clock.monotonic()
            self._source.read(self._meter.inspect)
            now_sec = self._clock.monotonic()
            self._go_on()
            if now_sec >= next_tick_sec:
                self._ticking = self._meter.tick(int(now_sec * SECOND_NS), self._load)
                self._go_on()
                next_tick_sec += self._meter.tick_sec
                next_tick_sec = max(next_tick_sec, now_sec + self._meter.tick_sec / 2)
            if now_sec >= next_sweep_sec:
                if self._ticking is None:  # else it would tell rows of flows that have ended
                    self._meter.sweep(int(now_sec * SECOND_NS), lambda: not self._pipe.waiting)
                next_sweep_sec = max(next_sweep_sec, now_sec) + 1
        return ""

    def _go_on(self) -> None:
        """With a tick, for as long as the agent reads."""
        while self._ticking is not None and not self._pipe.waiting:
            if next(self._ticking, _OVER) is _OVER:
                self._ticking = None

    def _tell_addresses(self) -> None:
        now = self._changes.addresses()
        if now != self._addresses and self._pipe.send(message(OwnAddresses(prefixes=now))):
            self._addresses = now

    def _load(self) -> Load:
        missed, lost = self._source.lost()
        return Load(missed, lost, *usage())

    def _obey(self) -> bool:
        """Do what the agent says; whether it wants a tick."""
        dump = False
        while (heard := self._pipe.receive()) is not None:
            frame, _ = heard
            if frame[:1] != MESSAGE:
                continue  # of a newer agent
            match _down.decode(frame[1:]):
                case Dump():
                    dump = True
                case Stop():
                    self._stopping = True
        return dump

    def _drain(self, until_sec: float) -> None:
        poll = select.poll()
        poll.register(self._pipe.fileno(), select.POLLOUT)
        while self._pipe.waiting and self._clock.monotonic() < until_sec:
            poll.poll(100)
            self._pipe.flush()

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True
