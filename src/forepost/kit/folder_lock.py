"""One process for each folder of state."""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final, Self

NAME: Final = "lock"
TAKEN: Final = 4
"""Exit status of a process that finds its folder taken: trying again is of no use."""


class Taken(Exception):
    """Another process has the folder; the text names both."""


class FolderLock:
    """Made by `take`, held to the end of its `with` or of the process. Children do not inherit it,
    and a process that becomes another program loses it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Raises Taken at once, and OSError."""
        path = folder / NAME
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            who = f"process {holder}" if holder.isdecimal() else "another process"
            raise Taken(f"{folder} is in use by {who}") from None
        with contextlib.suppress(OSError):  # a full disk: the lock is held all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
