"""A folder on this disk and its index, kept in step: scans enter the index, decisions the disk.

All of it is used by one thread. Whatever moment the process ends at, the next one finds an index
that is true of some moment before, and a scan brings it up to date: equal content never conflicts.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes
from typing import Final

import msgspec
from blake3 import blake3

from forepost.agent.edges.tree.archive import Archive
from forepost.agent.edges.tree.placement import Placement
from forepost.agent.edges.tree.root import FolderRoot, OnDisk, RootMissing
from forepost.agent.edges.tree.sync import sync_all
from forepost.agent.transfer.ignored import IgnoreRules
from forepost.agent.transfer.index import Index, IndexReader
from forepost.agent.transfer.kept_rows import NOWHERE, IndexedRow
from forepost.agent.transfer.row import bumped
from forepost.agent.transfer.scan import KINDS, Difference, PathTrouble, Restless, Scan, seen_of
from forepost.agent.transfer.tree import leaf_entry, update
from forepost.wire.jobs.folder import FILE, FOLDER, GONE, SHORT_ID, Entry, Row, Version
from forepost.wire.jobs.transfer import TransferTask

BATCH: Final = 500
"""Rows that enter the index in one transaction."""
MOST_CHANGED: Final = 50_000
"""Paths that are remembered for the tree; beyond, all of it is made anew."""
BRAKE_ROWS: Final = 100
ME: Final = "me"
DIRTY: Final = "dirty"
NUMBER: Final = "number"


class ScanSummary(msgspec.Struct, frozen=True, kw_only=True):
    changed: int = 0
    troubles: tuple[PathTrouble, ...] = ()
    held: str = ""
    """Why deletions that were found are not believed yet."""
    restless: bool = False
    """Whether files are to be looked at again soon."""


class FolderDisk:
    """Of one task."""

    def __init__(
        self,
        task: TransferTask,
        file: Path,
        device_id: str,
        readers: Executor,
        now: Callable[[], tuple[int, float]],
    ) -> None:
        """`file`: of the index. Raises RootMissing, OSError, WrongPattern."""
        self._ignored = IgnoreRules(task.settings.ignore)
        self.task, self._readers, self._now = task, readers, now
        self.marker = blake3(task.key.encode()).hexdigest(16)
        is_new = not file.exists()
        if is_new and (task.permission == "ro" or task.type == "folder"):
            Path(task.path).mkdir(parents=True, exist_ok=True)
        self.root = FolderRoot(Path(task.path))
        self._adopt_marker(is_new=is_new)
        self.index = _opened(file)
        self.file = file
        self.me = self._short_id(device_id)
        self.archive = Archive(self.root)
        self.placement = Placement(self.root, self.archive)
        self._restless = Restless()
        self._has_coming = False
        self.unfinished: list[list[bytes]] = []
        """Names of files that grow, or grew, as the last scan found them."""
        self._changed: set[bytes] | None = None if self.index.fact(DIRTY) == b"1" else set()
        """None: the tree is to be made anew."""
        self.top = self.refresh()

    def close(self) -> None:
        self.index.close()
        self.root.close()

    @property
    def writes(self) -> bool:
        return self.task.permission == "rw"

    @property
    def counts_versions(self) -> bool:
        """Whether several may write: otherwise a destination mirrors its source."""
        return self.task.type == "folder"

    def _adopt_marker(self, *, is_new: bool) -> None:
        found = self.root.marker()
        if found is None and is_new:
            self.root.mark(self.marker)
        elif found != self.marker and is_new:
            raise RootMissing(f"{self.root.path}: is of another job (.sync/ID)")
        self.root.check(self.marker)

    def _short_id(self, device_id: str) -> bytes:
        """What rows call this device: another one for each index, since one that was lost does not
        know any more how far the former had counted.
        """
        found = self.index.fact(ME)
        if found is None or len(found) != SHORT_ID:
            found = blake3(device_id.encode() + token_bytes(16)).digest(SHORT_ID)
            self.index.begin()
            self.index.set_fact(ME, found)
            self.index.commit()
        return found

    # --- what is on the disk enters the index

    def scan(self, part: bytes = b"", *, held_ok: bool = False) -> ScanSummary:
        """Look below `part`. Raises RootMissing, OSError: nothing is concluded then."""
        self.root.check(self.marker)
        reader = IndexReader(self.file)
        try:
            return self._scan(reader, part, held_ok=held_ok)
        finally:
            reader.close()

    def _scan(self, reader: IndexReader, part: bytes, *, held_ok: bool) -> ScanSummary:
        self._has_coming = self.index.has_coming
        scan = Scan(self.root, reader, self._ignored, self._readers, self._restless, self._now)
        batch: list[Difference] = []
        gone: list[Difference] = []
        changed = 0
        for found in scan.run(part):
            if found.now is None:
                gone.append(found)
                continue
            batch.append(found)
            if len(batch) == BATCH:
                changed += self._enter(batch)
                batch = []
        changed += self._enter(batch)
        self.unfinished = scan.unfinished
        held = "" if held_ok else self._brake(gone)
        if not held:
            self.root.check(self.marker)
            for begin in range(0, len(gone), BATCH):
                changed += self._enter(gone[begin : begin + BATCH])
        if self._has_coming and not part and not self._restless.since:
            self.index.begin()
            self.index.drop_coming()
            self.index.commit()
        self.top = self.refresh()
        return ScanSummary(
            changed=changed,
            troubles=tuple(scan.troubles),
            held=held,
            restless=bool(self._restless.since),
        )

    def _brake(self, gone: list[Difference]) -> str:
        files = self.top.files
        lost = sum(one.before is not None and one.before.row.kind == FILE for one in gone)
        if lost > BRAKE_ROWS and lost * 2 > files:
            return f"{lost} of {files} files are gone at once"
        return ""

    def _enter(self, found: Iterable[Difference]) -> int:
        count = 0
        self.index.begin()
        for one in found:
            count += self._enter_one(one)
        self._mark_dirty()
        self.index.commit()
        return count

    def _enter_one(self, found: Difference) -> bool:
        before = found.before
        if found.now is None:
            assert before is not None
            self._changed_at(found.path)
            if self.writes and self.counts_versions:
                self.index.put([IndexedRow(self._gone(before.row), NOWHERE)])
            else:
                self.index.drop([found.path])
            self.index.put_chunks(found.path, ())
            return True
        row = self._row(found)
        coming = self.index.coming(found.path) if self._has_coming else None
        if coming is not None and (coming.same, coming.mtime_ns) == (row.same, row.mtime_ns):
            self.index.put([IndexedRow(coming, seen_of(found.now))])
            self.know_chunks(row.path, found)
            self._changed_at(found.path)
            return True
        same = before is not None and (before.row.same, before.row.mode, before.row.mtime_ns) == (
            row.same,
            row.mode,
            row.mtime_ns,
        )
        if same:
            assert before is not None
            self.index.put([IndexedRow(before.row, seen_of(found.now), before.own)])
            return False
        self.index.put([IndexedRow(row, seen_of(found.now), not self.writes)])
        self.know_chunks(row.path, found)
        self._changed_at(found.path)
        return True

    def know_chunks(self, path: bytes, found: Difference) -> None:
        content = found.content
        if content is None or not content.chunks:
            self.index.put_chunks(path, ())
            return
        self.index.keep_pages((blake3(page).digest(), page) for page in content.pages)
        offset, chunks = 0, []
        for chunk in content.chunks:
            chunks.append((offset, chunk.length, chunk.hash))
            offset += chunk.length
        self.index.put_chunks(path, chunks)

    def _row(self, found: Difference) -> Row:
        now, content = found.now, found.content
        assert now is not None
        kind = KINDS[now.kind]
        size = now.size if kind == FILE else 0
        chunks = 0
        if kind == FILE and size:
            chunks = len(content.chunks) if content is not None and content.chunks else 1
        before = found.before.row.version if found.before is not None else ()
        return Row(
            found.path,
            kind,
            size,
            now.mtime_ns if kind == FILE else 0,
            now.mode if kind != KINDS["link"] else 0,
            content.hash if content is not None else found.target,
            chunks,
            self.me,
            self._version(before),
        )

    def _gone(self, row: Row) -> Row:
        wall_ns, _ = self._now()
        return Row(row.path, GONE, 0, wall_ns, 0, b"", 0, self.me, self._version(row.version))

    def _version(self, before: Version) -> Version:
        return bumped(before, self.me) if self.counts_versions else ((self.me, 1),)

    # --- the tree

    def _changed_at(self, path: bytes) -> None:
        if self._changed is not None:
            self._changed.add(path)
            if len(self._changed) > MOST_CHANGED:
                self._changed = None

    def _mark_dirty(self) -> None:
        """In the transaction of the rows: the tree is not theirs yet."""
        self.index.set_fact(DIRTY, b"1")

    def put(self, rows: Iterable[IndexedRow]) -> None:
        """Within a transaction: these rows are true of the disk from now on."""
        kept = list(rows)
        self.index.put(kept)
        for one in kept:
            self._changed_at(one.row.path)
        self._mark_dirty()

    def move_chunks(self, path: bytes, new: bytes) -> None:
        """Within a transaction: the file of this path has another one."""
        self.index.move_chunks(path, new)

    def drop(self, paths: Iterable[bytes]) -> None:
        """Within a transaction."""
        kept = list(paths)
        self.index.drop(kept)
        for path in kept:
            self._changed_at(path)
        self._mark_dirty()

    def refresh(self) -> Entry:
        """Bring the tree up to date, and return its top."""
        self.index.begin()
        if self._changed is None:
            for level in range(8):
                self.index.replace(level, b"", None, ())
            top = update(self.index, [b"\xff"])
        elif self._changed:
            top = update(self.index, self._changed)
        else:
            top = self._known_top()
        self._changed = set()
        self.index.set_fact(DIRTY, b"0")
        self.index.commit()
        self.top = top
        return top

    def _known_top(self) -> Entry:
        level = 0
        while True:
            found = self.index.entries(level, b"", None)
            if len(found) <= 1:
                return found[0] if found else leaf_entry(())[0]
            level += 1

    def next_number(self, at_least: int = 0) -> int:
        """Return the number of the next root, greater than all before."""
        found = int.from_bytes(self.index.fact(NUMBER) or b"", "big")
        number = max(found, at_least) + 1
        self.index.begin()
        self.index.set_fact(NUMBER, number.to_bytes(8, "big"))
        self.index.commit()
        return number

    def sync(self, fds: Sequence[int]) -> None:
        """Bring everything to the disk that was written below the root, as the job wants it.

        Raises OSError.
        """
        durability = self.task.settings.durability
        if durability == "full":
            for fd in fds:
                os.fsync(fd)
        if durability != "none":
            with self.root.folder([]) as root:
                sync_all(root, fds)

    def commit(self) -> None:
        """End a transaction: what its rows say of the disk is on it before they are."""
        if self.index.is_changed:
            self.sync(())
        self.index.commit()

    # --- what is expected of the disk

    @staticmethod
    def expects(before: IndexedRow | None) -> Callable[[OnDisk | None], bool]:
        """Return whether what is on the disk is what the index says of it."""
        if before is None or before.row.kind == GONE:
            return lambda now: now is None
        if before.row.kind == FOLDER:
            return lambda now: now is not None and now.kind == "folder"
        seen = before.seen
        return lambda now: now is not None and seen_of(now) == seen


def _opened(file: Path) -> Index:
    """Open the index; one that is damaged is set aside, and all is looked at anew."""
    try:
        index = Index(file)
        index.fact(ME)
    except sqlite3.DatabaseError:
        for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
            with suppress(FileNotFoundError):
                (file.parent / name).replace(file.parent / f"{name}.damaged")
        return Index(file)
    return index
