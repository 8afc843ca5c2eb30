"""The time by which what is old is deleted. It never runs ahead of what has passed for certain."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile

FILE: Final = "settled-time.json"
CATCH_UP: Final = 24
"""Hours by which it may come nearer to the wall clock in an hour."""
KEEP_SEC: Final = 600.0
NOTED: Final = timedelta(days=2)
"""So far behind the wall clock it is said."""
SUBJECT: Final = "clock"


class _Kept(msgspec.Struct, frozen=True):
    at: datetime


kept_time: Final = msgspec.json.Decoder(_Kept)


class SettledClock:
    """A Clock. `now` is the wall clock's, or earlier: after a jump ahead, or after a long rest, it
    catches up by a day an hour, so that nobody's history is gone before somebody can look.
    """

    def __init__(self, folder: Path, clock: Clock, health: Health) -> None:
        self._clock, self._health = clock, health
        self._file = StateFile(folder / FILE, kept_time.decode, largest=1_024)
        kept = self._file.recall(health)
        at = clock.now() if kept is None else kept.at
        self._anchor = at, clock.monotonic()
        self.keep()

    def now(self) -> datetime:
        at, since_sec = self._anchor
        wall, now_sec = self._clock.now(), self._clock.monotonic()
        passed = timedelta(seconds=now_sec - since_sec)
        settled = min(wall, at + (1 + CATCH_UP) * passed)
        self._anchor = settled, now_sec
        return settled

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def boottime(self) -> float:
        return self._clock.boottime()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    async def run(self) -> None:
        while True:
            self.keep()
            await self._clock.sleep(KEEP_SEC)

    def keep(self) -> None:
        """On disk, for the next start; and say where the wall clock is far ahead."""
        settled = self.now()
        self._file.keep(msgspec.json.encode(_Kept(settled)), self._health)
        ahead = self._clock.now() - settled
        if ahead < NOTED:
            self._health.well(SUBJECT)
            return
        self._health.ill(
            SUBJECT,
            f"is {ahead.days} days ahead of what has passed since the controller ran last: what is"
            f" old is deleted as of {settled:%F}, catching up by a day an hour; stop the"
            " controller and set the clock if it is wrong",
            minor=True,
        )
