"""Takes what was fetched to the disk: small files as they are, chunks into growing files.

Threads that fetch fill it; the folder's thread empties it (adoption.py), and gives files their
names.
"""

import errno
import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
from blake3 import blake3

from forepost.agent.edges.tree.open_files import share
from forepost.agent.edges.tree.placement import OpenFolders, Placement
from forepost.agent.edges.tree.root import FolderRoot, on_disk
from forepost.agent.edges.tree.space import DiskSpace
from forepost.agent.transfer.finished_files import Finished, FinishedFiles
from forepost.agent.transfer.growth import ChunkPlace, GrowingFiles, NotWanted, Recipes
from forepost.agent.transfer.index import IndexReader
from forepost.agent.transfer.kept_rows import Place
from forepost.agent.transfer.row import names_of, shown
from forepost.agent.transfer.scan import PathTrouble, seen_of
from forepost.agent.transfer.target import Lacking
from forepost.wire.jobs.folder import Row

MOST_FINISHED: Final = 4_000
"""Files that wait for their names; then who fetches waits."""
PART_OPEN: Final = 10
"""Of all files that the process may have open, those that wait; as many get their names then."""
LOOK_SEC: Final = 1.0
"""Between looks of who waits, whether the folder is closed."""
FULL: Final = frozenset((errno.ENOSPC, errno.EDQUOT))
MOST_TROUBLES: Final = 100
"""Of them the first are told."""


class FetchedBytes(msgspec.Struct, frozen=True, gc=False):
    """Verified bytes of a thing that was lacking."""

    item: Lacking
    place: ChunkPlace
    data: memoryview


class Readers:
    """Connections to an index for reading, one for each thread that asks."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._own = threading.local()
        self._all: dict[threading.Thread, IndexReader] = {}
        self._lock = threading.Lock()

    def get(self) -> IndexReader:
        """Raises sqlite3.Error."""
        found: IndexReader | None = getattr(self._own, "reader", None)
        if found is None:
            found = self._own.reader = IndexReader(self._file)
            with self._lock:
                self._close_ended()
                self._all[threading.current_thread()] = found
        return found

    def _close_ended(self) -> None:
        """Threads come and go for months."""
        for thread in [one for one in self._all if not one.is_alive()]:
            self._all.pop(thread).close()

    def close(self) -> None:
        """No thread reads any more."""
        with self._lock:
            for reader in self._all.values():
                reader.close()
            self._all.clear()


class FolderIntake:
    """Of one folder. Of several threads."""

    def __init__(
        self,
        root: FolderRoot,
        placement: Placement,
        growing: GrowingFiles,
        recipes: Recipes,
        readers: Readers,
    ) -> None:
        self._root, self._placement, self._growing = root, placement, growing
        self._recipes, self._readers = recipes, readers
        self._finished = FinishedFiles(share(PART_OPEN, MOST_FINISHED))
        self._numbers = count()
        self.looks_here = True
        """Whether bytes that are lacking may be on this disk already."""
        self.troubles: dict[bytes, PathTrouble] = {}
        """By path: what cannot be written."""
        self.is_full = False
        """Whether the disk is."""
        self._needed = 0
        self._space = DiskSpace(root.fd)

    def place(self, item: Lacking) -> ChunkPlace:
        """Return what to ask for."""
        if item.chunk < 0:
            return ChunkPlace(0, item.row.size, item.row.content)
        return self._recipes.place(item.row.content, item.chunk)

    def has_room(self, item: Lacking, place: ChunkPlace) -> bool:
        """Whether it may be written: a large file only where all of it has room."""
        try:
            if item.chunk < 0:
                has = self._space.has(place.length)
            else:
                has = self._growing.has_room(item.row, self._space.has)
        except OSError:
            return True  # what is wrong with it is told where it is written
        if not has:
            size = item.row.size
            self._needed = min(size, self._needed) if self._needed else size
            self.trouble(item.row.path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        return has

    def begin(self) -> None:
        """Another root is on its way, or the same once more."""
        self.troubles.clear()
        self.is_full, self._needed = False, 0

    @property
    def is_room(self) -> bool:
        """Whether there is room for the least of what had none."""
        return self._space.would_have(self._needed)

    def from_here(self, item: Lacking, place: ChunkPlace) -> bool:
        """Whether the bytes were found on this disk, and written."""
        if item.chunk < 0 and not self.looks_here:
            return False
        with suppress(sqlite3.Error, OSError):
            if item.chunk >= 0 and self._growing.done(item.row) >> item.chunk & 1:
                return True
            for found in self._readers.get().places(place.hash) if self.looks_here else ():
                data = self.read(found)
                if data is not None and blake3(data).digest() == place.hash:
                    self.take([FetchedBytes(item, place, memoryview(data))])
                    return True
        return False

    def read(self, place: Place, folders: OpenFolders | None = None) -> bytes | None:
        """Return bytes of this disk; None: they are not as they were, or cannot be read.

        `folders`: those in which many files are read, one after another.
        """
        names = names_of(place.path)
        try:
            if folders is None:
                fd = self._root.open_file(names)
            else:
                fd = self._root.open_file_in(folders.open(names[:-1]), names[-1])
        except OSError:
            return None
        try:
            if seen_of(on_disk(os.fstat(fd))) != place.seen:
                return None
            data = os.pread(fd, place.length, place.offset)
        except OSError:
            return None
        finally:
            os.close(fd)
        return data if len(data) == place.length else None

    def take(self, came: Sequence[FetchedBytes]) -> None:
        """Write verified bytes; waits where too much is unfinished."""
        finished: list[Finished] = []
        together = self._finished.together
        folders = OpenFolders(self._root)
        try:
            for one in came:
                try:
                    if one.item.chunk < 0:
                        finished.append(self._small(one.item.row, one.data, folders))
                    elif self._growing.write(one.item.row, one.place, one.item.chunk, one.data):
                        finished.append(Finished(one.item.row, b"", -1))
                except NotWanted:
                    continue
                except OSError as error:
                    self.trouble(one.item.row.path, error)
                if len(finished) >= together:
                    self._finished.put(finished)
                    finished = []
        finally:
            folders.close()
        if finished:
            self._finished.put(finished)

    def close(self) -> None:
        """Nothing gets its name any more; what threads that are late put is closed."""
        self._finished.close()

    def _small(self, row: Row, data: memoryview, folders: OpenFolders) -> Finished:
        unique = row.content + b"%d" % next(self._numbers)
        dress = (row.mtime_ns, row.mode)
        return Finished(
            row, *self._placement.write(names_of(row.path), unique, data, dress, folders)
        )

    def trouble(self, path: bytes, error: OSError) -> None:
        """The file is left out; the rest goes on."""
        if error.errno in FULL:
            self.is_full = True
        why = f"{shown(path)}: {error.strerror or error}"
        self._trouble(PathTrouble(path, why, isinstance(error, PermissionError)))

    def clash(self, path: bytes, twin: bytes) -> None:
        """The file is left out: it would be one with another."""
        why = f"{shown(path)}: one name with {shown(twin)} on this file system, which is here"
        self._trouble(PathTrouble(path, why))

    def _trouble(self, trouble: PathTrouble) -> None:
        if len(self.troubles) < MOST_TROUBLES or trouble.path in self.troubles:
            self.troubles[trouble.path] = trouble

    def finished(self, most: int, wait_sec: float) -> list[Finished]:
        """Return files that wait for their names; waits for the first."""
        return self._finished.take(most, wait_sec)


def is_full(error: BaseException) -> bool:
    """Whether a disk is, of the folder or of its index."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in FULL
