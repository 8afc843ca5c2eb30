"""Since when the wall clock has only gone on: what was made before it went back may be of days that
had not been.
"""

from datetime import datetime, timedelta
from typing import Final

from forepost.kit.clock import Clock

NOTED: Final = timedelta(minutes=1)


class StepBack:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.now()
        self._last = self._since, clock.monotonic()

    def look(self) -> datetime:
        """Return the wall clock's time after its last step back, or at the start. Asked often: a
        step between two looks shows against the monotonic clock.
        """
        now, now_sec = self._clock.now(), self._clock.monotonic()
        last, last_sec = self._last
        if now - last < timedelta(seconds=now_sec - last_sec) - NOTED:
            self._since = now
        self._last = now, now_sec
        return self._since
