"""The only place that reads time."""

import time
from datetime import UTC, datetime
from typing import Protocol

import anyio


class Clock(Protocol):
    """Time as an argument: real (`SystemClock`), or in the hands of a test."""

    def now(self) -> datetime:
        """Wall clock, in UTC: what a person reads. Never subtract two of them."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow: what durations are made of."""
        ...

    def boottime(self) -> float:
        """As `monotonic`, and it grows also while the machine is suspended."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of `monotonic`."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def boottime(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
