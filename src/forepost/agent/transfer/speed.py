"""How fast something goes, over the last seconds. Of several threads."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

WINDOW_SEC: Final = 5.0
STEP_SEC: Final = 0.25


class Throughput:
    """Bytes of one direction: all of them, and their rate."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self.total = 0
        self._steps: deque[tuple[float, int]] = deque()

    def add(self, count: int) -> None:
        now = self._monotonic()
        with self._lock:
            self.total += count
            if self._steps and now - self._steps[-1][0] < STEP_SEC:
                at, known = self._steps.pop()
                self._steps.append((at, known + count))
            else:
                self._steps.append((now, count))

    def per_sec(self) -> int:
        """Return bytes a second; 0 where nothing went within WINDOW_SEC."""
        now = self._monotonic()
        with self._lock:
            while self._steps and now - self._steps[0][0] > WINDOW_SEC:
                self._steps.popleft()
            if not self._steps:
                return 0
            span = max(now - self._steps[0][0], STEP_SEC)
            return int(sum(count for _, count in self._steps) / span)
