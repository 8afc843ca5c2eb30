"""The root of a folder on this disk: looks at what is below it, and reads it."""

import errno
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

from forepost.agent.edges.tree.beneath import open_beneath

OWN: Final = b".sync"
"""The engine's own folder at the root."""
MARKER: Final = b"ID"
LONGEST_MARKER: Final = 1_000
_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC
_GONE: Final = frozenset((errno.ENOENT, errno.ENOTDIR))

_PROBE: Final = "\u00e9.probe"

DiskKind = Literal["file", "folder", "link", "other"]


class RootMissing(Exception):
    """The root is not there, or is another one than it was: nothing is concluded from that."""


class OnDisk(msgspec.Struct, frozen=True, gc=False):
    """What is under a name now."""

    kind: DiskKind
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    mode: int
    """Permission bits alone."""
    device: int


class FolderRoot:
    """Everything is named by names below the root; links are not followed."""

    def __init__(self, path: Path) -> None:
        """Raises RootMissing, OSError."""
        self.path = path
        try:
            self.fd = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RootMissing(f"{path}: {error.strerror}") from None
        self._identity = self._now()
        self.folds = False
        """Whether several names are one on this file system: of case, or of form of Unicode."""
        self.on_list: Callable[[int, list[bytes]], None] = _ignore
        """Called with each folder before it is listed."""

    def close(self) -> None:
        """A thread that is late finds nothing, and no other folder that has the number now."""
        fd, self.fd = self.fd, -1
        os.close(fd)

    def _now(self) -> tuple[int, int]:
        found = self.path.stat()
        return found.st_dev, found.st_ino

    def check(self, marker: str) -> None:
        """Raises RootMissing where the root is not the one that was opened, or its marker is not
        the folder's: then it is unmounted, or somebody else's.
        """
        try:
            is_same = self._now() == self._identity
        except OSError as error:
            raise RootMissing(f"{self.path}: {error.strerror}") from None
        if not is_same:
            raise RootMissing(f"{self.path}: another folder is there now")
        found = self.marker()
        if found != marker:
            what = "has no marker (.sync/ID)" if found is None else "is of another job (.sync/ID)"
            raise RootMissing(f"{self.path}: {what}; is it mounted?")

    def file_system(self) -> bytes:
        """Return what tells the file system from others, also after a restart of the host."""
        found = os.statvfs(f"/proc/self/fd/{self.fd}").f_fsid
        return b"%d" % (found or self.path.stat().st_dev)

    def marker(self) -> str | None:
        """Return whose folder this is; None: nobody's yet."""
        try:
            fd = open_beneath(self.fd, [OWN, MARKER], os.O_RDONLY)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise
        with os.fdopen(fd, "rb") as file:
            return file.read(LONGEST_MARKER).decode(errors="replace").strip()

    def mark(self, marker: str) -> None:
        """Make it the folder of a job."""
        with self.folder([]) as root, suppress(FileExistsError):
            os.mkdir(OWN, 0o700, dir_fd=root)
        fd = open_beneath(self.fd, [OWN, MARKER], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(marker.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def find_folds(self) -> None:
        """Find out whether several names are one; the folder is marked. Raises OSError."""
        with self.folder([OWN]) as own:
            self.folds = _is_there(own, MARKER.lower())
            if not self.folds:
                with suppress(OSError):
                    os.close(os.open(_PROBE, os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=own))
                    self.folds = _is_there(own, unicodedata.normalize("NFD", _PROBE))
                    os.unlink(_PROBE, dir_fd=own)

    def twin(self, names: list[bytes]) -> list[bytes] | None:
        """Return the names of what this file system takes for it though it has other names, or is
        below what has; None: nothing is. Raises OSError.
        """
        for depth, name in enumerate(names):
            above = names[:depth]
            try:
                with self.folder(above) as fd:
                    spelled = _spelled(fd, name)
            except OSError as error:
                if error.errno in _GONE:
                    return None
                raise
            if spelled != name:
                return None if spelled is None else [*above, spelled]
        return None

    @contextmanager
    def folder(self, names: list[bytes]) -> Iterator[int]:
        """Open a folder below the root, for calls with `dir_fd`. Raises OSError."""
        fd = self.open_folder(names)
        try:
            yield fd
        finally:
            os.close(fd)

    def open_folder(self, names: list[bytes]) -> int:
        """Open a folder below the root; the caller closes it. Raises OSError."""
        return open_beneath(self.fd, names, os.O_RDONLY | os.O_DIRECTORY)

    def stat(self, names: list[bytes]) -> OnDisk | None:
        """None: there is nothing, or no folder above it."""
        if self.folds and self.twin(names) is not None:
            return None
        try:
            fd = open_beneath(self.fd, names, os.O_PATH)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise
        try:
            return on_disk(os.fstat(fd))
        finally:
            os.close(fd)

    def listing(self, names: list[bytes]) -> list[tuple[bytes, OnDisk]]:
        """Return what is in a folder, by name in order of bytes. Raises OSError."""
        with self.folder(names) as fd:
            self.on_list(fd, names)
            found = []
            with os.scandir(fd) as entries:
                for entry in entries:
                    try:
                        seen = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    found.append((os.fsencode(entry.name), on_disk(seen)))
        found.sort(key=lambda one: one[0])
        return found

    def link_target(self, names: list[bytes]) -> bytes:
        with self.folder(names[:-1]) as fd:
            return os.readlink(names[-1], dir_fd=fd)

    def open_file(self, names: list[bytes]) -> int:
        """Open a regular file for reading. Raises OSError."""
        fd = open_beneath(self.fd, names, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "not a file", os.fsdecode(b"/".join(names)))
        return fd

    def open_file_in(self, folder: int, name: bytes) -> int:
        """Open a regular file of a folder that was opened below the root. Raises OSError."""
        fd = os.open(name, _READ, dir_fd=folder)
        now = os.fstat(fd)
        if not stat.S_ISREG(now.st_mode) or now.st_dev != self._identity[0]:
            os.close(fd)
            raise OSError(errno.EINVAL, "not a file of this folder", os.fsdecode(name))
        return fd


def _is_there(folder: int, name: str | bytes) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _spelled(folder: int, name: bytes) -> bytes | None:
    """Return the name of what the file system takes for `name`. Raises OSError: there is nothing.

    None: it was renamed meanwhile.
    """
    with os.scandir(folder) as entries:
        names = {os.fsencode(entry.name) for entry in entries}
    if name in names:
        return name
    inode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino
    for one in names:
        with suppress(FileNotFoundError):
            if os.stat(one, dir_fd=folder, follow_symlinks=False).st_ino == inode:
                return one
    return None


def _ignore(_fd: int, _names: list[bytes]) -> None:
    pass


def on_disk(seen: os.stat_result) -> OnDisk:
    if stat.S_ISREG(seen.st_mode):
        kind: DiskKind = "file"
    elif stat.S_ISDIR(seen.st_mode):
        kind = "folder"
    else:
        kind = "link" if stat.S_ISLNK(seen.st_mode) else "other"
    return OnDisk(
        kind,
        seen.st_size,
        seen.st_mtime_ns,
        seen.st_ctime_ns,
        seen.st_ino,
        stat.S_IMODE(seen.st_mode) & 0o777,
        seen.st_dev,
    )
