"""What this agent knows of its own wall clock, and what follows for results and for people."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio
import msgspec

from forepost.agent.uplink.bounds import impossible
from forepost.agent.uplink.clock_offset import ClockOffset, exchange
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.uplink.clock import ClockReading, TimeIs
from forepost.wire.uplink.messages import Measured, ProbePost

LOOK_SEC: Final = 10.0
"""How often to look whether the clock was set or the machine slept."""
STEP_NS: Final = 50_000_000
"""NTP slews both clocks alike and steps from 128 ms on; what is less is the error of reading."""
SLEEP_NS: Final = 100_000_000
SKEW_MS: Final = 1_000.0
"""Wrong by more than this for certain is a problem to be shown."""
MOST_ASKED: Final = 16
"""Questions without an answer that are remembered; older ones are forgotten."""
SUBJECT: Final = "clock"
CONTROLLERS: Final = "the controller's clock"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_US: Final = timedelta(microseconds=1)
_CLOSE_NS: Final = 20_000

_log = logging.getLogger(__name__)


class _Times(msgspec.Struct, frozen=True):
    """All clocks at one moment, ns."""

    wall: int
    boot: int
    mono: int


class Timekeeper:
    """Knows how far this host's wall clock is from the controller's, and corrects results by it.

    A conversation calls `asks` and `answered`; measuring calls `measured` for each result.
    """

    def __init__(self, clock: Clock, health: Health) -> None:
        self._clock, self._health = clock, health
        self._offset = ClockOffset()
        self._asked: dict[int, int] = {}
        self._number = 0
        self._last = self._times()
        self._stepped_ns = self._slept_ns = 0
        self.unsettled = anyio.Event()
        """Set when the clock was set or the machine slept: time to ask again."""

    async def run(self) -> None:
        """Notice steps and sleeps also while nobody asks; for ever."""
        while True:
            self.reading()
            await self._clock.sleep(LOOK_SEC)

    def asks(self) -> int:
        """The number of a new question; to be taken just before it is sent."""
        self._number += 1
        self._asked[self._number] = self._times().boot
        while len(self._asked) > MOST_ASKED:
            del self._asked[next(iter(self._asked))]
        return self._number

    def answered(self, answer: TimeIs, *, coarse_ns: int = 0) -> None:
        """Learn from the answer to a question of ours; any other is no answer.

        `coarse_ns`: how far the controller's times may be beside what it meant.
        """
        asked_ns = self._asked.pop(answer.number, None)
        if asked_ns is None:
            return
        if why := impossible(answer):
            self._health.ill(CONTROLLERS, why)
            return
        self._health.well(CONTROLLERS)
        now = self._look()
        sample = exchange(asked_ns, answer.received_ns, answer.sent_ns, now.boot)
        bound_ns = sample.bound_ns + coarse_ns
        self._offset.take(msgspec.structs.replace(sample, bound_ns=bound_ns))
        self._judge(self.reading())

    def lost_touch(self) -> None:
        """The connection ended: no answer will come any more."""
        self._asked.clear()

    def reading(self) -> ClockReading:
        """What is known now: offset and bound in ms, None where no controller was asked; steps (ms)
        and sleeps (s) since the start.
        """
        now = self._look()
        known = self._offset.at(now.boot)
        stepped_ms, slept_sec = self._stepped_ns / 1e6, self._slept_ns / 1e9
        if known is None:
            return ClockReading(stepped_ms=stepped_ms, suspended_sec=slept_sec)
        return ClockReading(
            offset_ms=round((known.offset_ns + now.boot - now.wall) / 1e6, 3),
            # The third decimal is rounded, and the clocks were read one after the other.
            bound_ms=round(known.bound_ns / 1e6 + 0.002 + _CLOSE_NS / 1e6, 3),
            stepped_ms=stepped_ms,
            suspended_sec=slept_sec,
        )

    def known_time(self) -> datetime | None:
        """What a controller's clock shows now; None where none was asked since the start."""
        offset_ms = self.reading().offset_ms
        return None if offset_ms is None else self._clock.now() + timedelta(milliseconds=offset_ms)

    def measured(self, post: ProbePost) -> Measured:
        """The result with what is known of the clock now. Its time is corrected where the clock is
        wrong for certain; a clock that may be right is better than what was learned by network.
        """
        reading = self.reading()
        created_at = post.created_at
        if reading.is_off and reading.offset_ms is not None:
            created_at += timedelta(milliseconds=reading.offset_ms)
        known = None if reading == ClockReading() else reading
        fields = msgspec.structs.asdict(post) | {"created_at": created_at, "clock": known}
        return Measured(**fields)

    def _look(self) -> _Times:
        """Read the clocks, and notice what happened since they were read last."""
        last, now = self._last, self._times()
        self._last = now
        slept_ns = (now.boot - last.boot) - (now.mono - last.mono)
        stepped_ns = (now.wall - last.wall) - (now.boot - last.boot)
        if slept_ns > SLEEP_NS:
            self._slept_ns += slept_ns
            self._offset.slept()
            _log.info("the machine slept for %.1f s", slept_ns / 1e9)
            self.unsettled.set()
        if abs(stepped_ns) > STEP_NS:
            self._stepped_ns += stepped_ns
            _log.warning("the wall clock was set by %+.3f s", stepped_ns / 1e9)
            self.unsettled.set()
            self._judge(self.reading())
        return now

    def _judge(self, reading: ClockReading) -> None:
        if reading.offset_ms is None or reading.bound_ms is None:
            if abs(reading.stepped_ms) > SKEW_MS:
                said = f"somebody set it by {reading.stepped_ms / 1e3:+.1f} s since the start"
                self._health.ill(SUBJECT, f"{said}; no controller says which time is right")
            return
        certain_ms = abs(reading.offset_ms) - reading.bound_ms
        if certain_ms < SKEW_MS:
            self._health.well(SUBJECT)
            return
        side = "behind" if reading.offset_ms > 0 else "ahead of"
        self._health.ill(
            SUBJECT,
            f"this host is {abs(reading.offset_ms) / 1e3:.3f} s {side} the controller"
            f" (within {reading.bound_ms:.0f} ms): times of results are corrected",
        )

    def _times(self) -> _Times:
        """Again where the process was put aside between the readings."""
        left = 3
        while True:
            left -= 1
            boot_ns = round(self._clock.boottime() * 1e9)
            wall_ns = (self._clock.now() - _EPOCH) // _US * 1_000
            mono_ns = round(self._clock.monotonic() * 1e9)
            after_ns = round(self._clock.boottime() * 1e9)
            if after_ns - boot_ns < _CLOSE_NS or not left:
                return _Times(wall_ns, (boot_ns + after_ns) // 2, mono_ns)
