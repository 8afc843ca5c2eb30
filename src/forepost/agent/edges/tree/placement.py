"""Puts files into a folder and takes them out: whole or not at all, and what was there is kept.

A file grows under an unfinished name beside its place. It gets its name by an exchange of names, so
that what had the name before comes out in one piece and can be compared with what was expected:
a change that nobody knew of is never overwritten. The version before is in the archive by then.
"""

import contextlib
import errno
import os
from collections.abc import Callable
from typing import Final

from blake3 import blake3

from forepost.agent.edges.tree.archive import Archive
from forepost.agent.edges.tree.beneath import (
    UNSUPPORTED,
    exchange,
    open_beneath,
    rename_to_new,
)
from forepost.agent.edges.tree.open_files import share
from forepost.agent.edges.tree.root import FolderRoot, OnDisk, on_disk

UNFINISHED: Final = b".!sync"
MOST_NAME: Final = 255
MOST_OPEN: Final = 64
"""Folders that are open at a time."""
PART_OPEN: Final = 10
"""Of all files that the process may have open."""


class ChangedHere(Exception):
    """What is on the disk is not what was expected: it is looked at again before anything else."""


class Overtaken(ChangedHere):
    """What has the unfinished name now is not the engine's: somebody else's file came between."""


class OpenFolders:
    """Folders that are open while many files are placed in them, one after another."""

    def __init__(self, root: FolderRoot) -> None:
        self._root = root
        self._most = share(PART_OPEN, MOST_OPEN)
        self._open: dict[tuple[bytes, ...], int] = {}

    def open(self, names: list[bytes]) -> int:
        """Return a descriptor, good until `close` or so many others. Raises OSError."""
        key = tuple(names)
        found = self._open.get(key)
        if found is None:
            if len(self._open) >= self._most:
                self.close()
            found = self._open[key] = self._root.open_folder(names)
        return found

    def close(self) -> None:
        for fd in self._open.values():
            os.close(fd)
        self._open.clear()


class Placement:
    """Of one folder."""

    def __init__(self, root: FolderRoot, archive: Archive) -> None:
        self._root, self._archive = root, archive

    def begin(self, names: list[bytes], content: bytes) -> tuple[bytes, int]:
        """Return name and descriptor of the unfinished file for this content, which may be there
        already in part. Raises OSError.
        """
        name = unfinished_name(names[-1], content)
        flags = os.O_RDWR | os.O_CREAT
        return name, open_beneath(self._root.fd, [*names[:-1], name], flags, 0o600)

    def write(
        self,
        names: list[bytes],
        content: bytes,
        data: memoryview,
        dress: tuple[int, int],
        folders: OpenFolders,
    ) -> tuple[bytes, int]:
        """Return name and descriptor of an unfinished file that has all its bytes, its time (ns)
        and its permission bits. Raises OSError: it is not there then.
        """
        name = unfinished_name(names[-1], content)
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        folder = folders.open(names[:-1])
        fd = os.open(name, flags, 0o600, dir_fd=folder)
        try:
            written = os.write(fd, data)
            while written < len(data):
                written += os.write(fd, data[written:])
            os.fchmod(fd, dress[1])
            os.utime(fd, ns=(dress[0], dress[0]))
        except OSError:
            os.close(fd)
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=folder)
            raise
        return name, fd

    def give_up(self, names: list[bytes], name: bytes) -> None:
        """Remove an unfinished file, if it is there."""
        with (
            contextlib.suppress(FileNotFoundError, NotADirectoryError),
            self._root.folder(names[:-1]) as folder,
        ):
            os.unlink(name, dir_fd=folder)

    def finish(
        self,
        names: list[bytes],
        name: bytes,
        dress: tuple[int, int],
        is_expected: Callable[[OnDisk | None], bool],
        folders: OpenFolders | None = None,
        fd: int = -1,
    ) -> OnDisk:
        """Give the unfinished file `name` its place, and return what is there then.

        `dress`: its time (ns) and permission bits. Its data is written, and synced where that is
        wanted. `is_expected` says whether what is in its place may be replaced. `folders`: those
        that many files are placed in, one after another; `fd`: the file itself, where it is open,
        and dressed (`write`).
        Raises ChangedHere, OSError: the place is as it was.
        """
        if folders is not None:
            return self._finish(folders.open(names[:-1]), names, name, dress, is_expected, fd)
        with self._root.folder(names[:-1]) as folder:
            return self._finish(folder, names, name, dress, is_expected, fd)

    def _finish(
        self,
        folder: int,
        names: list[bytes],
        name: bytes,
        dress: tuple[int, int],
        is_expected: Callable[[OnDisk | None], bool],
        fd: int,
    ) -> OnDisk:
        if fd < 0:
            _dress(folder, name, *dress)
        if is_expected(None):
            _place_new(folder, name, names[-1])
        else:
            before = _look(folder, names[-1])
            if before is None or before.kind == "folder" or not is_expected(before):
                raise ChangedHere
            self._archive.keep(folder, names)
            self._swap(folder, names, name, before)
        found = on_disk(os.fstat(fd)) if fd >= 0 else _look(folder, names[-1])
        if found is None:
            raise ChangedHere
        return found

    def _swap(self, folder: int, names: list[bytes], name: bytes, before: OnDisk) -> None:
        try:
            _swap(folder, name, names[-1], before)
        except Overtaken:
            self._archive.move(folder, [*names[:-1], name], names[-1])
            raise

    def remove(self, names: list[bytes], is_expected: Callable[[OnDisk | None], bool]) -> None:
        """Take a file or link away, into the archive. Raises ChangedHere, OSError."""
        try:
            with self._root.folder(names[:-1]) as folder:
                before = _look(folder, names[-1])
                if before is None:
                    return
                if before.kind == "folder" or not is_expected(before):
                    raise ChangedHere
                self._archive.move(folder, names)
        except (FileNotFoundError, NotADirectoryError):
            return

    def set_aside(self, names: list[bytes], new: list[bytes]) -> None:
        """Give a file another name in its folder, where nothing is. Raises OSError."""
        with self._root.folder(names[:-1]) as folder:
            _place_new(folder, names[-1], new[-1])

    def make_folder(self, names: list[bytes], mode: int) -> OnDisk:
        """Make a folder, or leave the one that is there. Raises ChangedHere where another thing is
        there, OSError.
        """
        with self._root.folder(names[:-1]) as above:
            with contextlib.suppress(FileExistsError):
                os.mkdir(names[-1], 0o700, dir_fd=above)
                _dress(above, names[-1], None, mode | 0o700)
            found = _look(above, names[-1])
        if found is None or found.kind != "folder":
            raise ChangedHere
        return found

    def remove_folder(self, names: list[bytes]) -> None:
        """Remove an empty folder, with what is unfinished in it. Raises ChangedHere where there is
        more in it, OSError.
        """
        try:
            with self._root.folder(names) as folder:
                names_in = _names_in(folder)
                if not all(name.endswith(UNFINISHED) for name in names_in):
                    raise ChangedHere
                for name in names_in:
                    os.unlink(name, dir_fd=folder)
            with self._root.folder(names[:-1]) as above:
                os.rmdir(names[-1], dir_fd=above)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            if error.errno == errno.ENOTEMPTY:
                raise ChangedHere from None
            raise

    def is_vacant(self, names: list[bytes]) -> bool:
        """Whether there is nothing in a folder but what is unfinished. Raises OSError."""
        with self._root.folder(names) as folder:
            return all(name.endswith(UNFINISHED) for name in _names_in(folder))

    def make_link(
        self, names: list[bytes], target: bytes, is_expected: Callable[[OnDisk | None], bool]
    ) -> OnDisk:
        """Raises ChangedHere, OSError."""
        name = unfinished_name(names[-1], target)
        with self._root.folder(names[:-1]) as folder:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            os.symlink(target, name, dir_fd=folder)
            before = _look(folder, names[-1])
            if not is_expected(before) or (before is not None and before.kind == "folder"):
                os.unlink(name, dir_fd=folder)
                raise ChangedHere
            if before is None:
                _place_new(folder, name, names[-1])
            else:
                self._archive.keep(folder, names)
                self._swap(folder, names, name, before)
            found = _look(folder, names[-1])
        if found is None:
            raise ChangedHere
        return found

    def dress(self, names: list[bytes], mtime_ns: int | None, mode: int) -> OnDisk | None:
        """Set time (None: left) and permission bits of a file or folder."""
        with self._root.folder(names[:-1]) as above:
            found = _look(above, names[-1])
            if found is not None:
                if found.kind == "folder":
                    mode |= 0o700
                _dress(above, names[-1], mtime_ns, mode)
            return _look(above, names[-1])


def unfinished_name(name: bytes, content: bytes) -> bytes:
    """Return the name under which a file of this content grows; never more than 255 bytes."""
    mark = b"." + blake3(name + b"\0" + content).hexdigest(8).encode() + UNFINISHED
    room = MOST_NAME - len(mark) - 1
    kept = name[:room].decode(errors="ignore").encode() if len(name) > room else name
    return b"." + kept + mark


def _names_in(folder: int) -> list[bytes]:
    with os.scandir(folder) as entries:
        return [os.fsencode(entry.name) for entry in entries]


def _look(folder: int, name: bytes) -> OnDisk | None:
    try:
        return on_disk(os.stat(name, dir_fd=folder, follow_symlinks=False))
    except FileNotFoundError:
        return None


def _dress(folder: int, name: bytes, mtime_ns: int | None, mode: int) -> None:
    fd = open_beneath(folder, [name], os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.fchmod(fd, mode)
        if mtime_ns is not None:
            os.utime(fd, ns=(mtime_ns, mtime_ns))
    finally:
        os.close(fd)


def _place_new(folder: int, name: bytes, place: bytes) -> None:
    try:
        rename_to_new(folder, name, folder, place)
    except FileExistsError:
        raise ChangedHere from None
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        try:
            os.link(name, place, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            raise ChangedHere from None
        except OSError as refused:
            if refused.errno not in UNSUPPORTED:
                raise
            # Neither is to be had, as on some network file systems: looked at, then renamed.
            if _look(folder, place) is not None:
                raise ChangedHere from None
            os.rename(name, place, src_dir_fd=folder, dst_dir_fd=folder)
            return
        os.unlink(name, dir_fd=folder)


def _swap(folder: int, name: bytes, place: bytes, before: OnDisk) -> None:
    """Put `name` in the place of what is `before`, and remove that: the archive has it."""
    ours = _look(folder, name)
    try:
        exchange(folder, name, place)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        if not _is_same(_look(folder, place), before):
            raise ChangedHere from None
        os.rename(name, place, src_dir_fd=folder, dst_dir_fd=folder)
        return
    if not _is_same(_look(folder, name), before):
        exchange(folder, name, place)
        if ours is None or not _is_same(_look(folder, name), ours):
            raise Overtaken
        raise ChangedHere
    os.unlink(name, dir_fd=folder)


def _is_same(now: OnDisk | None, before: OnDisk) -> bool:
    """Ctime is left out: a further name of the file changes it."""
    return now is not None and (now.inode, now.size, now.mtime_ns) == (
        before.inode,
        before.size,
        before.mtime_ns,
    )
