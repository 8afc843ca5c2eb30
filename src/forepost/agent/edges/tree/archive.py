"""The archive of a folder: versions that were replaced or deleted, in `.sync/Archive`.

A version of `a/b.txt` is `.sync/Archive/a/b.txt`, or `b.1.txt` and so on where that is taken.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from forepost.agent.edges.tree.beneath import UNSUPPORTED, open_beneath, rename_to_new
from forepost.agent.edges.tree.root import OWN, FolderRoot

NAME: Final = b"Archive"
MOST_VERSIONS: Final = 10_000
"""Of one name; then the newest replaces the one before."""
MOST_REMOVED: Final = 10_000
"""Versions that go at a time."""
MOST_NAME: Final = 255
MOST_ENDING: Final = 100
_COPY: Final = frozenset((errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP, *UNSUPPORTED))
COPY_BYTES: Final = 1 << 20


class Archive:
    """Of one folder."""

    def __init__(self, root: FolderRoot) -> None:
        self._root = root

    def keep(self, folder: int, names: list[bytes]) -> None:
        """Keep the file that is now at `names`, which stays there. `folder`: where it is.

        Raises OSError: then it is not kept.
        """
        with self._place(names[:-1]) as place:
            for name in _versions(names[-1]):
                try:
                    os.link(
                        names[-1], name, src_dir_fd=folder, dst_dir_fd=place, follow_symlinks=False
                    )
                except FileExistsError:
                    continue
                except OSError as error:
                    if error.errno not in _COPY:
                        raise
                    if not _copied(folder, names[-1], place, name):
                        continue
                return

    def move(self, folder: int, names: list[bytes], as_: bytes = b"") -> None:
        """Keep the file that is now at `names`, and take it from there. `as_`: under another name.

        Raises OSError.
        """
        with self._place(names[:-1]) as place:
            for name in _versions(as_ or names[-1]):
                try:
                    rename_to_new(folder, names[-1], place, name)
                except FileExistsError:
                    continue
                except OSError as error:
                    if error.errno not in _COPY:
                        raise
                    if not _copied(folder, names[-1], place, name):
                        continue
                    os.unlink(names[-1], dir_fd=folder)
                return

    def shrink(self, oldest_ns: int, most_bytes: int) -> int:
        """Remove versions that came before `oldest_ns`, and the oldest beyond `most_bytes` (0: no
        bound); return how many. MOST_REMOVED at a time. Raises OSError.
        """
        found: list[tuple[int, int, list[bytes]]] = []
        with suppress(FileNotFoundError):
            found = sorted(self._versions([]))
        size = sum(one[1] for one in found)
        gone = 0
        for came_ns, count, names in found:
            if came_ns >= oldest_ns and (not most_bytes or size <= most_bytes):
                break
            if gone == MOST_REMOVED:
                break
            with self._root.folder([OWN, NAME, *names[:-1]]) as folder:
                os.unlink(names[-1], dir_fd=folder)
            size, gone = size - count, gone + 1
        return gone

    def _versions(self, names: list[bytes]) -> Iterator[tuple[int, int, list[bytes]]]:
        """Yield when each version came, its bytes and its names; folders of none go."""
        here = self._root.listing([OWN, NAME, *names])
        for name, now in here:
            if now.kind == "folder":
                yield from self._versions([*names, name])
            else:
                yield now.ctime_ns, now.size, [*names, name]
        if not here and names:
            with self._root.folder([OWN, NAME, *names[:-1]]) as above, suppress(OSError):
                os.rmdir(names[-1], dir_fd=above)

    @contextmanager
    def _place(self, folders: list[bytes]) -> Iterator[int]:
        """The archive's folder for what was in these."""
        at = open_beneath(self._root.fd, [], os.O_RDONLY | os.O_DIRECTORY)
        try:
            for depth, name in enumerate((OWN, NAME, *folders)):
                below = _folder(at, name, has_versions=depth > 1)
                os.close(at)
                at = below
            yield at
        finally:
            os.close(at)


def _folder(at: int, name: bytes, *, has_versions: bool) -> int:
    """Open a folder of the archive, made where it is not there; where a file has its name already
    it has another one.
    """
    for one in _versions(name):
        with suppress(FileExistsError):
            os.mkdir(one, 0o700, dir_fd=at)
        try:
            return open_beneath(at, [one], os.O_RDONLY | os.O_DIRECTORY)
        except NotADirectoryError:
            if not has_versions:
                raise OSError(errno.EINVAL, "is no folder", os.fsdecode(name)) from None
    raise AssertionError("versions end with an error")


def _versions(name: bytes) -> Iterator[bytes]:
    yield name
    stem, dot, ending = name.rpartition(b".")
    if not stem or len(ending) > MOST_ENDING:
        stem, dot, ending = name, b"", b""
    for number in range(1, MOST_VERSIONS):
        mark = b".%d" % number + dot + ending
        yield stem[: MOST_NAME - len(mark)] + mark
    raise OSError(errno.EEXIST, f"{MOST_VERSIONS} versions are in the archive", os.fsdecode(name))


def _copied(folder: int, name: bytes, place: int, new: bytes) -> bool:
    """Whether a copy was made; not: there is one of that name."""
    seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(seen.st_mode):
        try:
            os.symlink(os.readlink(name, dir_fd=folder), new, dir_fd=place)
        except FileExistsError:
            return False
        return True
    try:
        target = open_beneath(place, [new], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    try:
        source = open_beneath(folder, [name], os.O_RDONLY | os.O_NONBLOCK)
        try:
            while data := os.read(source, COPY_BYTES):
                view = memoryview(data)
                while view:
                    view = view[os.write(target, view) :]
        finally:
            os.close(source)
        os.fsync(target)
        os.utime(target, ns=(seen.st_mtime_ns, seen.st_mtime_ns))
    finally:
        os.close(target)
    return True
