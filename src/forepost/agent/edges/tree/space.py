"""Room on a disk: what is free of it, and what is set aside for the engine's own files."""

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

MOST_RESERVE: Final = 64 << 20
SHARE: Final = 20
"""A small disk keeps a part of it free: one in so many."""
SET_ASIDE: Final = 4 << 20
LOOK_BYTES: Final = 16 << 20
"""Written since the last look, after which the disk is looked at again."""
NAME: Final = "set-aside"


class DiskSpace:
    """Of the file system that a folder is on. Of several threads."""

    def __init__(self, fd: int) -> None:
        """`fd`: of a directory in it."""
        self._fd = fd
        self._lock = threading.Lock()
        self._free = 0
        self._taken = LOOK_BYTES

    def has(self, count: int) -> bool:
        """Whether so many bytes may be written, and enough is free then for others. What may be is
        counted as written.
        """
        with self._lock:
            if self._taken + count >= LOOK_BYTES or self._free < self._taken + count:
                self._free, self._taken = self._look(), 0
            if self._free < self._taken + count:
                return False
            self._taken += count
            return True

    def would_have(self, count: int) -> bool:
        """Whether so many bytes may be written now. Looks at the disk."""
        return self._look() >= count

    def _look(self) -> int:
        found = os.statvfs(f"/proc/self/fd/{self._fd}")
        total, free = found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize
        return free - min(MOST_RESERVE, total // SHARE)


class SetAside:
    """A file that holds room for the indexes, given up when the disk is full."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME

    def hold(self) -> None:
        """Have the room, if there is enough."""
        with suppress(OSError):
            if self._file.exists():
                return
            found = os.statvfs(self._file.parent)
            if found.f_bavail * found.f_frsize < 4 * SET_ASIDE:
                return
            with self._file.open("xb") as file:
                os.posix_fallocate(file.fileno(), 0, SET_ASIDE)

    def give_up(self) -> bool:
        """Whether there was something to give up."""
        try:
            self._file.unlink()
        except OSError:
            return False
        return True
