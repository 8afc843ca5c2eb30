"""Somewhere where telemetry goes, and the queue before it."""

from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

import anyio

MOST_WAITING: Final = 20_000
"""Records of one sink, or of one client of a socket."""
END_SEC: Final = 2.0
"""What is told last may take so long."""


class Sink(Protocol):
    """Somewhere where records of telemetry go."""

    @property
    def lost(self) -> int:
        """Records that it had no room for, or that were not wanted where they were sent."""
        ...

    def take(self, kind: str, line: bytes) -> None:
        """Take a record, JSON without a line's end. Never waits: without room it is counted."""
        ...

    async def run(self) -> None:
        """Pass on what is taken, until cancelled."""
        ...

    async def flush(self) -> None:
        """After `run`: tell what was taken last, as far as it can be told soon, and close."""
        ...


class Queue:
    """Records of the kinds that are wanted; the newest is dropped where there is no room."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self._kinds = frozenset(kinds)
        self.waiting: deque[bytes] = deque()
        self.lost = 0
        self._came = anyio.Event()

    def take(self, kind: str, line: bytes) -> None:
        if self._kinds and kind not in self._kinds:
            return
        if len(self.waiting) >= MOST_WAITING:
            self.lost += 1
            return
        self.waiting.append(line)
        self._came.set()

    async def wait(self) -> None:
        while not self.waiting:
            self._came = anyio.Event()
            await self._came.wait()

    def all(self, most: int = MOST_WAITING) -> list[bytes]:
        return [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]

    def back(self, lines: Sequence[bytes]) -> None:
        """These could not be told: they are the next again, and the newest go for want of room."""
        self.waiting.extendleft(reversed(lines))
        while len(self.waiting) > MOST_WAITING:
            self.waiting.pop()
            self.lost += 1
