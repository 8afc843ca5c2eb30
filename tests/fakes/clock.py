"""A clock that stands still until a test moves it."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

import anyio
import anyio.lowlevel

START = datetime(2026, 1, 1, tzinfo=UTC)
MOST_STEPS = 100_000


class FakeClock:
    """Both clocks start where the test says. Only `advance`, `suspend`, `slumber` and `set_wall`
    move them.
    """

    def __init__(self, start: datetime = START, monotonic: float = 1_000.0) -> None:
        self._wall, self._monotonic = start, monotonic
        self._slumbered = 0.0
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._slept = 0

    def now(self) -> datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic

    def boottime(self) -> float:
        return self._monotonic + self._slumbered

    async def sleep(self, seconds: float) -> None:
        """Wait for `advance`; nothing gives the other tasks one turn. Raises ValueError below 0."""
        if seconds < 0:
            raise ValueError("delay must be a non-negative number")
        if seconds == 0:
            await anyio.lowlevel.checkpoint()
            return
        self._slept += 1
        sleeper = (self._monotonic + seconds, self._slept, anyio.Event())
        heapq.heappush(self._sleepers, sleeper)
        try:
            await sleeper[2].wait()
        except BaseException:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)
            raise

    @property
    def sleepers(self) -> int:
        """How many tasks are asleep now."""
        return len(self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Move both clocks; wake sleepers in the order of their times, each at its own time.

        Between two of them, and at the end, everything that can run without time runs.
        """
        until = self._monotonic + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, event = heapq.heappop(self._sleepers)
            self._pass(max(0.0, due - self._monotonic))
            event.set()
            await settle()
        self._pass(until - self._monotonic)
        self._monotonic = until
        await settle()

    async def suspend(self, seconds: float) -> None:
        """Move both clocks at once, as a machine that was stopped: all who are due wake late."""
        await settle()
        self._pass(seconds)
        while self._sleepers and self._sleepers[0][0] <= self._monotonic:
            heapq.heappop(self._sleepers)[2].set()
        await settle()

    def slumber(self, seconds: float) -> None:
        """Suspend the machine: its timers stand still, only wall clock and boot time go on."""
        self._wall += timedelta(seconds=seconds)
        self._slumbered += seconds

    def set_wall(self, now: datetime) -> None:
        """Step the wall clock alone, as an operator or NTP does."""
        self._wall = now

    def _pass(self, seconds: float) -> None:
        self._wall += timedelta(seconds=seconds)
        self._monotonic += seconds


async def settle() -> None:
    """Let every other task run until it waits for time, for a thread or for a socket."""
    ready = vars(asyncio.get_running_loop())["_ready"]
    for _ in range(MOST_STEPS):
        await anyio.lowlevel.checkpoint()
        if not ready:
            return
    raise AssertionError("the tasks never come to rest")
