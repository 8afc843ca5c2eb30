"""Keeps a meter running for each interface, and hears what it says."""

import logging
import os
import socket
from collections.abc import Callable
from typing import Final

import anyio
import msgspec

from forepost.agent.edges.capture.meter_process import MeterProcess
from forepost.agent.flows.table import FlowTable
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.flows.meter import (
    ENDED,
    MESSAGE,
    ROWS,
    Backend,
    Bye,
    Dump,
    FlowLabel,
    Hint,
    MeterHello,
    MeterOrder,
    OwnAddresses,
    Stop,
    Tick,
    Totals,
    Up,
)

FRAMES_AT_ONCE: Final = 4
"""Then everybody else has a turn: 4 frames of 440 rows."""
FIRST_PAUSE_SEC, LONGEST_PAUSE_SEC = 0.2, 30.0
STOP_SEC: Final = 5.0
ANSWER_SEC: Final = 0.5

_log = logging.getLogger(__name__)
_up = msgspec.msgpack.Decoder(Up)

Start = Callable[[MeterOrder], MeterProcess]


class MeterState(msgspec.Struct, kw_only=True):
    """What is known of one interface; sums are over all its meters since the agent started."""

    interface: str
    running: bool = False
    backend: Backend | None = None
    reason: str = ""
    """Why it does not count, or not in the better way."""
    no_ndpi: str = ""
    """Why there are no labels of nDPI, though they are wanted."""
    before: Totals = Totals()
    """Of meters that are gone and took their counters with them."""
    now: Totals = Totals()
    missed_before: int = 0
    missed: int = 0
    lost_before: int = 0
    lost: int = 0
    counted_at_sec: float | None = None
    """When its counters were read last (monotonic)."""
    restarts: int = 0
    gap_sec: float = 0.0
    """How long nothing was counted."""
    uninspected_sec: float = 0.0
    """How long the kernel counted alone, without inspection."""
    cpu_user_sec: float = 0.0
    cpu_system_sec: float = 0.0
    rss_kb: int = 0
    max_rss_kb: int = 0

    def total(self, name: str) -> int:
        return int(getattr(self.before, name) + getattr(self.now, name))

    @property
    def all_missed(self) -> int:
        return self.missed_before + self.missed

    @property
    def all_lost(self) -> int:
        return self.lost_before + self.lost


class InterfaceMeter:
    """One interface. `run` for ever; a cancelled one has its meter send everything first."""

    def __init__(
        self,
        order: MeterOrder,
        table: FlowTable,
        clock: Clock,
        health: Health,
        start: Start = MeterProcess,
    ) -> None:
        self.state = MeterState(interface=order.interface)
        self._order, self._table, self._clock, self._health = order, table, clock, health
        self._start = start
        self._kept: dict[str, int] = {}
        self._process: MeterProcess | None = None
        self._counted_until: float | None = None
        self._said_bye = False
        self._passed_before: int | None = None
        self._ticked = anyio.Event()
        self._come = anyio.Event()

    @property
    def _subject(self) -> str:
        return f"flows {self.state.interface}"

    async def run(self) -> None:
        pause_sec = FIRST_PAUSE_SEC
        try:
            while True:
                began_sec = self._clock.monotonic()
                await self._live()
                if self._clock.monotonic() - began_sec > LONGEST_PAUSE_SEC:
                    pause_sec = FIRST_PAUSE_SEC
                await self._pause(pause_sec)
                pause_sec = min(2 * pause_sec, LONGEST_PAUSE_SEC)
                self.state.restarts += 1
        finally:
            self._forget_descriptors()

    def ask(self) -> None:
        """Have it send its counters now."""
        if self._process is not None:
            self._process.say(Dump())

    async def read(self) -> None:
        """Have it send its counters, and wait for them; not for long."""
        if self._process is not None:
            self.ask()
            with anyio.move_on_after(ANSWER_SEC):
                await self._ticked.wait()

    def links_changed(self) -> None:
        """An interface of this host came, went or has another name: begin at once if it is ours."""
        if not self._is_absent():
            self._come.set()

    def _is_absent(self) -> bool:
        """Whether there is no such interface here; of another namespace nobody knows."""
        try:
            return not socket.if_nametoindex(self.state.interface)
        except OSError:
            return True

    async def _pause(self, pause_sec: float) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cut_short, tasks.cancel_scope)
            await self._clock.sleep(pause_sec)
            tasks.cancel_scope.cancel()

    async def _cut_short(self, pause: anyio.CancelScope) -> None:
        await self._come.wait()
        pause.cancel()

    async def _live(self) -> None:
        """One meter, from its start to its end."""
        self._said_bye, self._come = False, anyio.Event()
        order = msgspec.structs.replace(self._order, descriptors=self._kept)
        with self._start(order) as process:
            self._process = process
            try:
                await self._listen(process)
            except anyio.get_cancelled_exc_class():
                with anyio.CancelScope(shield=True), anyio.move_on_after(STOP_SEC):
                    process.say(Stop())
                    await self._listen(process)
                raise
            finally:
                self._process = None
                self.state.running = False
                self._bury()
            if not self._said_bye:
                code = await process.ended(1.0)
                self._health.ill(self._subject, f"the meter ended (exit code {code})")

    async def _listen(self, process: MeterProcess) -> None:
        while frames := await process.frames(FRAMES_AT_ONCE):
            for frame, descriptors in frames:
                self._hear(frame, descriptors)
            await anyio.lowlevel.checkpoint()

    def _hear(self, frame: bytes, descriptors: list[int]) -> None:
        kind, body = frame[:1], frame[1:]
        if kind == ROWS:
            self._table.rows(self.state.interface, body)
        elif kind == ENDED:
            self._table.ended(self.state.interface, body)
        elif kind == MESSAGE:
            self._told(_up.decode(body), descriptors)

    def _told(self, said: Up, descriptors: list[int]) -> None:
        match said:
            case MeterHello():
                self._greet(said, descriptors)
            case OwnAddresses(prefixes=prefixes):
                self._table.sides.own(self.state.interface, prefixes)
            case Tick():
                self._counted(said)
            case FlowLabel():
                self._table.label(self.state.interface, said)
            case Hint():
                self._table.hint(said)
            case Bye(reason=reason):
                self._said_bye = True
                if reason:
                    self._forget_descriptors()  # of an interface that is not there any more
                    self.state.reason = reason
                    self._health.ill(self._subject, reason)

    def _greet(self, hello: MeterHello, descriptors: list[int]) -> None:
        now_sec = self._clock.monotonic()
        if not hello.resumed:
            self._table.lose(self.state.interface)
            if self._counted_until is not None:
                self.state.gap_sec += now_sec - self._counted_until
            self._forget_descriptors()
            self._kept = dict(zip(hello.kept, descriptors, strict=True))
        else:
            for descriptor in descriptors:
                os.close(descriptor)  # those that we gave it
            self._table.lose_rest(self.state.interface)
            self.state.uninspected_sec += now_sec - (self._counted_until or now_sec)
            self._passed_before = self.state.now.passed
        self._counted_until = now_sec
        self.state.running, self.state.backend = True, hello.backend
        self.state.reason, self.state.no_ndpi = hello.reason, hello.no_ndpi
        if hello.no_ndpi:
            self._health.ill(f"{self._subject} names", hello.no_ndpi, minor=True)
        if hello.reason:
            self._health.ill(self._subject, hello.reason, minor=True)
        else:
            self._health.well(self._subject)

    def _counted(self, tick: Tick) -> None:
        state = self.state
        if self._passed_before is not None:  # nobody inspected what the kernel passed meanwhile
            unseen = tick.totals.passed - self._passed_before - tick.inspected
            state.missed_before += max(0, unseen)
            self._passed_before = None
        state.now, state.missed, state.lost = tick.totals, tick.missed, tick.lost
        state.cpu_user_sec, state.cpu_system_sec = tick.cpu_user_sec, tick.cpu_system_sec
        state.rss_kb, state.max_rss_kb = tick.rss_kb, tick.max_rss_kb
        self._counted_until = state.counted_at_sec = self._clock.monotonic()
        self._ticked.set()
        self._ticked = anyio.Event()

    def _bury(self) -> None:
        """Keep what a meter that is gone had counted, where no other goes on with it."""
        state = self.state
        state.missed_before, state.missed = state.all_missed, 0
        state.lost_before, state.lost = state.all_lost, 0
        if not self._kept:
            state.before = _sum(state.before, state.now)
            state.now = Totals()

    def _forget_descriptors(self) -> None:
        for descriptor in self._kept.values():
            os.close(descriptor)
        self._kept = {}


def _sum(one: Totals, other: Totals) -> Totals:
    return Totals(
        **{name: getattr(one, name) + getattr(other, name) for name in Totals.__struct_fields__}
    )
