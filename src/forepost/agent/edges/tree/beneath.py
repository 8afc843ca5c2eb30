"""Opens what is beneath a directory, and nothing else: through no link, and over no mount.

`openat2` (Linux 5.6) does it in one call; where there is none, each name is opened on its own.
"""

import ctypes
import errno
import os
from collections.abc import Sequence
from typing import Final

_NUMBER: Final = 437
_NO_XDEV: Final = 0x01
_NO_SYMLINKS: Final = 0x04
_BENEATH: Final = 0x08
_EXCHANGE: Final = 2
_NOREPLACE: Final = 1
_FOLDER: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_libc: Final = ctypes.CDLL(None, use_errno=True)
UNSUPPORTED: Final = frozenset((errno.ENOSYS, errno.EINVAL, errno.EPERM))


class _How(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


class _Kernel:
    """Whether this kernel has what was asked of it; found out at the first call."""

    has_openat2 = True


def open_beneath(root: int, names: Sequence[bytes], flags: int, mode: int = 0) -> int:
    """Open names below the directory `root`; `flags` and `mode` as of open(2).

    Raises OSError: ELOOP where a link is in the way, EXDEV where it leads out or over a mount.
    """
    flags |= os.O_CLOEXEC | os.O_NOFOLLOW
    if not names:
        return os.open(b".", flags, mode, dir_fd=root)
    if _Kernel.has_openat2:
        how = _How(flags, mode, _BENEATH | _NO_SYMLINKS | _NO_XDEV)
        fd = _libc.syscall(
            _NUMBER, root, b"/".join(names), ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how))
        )
        if fd >= 0:
            return int(fd)
        error = ctypes.get_errno()
        if error in (errno.EINTR, errno.EAGAIN):  # the second: a folder was renamed meanwhile
            return open_beneath(root, names, flags, mode)
        if error != errno.ENOSYS:
            raise OSError(error, os.strerror(error), os.fsdecode(b"/".join(names)))
        _Kernel.has_openat2 = False
    return walk_beneath(root, names, flags, mode)


def walk_beneath(root: int, names: Sequence[bytes], flags: int, mode: int) -> int:
    device = os.fstat(root).st_dev
    at = os.dup(root)
    try:
        for name in names[:-1]:
            below = os.open(name, _FOLDER, dir_fd=at)
            os.close(at)
            at = below
        fd = os.open(names[-1], flags, mode, dir_fd=at)
    finally:
        os.close(at)
    if os.fstat(fd).st_dev != device:
        os.close(fd)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), os.fsdecode(b"/".join(names)))
    return fd


def exchange(folder: int, one: bytes, other: bytes) -> None:
    """Give two files of a folder each other's name at once. Raises OSError; see UNSUPPORTED."""
    _renameat2(folder, one, folder, other, _EXCHANGE)


def rename_to_new(from_: int, old: bytes, to: int, new: bytes) -> None:
    """Rename where there is nothing of the new name. Raises OSError: EEXIST; see UNSUPPORTED."""
    _renameat2(from_, old, to, new, _NOREPLACE)


def _renameat2(from_: int, old: bytes, to: int, new: bytes, flag: int) -> None:
    if _libc.renameat2(from_, old, to, new, flag):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), os.fsdecode(new))
