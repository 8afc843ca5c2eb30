"""Files that have all their bytes, and wait for their names."""

import os
import threading
from collections import deque
from collections.abc import Sequence

import msgspec

from forepost.wire.jobs.folder import Row


class Finished(msgspec.Struct, frozen=True):
    """A file that has all its bytes under its unfinished name."""

    row: Row
    name: bytes
    fd: int
    """-1: a large file, which `GrowingFiles` has open."""


class FinishedFiles:
    """Files that wait for their names: who would put more than `most` waits. Of several threads.

    Each file is open, so that `together`, which a thread puts at once, is a small part of `most`.
    """

    def __init__(self, most: int) -> None:
        self._most, self.together = most, max(1, most // 8)
        self._files: deque[Finished] = deque()
        self._condition = threading.Condition()
        self._is_closed = False

    def put(self, files: Sequence[Finished]) -> None:
        """Add files; waits where too many are there. After the end they are closed."""
        with self._condition:
            while len(self._files) >= self._most and not self._is_closed:
                self._condition.wait()
            self._files.extend(files)
            if self._is_closed:
                self._drop()
            self._condition.notify_all()

    def close(self) -> None:
        """Close what waits, and whatever comes later."""
        with self._condition:
            self._is_closed = True
            self._drop()
            self._condition.notify_all()

    def _drop(self) -> None:
        for one in self._files:
            if one.fd >= 0:
                os.close(one.fd)
        self._files.clear()

    def take(self, most: int, wait_sec: float) -> list[Finished]:
        """Return files; waits for the first."""
        with self._condition:
            if not self._files and wait_sec > 0:
                self._condition.wait(wait_sec)
            found = [self._files.popleft() for _ in range(min(most, len(self._files)))]
            self._condition.notify_all()
        return found
