"""How many bytes of results go at once: as many as the line carries in a moment. Pure.

Over 32 kbit/s half a megabyte takes two minutes, in which nothing else is heard and after which, if
the line broke meanwhile, all of it is to be sent again.
"""

from typing import Final

from forepost.wire.uplink.messages import MAX_BATCH_BYTES

FIRST: Final = 8 << 10
LEAST: Final = 1 << 10
"""A single result that is larger goes all the same."""
QUICK_SEC: Final = 2.0
"""What is acknowledged sooner may be larger next time: as much as would take so long, twice as much
at most ..."""
LEAST_SEC: Final = 0.001
SLOW_SEC: Final = 5.0
"""... and half as large after this. A controller that is far away or busy is in between."""


class BatchSize:
    """One for all conversations of an agent."""

    def __init__(self) -> None:
        self.bytes = FIRST
        self._on_its_way = 0

    def connected(self) -> None:
        """Begin small; smaller than what the last connection broke over."""
        if self._on_its_way:
            self.bytes = max(LEAST, min(self.bytes, self._on_its_way) // 2)
        self.bytes = min(self.bytes, FIRST)
        self._on_its_way = 0

    def sent(self, size: int) -> None:
        self._on_its_way = size

    def acknowledged(self, after_sec: float) -> None:
        """What was sent last. A few small results say nothing of what a large batch would do."""
        if after_sec > SLOW_SEC:
            self.bytes = max(LEAST, self.bytes // 2)
        elif after_sec <= QUICK_SEC and self._on_its_way >= self.bytes // 2:
            larger = min(2.0, QUICK_SEC / max(after_sec, LEAST_SEC))
            self.bytes = min(MAX_BATCH_BYTES, round(self.bytes * larger))
        self._on_its_way = 0
