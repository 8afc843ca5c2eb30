"""Looks a folder through: what is on the disk beside what the index knows, both in one order.

Nothing is held in RAM that grows with the folder but what is to be read now. A file counts when it
rests: the same at two looks, or last changed a while ago; one that never rests is taken at last.
"""

import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Final

import msgspec

from forepost.agent.edges.tree.root import FolderRoot, OnDisk
from forepost.agent.transfer.content import Content, Unrest, content_of
from forepost.agent.transfer.ignored import IgnoreRules
from forepost.agent.transfer.index import IndexReader
from forepost.agent.transfer.kept_rows import FileMark, IndexedRow
from forepost.agent.transfer.row import SEPARATOR, UNFINISHED, names_of, path_of, shown
from forepost.wire.jobs.folder import FILE, FOLDER, GONE, LINK

QUIET_SEC: Final = 0.3
"""A file that changed within it is looked at again first."""
PATIENCE_SEC: Final = 600.0
"""After which a file that never rests is taken as it is."""
MOST_RESTLESS: Final = 10_000
MOST_UNFINISHED: Final = 10_000
MOST_TROUBLES: Final = 1_000
"""Of one look: the first."""
MOST_READ: Final = 64
"""Files that are read at a time."""
OWNER: Final = 0o700
"""What the owner of a folder may always do here, whatever others say of it."""
KINDS: Final = {"file": FILE, "folder": FOLDER, "link": LINK}


class Difference(msgspec.Struct, frozen=True, gc=False):
    """A path that is not as the index has it."""

    path: bytes
    before: IndexedRow | None
    now: OnDisk | None
    """None: it is gone."""
    content: Content | None = None
    """Of a file."""
    target: bytes = b""
    """Of a link."""


class PathTrouble(msgspec.Struct, frozen=True):
    """A path of which nothing is concluded; the rest goes on."""

    path: bytes
    reason: str
    is_permission: bool = False


class Restless(msgspec.Struct):
    """Files that are being written, between looks."""

    since: dict[bytes, tuple[FileMark, float]] = {}
    """What was seen of it last, and when it was seen first."""

    def rests(self, path: bytes, now: OnDisk, wall_ns: int, monotonic: float) -> bool:
        """Whether it may be read now; `is_late` says whether it may change meanwhile."""
        seen = seen_of(now)
        last = self.since.get(path)
        if last is None and not 0 <= wall_ns - now.mtime_ns < QUIET_SEC * 1e9:
            return True
        if last is not None and (last[0] == seen or monotonic - last[1] > PATIENCE_SEC):
            return True
        if last is None and len(self.since) >= MOST_RESTLESS:
            return False
        self.since[path] = (seen, last[1] if last else monotonic)
        return False

    def leave(self, path: bytes, now: OnDisk | None) -> None:
        if now is None or now.kind != "file":
            self.since.pop(path, None)

    def is_late(self, path: bytes, monotonic: float) -> bool:
        last = self.since.get(path)
        return last is not None and monotonic - last[1] > PATIENCE_SEC


class Scan:
    """One look through a folder, or a part of it."""

    def __init__(
        self,
        root: FolderRoot,
        index: IndexReader,
        ignored: IgnoreRules,
        readers: Executor,
        restless: Restless,
        now: Callable[[], tuple[int, float]],
    ) -> None:
        """`now`: wall clock in ns, and monotonic in s."""
        self._root, self._index, self._ignored = root, index, ignored
        self._readers, self._restless, self._now = readers, restless, now
        self.troubles: list[PathTrouble] = []
        self.unfinished: list[list[bytes]] = []
        """Names of files that grow, or grew."""
        self._rows: Iterator[IndexedRow] = iter(())
        self._next: IndexedRow | None = None
        self._device = os.fstat(root.fd).st_dev

    def run(self, part: bytes = b"") -> Iterator[Difference]:
        """Yield what differs below `part` (b"": everywhere), itself included.

        Raises OSError where the root cannot be read.
        """
        waiting: list[Difference] = []
        for found in self._differences(part):
            if found.now is None or found.now.kind != "file":
                yield found
                continue
            waiting.append(found)
            if len(waiting) == MOST_READ:
                yield from self._read(waiting)
                waiting = []
        yield from self._read(waiting)

    def _differences(self, part: bytes) -> Iterator[Difference]:
        if not part:
            self._rows = self._index.under(b"")
            self._advance()
            yield from self._folder([], self._root.listing([]))
            return
        names = names_of(part)
        if any(self._ignored(path_of(names[:n]), is_folder=True) for n in range(1, len(names))):
            return
        row = self._index.get(part)
        self._rows = self._index.under(part)
        self._advance()
        try:
            now = self._root.stat(names)
        except OSError as error:
            self._trouble(part, error)
            return
        if now is not None and self._ignored(part, is_folder=now.kind == "folder"):
            return
        yield from self._one(names, part, now, row)
        while self._next is not None:
            yield from self._missing()

    def _advance(self) -> None:
        self._next = next(self._rows, None)

    def _folder(
        self, names: list[bytes], listing: list[tuple[bytes, OnDisk]]
    ) -> Iterator[Difference]:
        prefix = SEPARATOR.join([*names, b""]) if names else b""
        for name, now in listing:
            path = prefix + name
            while self._next is not None and self._next.row.path < path:
                yield from self._missing()
            row = None
            if self._next is not None and self._next.row.path == path:
                row = self._next
                self._advance()
            if self._ignored(path, is_folder=now.kind == "folder"):
                self._skip(path)
                if name.endswith(UNFINISHED) and len(self.unfinished) < MOST_UNFINISHED:
                    self.unfinished.append([*names, name])
                continue
            yield from self._one([*names, name], path, now, row)
        while self._next is not None and self._next.row.path.startswith(prefix):
            yield from self._missing()

    def _one(
        self, names: list[bytes], path: bytes, now: OnDisk | None, row: IndexedRow | None
    ) -> Iterator[Difference]:
        self._restless.leave(path, now)
        if now is None or now.kind == "other":
            if row is not None and row.row.kind != GONE:
                yield Difference(path, row, None)
            if now is not None:
                self._say(path, "neither a file, a folder nor a link")
            while self._next is not None and self._next.row.path.startswith(path + SEPARATOR):
                yield from self._missing()
            return
        if now.device != self._device:
            self._say(path, "another file system is mounted there")
            self._skip(path)
            return
        if now.kind == "link":
            yield from self._link(names, path, now, row)
        elif not _is_known(now, row):
            yield Difference(path, row, now)
        if now.kind != "folder":
            return
        try:
            listing = self._root.listing(names)
        except OSError as error:
            self._trouble(path, error)
            self._skip(path)
            return
        yield from self._folder(names, listing)

    def _link(
        self, names: list[bytes], path: bytes, now: OnDisk, row: IndexedRow | None
    ) -> Iterator[Difference]:
        if _is_known(now, row):
            return
        try:
            yield Difference(path, row, now, target=self._root.link_target(names))
        except OSError as error:
            self._trouble(path, error)

    def _missing(self) -> Iterator[Difference]:
        found = self._next
        assert found is not None
        self._advance()
        path = found.row.path
        if found.row.kind != GONE and not self._ignored(path, is_folder=found.row.kind == FOLDER):
            yield Difference(path, found, None)

    def _skip(self, path: bytes) -> None:
        """Conclude nothing of what is below."""
        while self._next is not None and self._next.row.path.startswith(path + SEPARATOR):
            self._advance()

    def _read(self, waiting: list[Difference]) -> Iterator[Difference]:
        wall_ns, monotonic = self._now()
        rests = self._restless.rests
        ready = [one for one in waiting if one.now and rests(one.path, one.now, wall_ns, monotonic)]
        for one, content in zip(ready, self._readers.map(self._content, ready), strict=True):
            if content is None:
                continue
            self._restless.since.pop(one.path, None)
            yield msgspec.structs.replace(one, content=content, now=content.seen)

    def _content(self, found: Difference) -> Content | None:
        late = self._restless.is_late(found.path, self._now()[1])
        try:
            return content_of(self._root, names_of(found.path), may_change=late)
        except Unrest:
            assert found.now is not None
            self._restless.since.setdefault(found.path, (seen_of(found.now), self._now()[1]))
        except OSError as error:
            self._trouble(found.path, error)
        return None

    def _trouble(self, path: bytes, error: OSError) -> None:
        """Nothing is concluded of it. What went meanwhile is no trouble: the next look tells."""
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            self._say(path, error.strerror or str(error), isinstance(error, PermissionError))

    def _say(self, path: bytes, reason: str, is_permission: bool = False) -> None:
        if len(self.troubles) < MOST_TROUBLES:
            self.troubles.append(PathTrouble(path, f"{shown(path)}: {reason}", is_permission))


def seen_of(now: OnDisk) -> FileMark:
    return FileMark(now.inode, now.size, now.mtime_ns, now.ctime_ns)


def _is_known(now: OnDisk, row: IndexedRow | None) -> bool:
    """Whether the disk shows what the row was made of."""
    if row is None or row.row.kind != KINDS[now.kind]:
        return False
    if now.kind == "folder":
        return row.row.mode | OWNER == now.mode | OWNER
    return row.seen == seen_of(now)
