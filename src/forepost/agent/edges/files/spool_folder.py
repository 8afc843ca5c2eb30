"""A folder of append-only files. Nothing in it is believed: see `docs/adr/0002`."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from forepost.kit import files

ASIDE: Final = ".damaged"
MOST_ASIDE: Final = 16
MOST_ASIDE_BYTES: Final = 8 << 20
BLOCK: Final = 4_096
NO_DAMAGE: Final = {errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""Why a file cannot be read now that says nothing of what is in it."""


class Disk(Protocol):
    """The folder of a spool: append-only files, none of which is believed."""

    def names(self) -> list[str]:
        """Of everything that is there, in order."""
        ...

    def append(self, name: str, at: int, data: bytes) -> None:
        """All of `data` or nothing of it, in the kernel's hands at return; at 0 the file is made.

        Raises OSError, also where the file is there already or does not end at `at`.
        """
        ...

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Raises OSError."""
        ...

    def salvage(self, name: str, size: int) -> bytes:
        """As much of a file as can be read, zeros for blocks that cannot. Raises OSError."""
        ...

    def cut(self, name: str, size: int) -> None:
        """Shorten a file to `size` bytes; to 0 means away with it. Raises OSError."""
        ...

    def set_aside(self, name: str, instead: bytes = b"") -> None:
        """Keep a damaged file for people, within bounds; in its place is `instead`, or nothing.

        A crash in between leaves the one or the other. Raises OSError.
        """
        ...

    def aside(self) -> int:
        """How many files are set aside."""
        ...

    def sync(self) -> None:
        """Make what was appended survive a power cut. Slow: call it from a thread."""
        ...


class SpoolFolder:
    """A Disk on a real folder, private to this user. Follows no links, opens regular files only."""

    def __init__(self, path: Path) -> None:
        self._path = files.private_folder(path)
        self._open: tuple[str, int] | None = None
        self._unsynced: set[str] = set()

    def names(self) -> list[str]:
        return sorted(os.listdir(self._path))  # noqa: PTH208 - names are what is wanted

    def append(self, name: str, at: int, data: bytes) -> None:
        descriptor = self._descriptor(name, new=at == 0)
        found = os.fstat(descriptor)
        if found.st_size != at or not found.st_nlink:
            raise OSError(errno.EIO, "is not as it was left", name)
        written = 0
        try:
            while written < len(data):
                written += os.write(descriptor, data[written:])
        except OSError:
            os.ftruncate(descriptor, at)
            raise
        self._unsynced.add(name)

    def read(self, name: str, offset: int, size: int) -> bytes:
        descriptor = files.open_regular(self._path / name)
        try:
            return os.pread(descriptor, size, offset)
        finally:
            os.close(descriptor)

    def salvage(self, name: str, size: int) -> bytes:
        descriptor = files.open_regular(self._path / name)
        try:
            size = min(size, os.fstat(descriptor).st_size)
            return b"".join(_blocks(descriptor, size))
        finally:
            os.close(descriptor)

    def cut(self, name: str, size: int) -> None:
        if size:
            descriptor = files.open_regular(self._path / name, os.O_WRONLY)
            try:
                os.ftruncate(descriptor, size)
            finally:
                os.close(descriptor)
            return
        self._forget(name)
        (self._path / name).unlink(missing_ok=True)

    def set_aside(self, name: str, instead: bytes = b"") -> None:
        self._forget(name)
        path, aside = self._path / name, self._path / f"{name}{ASIDE}"
        aside.unlink(missing_ok=True)
        if instead:
            aside.hardlink_to(path)
            files.replace(path, instead)
        else:
            path.rename(aside)
            files.sync_folder(self._path)
        self._bound()

    def aside(self) -> int:
        return len(self._asides())

    def sync(self) -> None:
        names, self._unsynced = self._unsynced, set()
        try:
            for name in names:
                self._sync(name)
        except OSError:
            self._unsynced |= names
            raise
        if names:
            files.sync_folder(self._path)

    def close(self) -> None:
        if self._open is not None:
            os.close(self._open[1])
            self._open = None

    def _sync(self, name: str) -> None:
        try:
            descriptor = files.open_regular(self._path / name)
        except FileNotFoundError:
            return  # everything in it was acknowledged meanwhile
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _descriptor(self, name: str, *, new: bool) -> int:
        """Only the newest file is written to, so one open descriptor is enough."""
        if self._open is None or self._open[0] != name:
            if not new:
                raise OSError(errno.ENOENT, "is not open any more", name)
            self.close()
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._open = name, os.open(self._path / name, flags | os.O_NOFOLLOW, 0o600)
        return self._open[1]

    def _forget(self, name: str) -> None:
        self._unsynced.discard(name)
        if self._open is not None and self._open[0] == name:
            self.close()

    def _asides(self) -> list[Path]:
        return sorted(one for one in self._path.iterdir() if one.name.endswith(ASIDE))

    def _bound(self) -> None:
        """The newest stay; of a folder of that name nothing is known, and it stays too."""
        room = MOST_ASIDE_BYTES
        for number, path in enumerate(reversed(self._asides())):
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode):
                continue
            room -= found.st_size
            if number >= MOST_ASIDE or room < 0:
                path.unlink()


def _blocks(descriptor: int, size: int) -> Iterator[bytes]:
    for at in range(0, size, BLOCK):
        length = min(BLOCK, size - at)
        try:
            yield os.pread(descriptor, length, at)
        except OSError:
            yield bytes(length)
