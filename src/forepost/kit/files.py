"""Files that are whole or absent, with their mode from the first byte. No link is followed."""

import contextlib
import errno
import logging
import os
import stat
from pathlib import Path

_log = logging.getLogger(__name__)


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write `data` to `path` so that a reader, or a crash, sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()  # of a process that had our number and was killed
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(temporary, flags, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def try_place(path: Path, size: int) -> None:
    """See that `path` can be written: that much goes to the disk beside it, and away again. Raises
    OSError.
    """
    tried = path.with_name(f".{path.name}.try")
    replace(tried, bytes(size))
    tried.unlink()
    sync_folder(path.parent)


def open_regular(path: Path, flags: int = os.O_RDONLY, *, follow: bool = False) -> int:
    """A descriptor of a regular file. Raises OSError. It never waits, as a FIFO would have it.

    `follow`: a link to one is taken too, where an operator may have put it.
    """
    flags |= os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    return descriptor


def read(path: Path, largest: int, *, follow: bool = False) -> bytes:
    """All of a regular file of `largest` bytes at most. Raises OSError."""
    with os.fdopen(open_regular(path, follow=follow), "rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise OSError(errno.EFBIG, f"is larger than {largest} bytes", str(path))
    return data


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: a rename or a removal is one of its entries."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_folder(path: Path) -> Path:
    """Make `path` for this user only, or see that it is: others lose what they may do with it.

    Raises OSError where it is somebody else's, or no folder.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        found = os.fstat(descriptor)
        if found.st_uid not in (os.geteuid(), 0):
            raise OSError(errno.EPERM, f"belongs to user {found.st_uid}", str(path))
        if found.st_uid == os.geteuid() and found.st_mode & 0o077:
            os.fchmod(descriptor, 0o700)
            _log.warning("%s could be read by others: its mode is 0700 now", path)
    finally:
        os.close(descriptor)
    return path


def reclaimed_folder(path: Path) -> Path:
    """As `private_folder`; what lies in its place, and is no folder, is set aside. Raises
    OSError.
    """
    if os.path.lexists(path) and not path.is_dir():
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        _log.warning("%s was no folder: set aside as %s", path, aside.name)
    return private_folder(path)
