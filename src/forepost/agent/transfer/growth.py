"""Large files on their way: where each chunk goes, which are there, and what may be relied on.

A file grows under its unfinished name. Which of its chunks are there is written to the index only
after they are synced, so whoever begins anew reads nothing again that was verified.
"""

import os
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from itertools import accumulate
from typing import Final

import msgspec
from blake3 import blake3

from forepost.agent.edges.tree.open_files import share
from forepost.agent.edges.tree.placement import Placement
from forepost.agent.transfer.kept_rows import Partial
from forepost.agent.transfer.recipe import Chunk, Part, WrongRecipe, read_recipe
from forepost.agent.transfer.row import names_of
from forepost.wire.jobs.folder import Row

MOST_OPEN: Final = 128
"""Files that are open at a time."""
PART_OPEN: Final = 10
"""Of all files that the process may have open."""
MOST_ENDED: Final = 1_024
"""Files that got their names lately: a thread that is late with a chunk of one begins none anew."""
MOST_PAGES: Final = 64
"""Of recipes that are held as they are read."""


class NotWanted(OSError):
    """The file is whole, or given up."""


class ChunkPlace(msgspec.Struct, frozen=True, gc=False):
    offset: int
    length: int
    hash: bytes


class Recipes:
    """Recipes of large files, read from pages that were kept. Of several threads."""

    def __init__(self, page: Callable[[bytes], bytes | None]) -> None:
        self._page = page
        self._read: OrderedDict[bytes, tuple[list[Chunk] | list[Part], list[int], list[int]]] = (
            OrderedDict()
        )
        self._lock = threading.Lock()

    def missing(self, row: Row) -> list[bytes]:
        """Return the hashes of pages that are needed and not there yet. Raises WrongRecipe."""
        if self._page(row.content) is None:
            return [row.content]
        found, _, _ = self._of(row.content)
        return [one.hash for one in found if isinstance(one, Part) and self._page(one.hash) is None]

    def check(self, row: Row) -> None:
        """Raises WrongRecipe where it is not one of a file of this size and number of chunks."""
        found, sizes, counts = self._of(row.content)
        if (sizes[-1], counts[-1]) != (row.size, row.chunks):
            raise WrongRecipe("a recipe of another size than its file")
        for part in found:
            if isinstance(part, Part):
                _, size, count = self._of(part.hash)
                if (size[-1], count[-1]) != (part.size, part.chunks):
                    raise WrongRecipe("a page of a recipe with other counts than said")

    def place(self, content: bytes, number: int) -> ChunkPlace:
        """Return where a chunk is in its file. Raises WrongRecipe, IndexError."""
        found, sizes, counts = self._of(content)
        at = bisect_right(counts, number)
        one = found[at]
        before = sizes[at - 1] if at else 0
        if isinstance(one, Chunk):
            return ChunkPlace(before, one.length, one.hash)
        inner = self.place(one.hash, number - (counts[at - 1] if at else 0))
        return ChunkPlace(before + inner.offset, inner.length, inner.hash)

    def _of(self, hash_: bytes) -> tuple[list[Chunk] | list[Part], list[int], list[int]]:
        with self._lock:
            if hash_ in self._read:
                self._read.move_to_end(hash_)
                return self._read[hash_]
        page = self._page(hash_)
        if page is None:
            raise WrongRecipe("a page of it is missing")
        found = read_recipe(page)
        sizes = [one.length if isinstance(one, Chunk) else one.size for one in found]
        counts = [1 if isinstance(one, Chunk) else one.chunks for one in found]
        made = (found, list(accumulate(sizes)), list(accumulate(counts)))
        with self._lock:
            self._read[hash_] = made
            while len(self._read) > MOST_PAGES:
                self._read.popitem(last=False)
        return made


class GrowingFile:
    """One large file. Of several threads."""

    def __init__(self, row: Row, names: list[bytes], name: bytes, done: int) -> None:
        self.row, self.names, self.name = row, names, name
        self.done = done
        """Chunks that are written, a bit each."""
        self.kept = done
        """Of them, those that the index knows of."""
        self.fd = -1
        self.users = 0
        self.has_room = False

    @property
    def is_whole(self) -> bool:
        return self.done == (1 << self.row.chunks) - 1


class GrowingFiles:
    """Those of one folder, by path. Of several threads."""

    def __init__(self, placement: Placement, partial: Callable[[bytes], Partial | None]) -> None:
        """`partial`: what the index knows of a path; called by any thread."""
        self._placement, self._partial = placement, partial
        self._lock = threading.Lock()
        self._most_open = share(PART_OPEN, MOST_OPEN)
        self._files: OrderedDict[bytes, GrowingFile] = OrderedDict()
        self._ended: OrderedDict[tuple[bytes, bytes], None] = OrderedDict()

    def begin(self) -> None:
        """Whatever ended may grow again from now on: another root is on its way."""
        with self._lock:
            self._ended.clear()

    def done(self, row: Row) -> int:
        """Return which chunks of the file are there already, a bit each. Raises NotWanted,
        OSError.
        """
        return self._get(row).done

    def has_room(self, row: Row, has: Callable[[int], bool]) -> bool:
        """Whether what is missing of the file has room; it is asked for once. Raises NotWanted,
        OSError.
        """
        file = self._get(row)
        if not file.has_room:
            done = file.done.bit_count() * row.size // row.chunks
            file.has_room = has(max(0, row.size - done))
        return file.has_room

    def write(self, row: Row, place: ChunkPlace, number: int, data: memoryview) -> bool:
        """Write a verified chunk; whether the file is whole now. Raises NotWanted, OSError."""
        file = self._open(row)
        try:
            at, view = place.offset, data
            while view:
                count = os.pwrite(file.fd, view, at)
                at, view = at + count, view[count:]
        finally:
            self._leave(file)
        with self._lock:
            was_whole = file.is_whole
            file.done |= 1 << number
            return file.is_whole and not was_whole

    def read(self, content: bytes, offset: int, length: int, hash_: bytes) -> bytes | None:
        """Return a chunk of a growing file for another member; None: it is not there."""
        with self._lock:
            file = next((one for one in self._files.values() if one.row.content == content), None)
            if file is None or file.fd < 0:
                return None
            file.users += 1
        try:
            data = os.pread(file.fd, length, offset)
        finally:
            self._leave(file)
        return data if blake3(data).digest() == hash_ else None

    def unkept(self) -> list[GrowingFile]:
        """Return the files of which the index does not know all that is written."""
        with self._lock:
            return [file for file in self._files.values() if file.done != file.kept]

    def sync(self, file: GrowingFile) -> Partial:
        """Sync what is written; return what may be relied on now. Raises OSError."""
        opened = self._open(file.row)
        try:
            done = file.done
            os.fsync(opened.fd)
            inode = os.fstat(opened.fd).st_ino
        finally:
            self._leave(opened)
        return Partial(file.row.path, file.row.content, file.name, inode, done)

    def name_of(self, row: Row) -> bytes:
        """Return the unfinished name of a file."""
        return self._get(row).name

    def forget(self, path: bytes) -> None:
        """The file has its place, or is not wanted."""
        with self._lock:
            file = self._files.pop(path, None)
            if file is not None:
                self._ended[path, file.row.content] = None
                while len(self._ended) > MOST_ENDED:
                    self._ended.popitem(last=False)
            if file is not None and not file.users and file.fd >= 0:
                os.close(file.fd)
                file.fd = -1

    def give_up(self) -> list[tuple[list[bytes], bytes]]:
        """Nobody wants any of them; return their places, and their unfinished names."""
        with self._lock:
            found = [(file.names, file.name) for file in self._files.values()]
            paths = list(self._files)
        for path in paths:
            self.forget(path)
        return found

    def close(self) -> None:
        for path in list(self._files):
            self.forget(path)

    def _get(self, row: Row) -> GrowingFile:
        with self._lock:
            file = self._files.get(row.path)
            if file is not None and file.row.content == row.content:
                self._files.move_to_end(row.path)
                return file
            if (row.path, row.content) in self._ended:
                raise NotWanted
        names = names_of(row.path)
        name, fd = self._placement.begin(names, row.content)
        known = self._partial(row.path)
        is_known = known is not None and (known.content, known.name) == (row.content, name)
        if is_known and known is not None and known.inode == os.fstat(fd).st_ino:
            done = known.done
        else:
            os.ftruncate(fd, 0)
            done = 0
        file = GrowingFile(row, names, name, done)
        file.fd = fd
        with self._lock:
            other = self._files.get(row.path)
            if other is not None and other.row.content == row.content:
                os.close(fd)
                return other
            self._files[row.path] = file
            self._close_oldest()
        return file

    def _open(self, row: Row) -> GrowingFile:
        file = self._get(row)
        with self._lock:
            if file.fd < 0:
                _, file.fd = self._placement.begin(file.names, row.content)
            file.users += 1
        return file

    def _leave(self, file: GrowingFile) -> None:
        with self._lock:
            file.users -= 1
            if not file.users and file.row.path not in self._files and file.fd >= 0:
                os.close(file.fd)
                file.fd = -1

    def _close_oldest(self) -> None:
        opened = [file for file in self._files.values() if file.fd >= 0 and not file.users]
        for file in opened[: max(0, len(opened) - self._most_open)]:
            os.close(file.fd)
            file.fd = -1
