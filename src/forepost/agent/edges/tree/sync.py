"""Brings what was written to the disk: many files at once.

An fsync for each of 20,000 small files takes twice as long as a syncfs(2) for each 500 of them,
which also has all renames before it on the disk.
"""

import ctypes
import os
from collections.abc import Iterable
from typing import Final

_WRITE: Final = 2
_libc: Final = ctypes.CDLL(None, use_errno=True)


def sync_all(root: int, fds: Iterable[int]) -> None:
    """Sync the file system of the directory `root`, in which these files were written.

    Raises OSError: also where an earlier write to it failed, since kernel 5.8.
    """
    for fd in fds:
        # Begins only: what fails is told by the next call.
        _libc.sync_file_range(fd, ctypes.c_int64(0), ctypes.c_int64(0), _WRITE)
    if _libc.syncfs(root):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
