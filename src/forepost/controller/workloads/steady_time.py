"""Dates for what is kept over a restart and waited for meanwhile."""

from datetime import datetime, timedelta

from forepost.kit.clock import Clock


class SteadyTime:
    """Begins with the wall clock of this start, and goes on whatever that is set to: an hour more
    is an hour that has passed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now(), clock.boottime()

    def now(self) -> datetime:
        at, boottime = self._began
        return at + timedelta(seconds=self._clock.boottime() - boottime)
