"""How fast bytes may go: a bucket that fills with time. Of several threads."""

import threading
from collections.abc import Callable
from typing import Final

BURST_SEC: Final = 0.25
LONGEST_WAIT_SEC: Final = 1.0


class RateLimit:
    """Of one direction; unlimited until a limit is set."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._limit: float | None = None
        self._room = 0.0
        self._at = 0.0

    def limit(self, bytes_per_sec: float | None) -> None:
        """None: no limit; 0: nothing goes."""
        with self._lock:
            if bytes_per_sec == self._limit:
                return
            self._limit, self._room, self._at = bytes_per_sec, 0.0, self._monotonic()
        with self._changed:
            self._changed.notify_all()

    def take(self, count: int) -> None:
        """Wait until so many bytes may go."""
        if self._limit is None:
            return
        while (wait := self.wait_sec(count)) > 0:
            with self._changed:
                self._changed.wait(min(wait, LONGEST_WAIT_SEC))

    def wait_sec(self, count: int) -> float:
        """Take so many bytes and return 0, or return for how long that is too early."""
        with self._lock:
            if self._limit is None:
                return 0.0
            if self._limit <= 0:
                return LONGEST_WAIT_SEC
            now = self._monotonic()
            most = self._limit * BURST_SEC
            self._room = min(most, self._room + (now - self._at) * self._limit)
            self._at = now
            if self._room >= 0:
                # A debt is paid by who comes next: what is larger than the bucket goes too.
                self._room -= count
                return 0.0
            return -self._room / self._limit
