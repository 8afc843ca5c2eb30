"""A folder on this disk and its index, kept in step: scans enter the index, decisions the disk.

All of it is used by one thread. Whatever moment the process ends at, the next one finds an index
that is true of some moment before, and a scan brings it up to date: equal content never conflicts.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from secrets import token_bytes
from typing import Final

import msgspec
from blake3 import blake3

from forepost.agent.edges.tree.archive import Archive
from forepost.agent.edges.tree.placement import Placement
from forepost.agent.edges.tree.root import FolderRoot, OnDisk, RootMissing
from forepost.agent.edges.tree.sync import sync_all
from forepost.agent.transfer.findings import Findings
from forepost.agent.transfer.folder_rows import FolderRows
from forepost.agent.transfer.guards import DAY_NS, Absence, Brake
from forepost.agent.transfer.ignored import IgnoreRules
from forepost.agent.transfer.index import Index, IndexReader
from forepost.agent.transfer.kept_rows import IndexedRow
from forepost.agent.transfer.scan import Difference, PathTrouble, Restless, Scan, seen_of
from forepost.wire.jobs.folder import FILE, FOLDER, GONE, SHORT_ID, Entry, Row
from forepost.wire.jobs.transfer import TransferTask

MOST_RESTLESS: Final = 1_000
"""That are looked at again one by one."""
BATCH: Final = 500
"""Rows that enter the index in one transaction."""
ROOT: Final = "file system"
ME: Final = "me"


class ScanSummary(msgspec.Struct, frozen=True, kw_only=True):
    changed: int = 0
    troubles: tuple[PathTrouble, ...] = ()
    held: str = ""
    """Why deletions that were found are not believed yet."""
    restless: tuple[bytes, ...] = ()
    """Files that are to be looked at again soon."""


class FolderDisk:
    """Of one task."""

    def __init__(
        self,
        task: TransferTask,
        file: Path,
        device_id: str,
        readers: Executor,
        now: Callable[[], tuple[int, float]],
        *,
        anew: bool = False,
    ) -> None:
        """`file`: of the index. `anew`: where the root is not as it was, somebody confirmed that:
        what is there then, and what others have, is joined; nothing counts as deleted.

        Raises RootMissing, OSError, WrongPattern.
        """
        self._ignored = IgnoreRules(task.settings.ignore)
        self.task, self._readers, self._now = task, readers, now
        self.marker = blake3((task.folder or task.key).encode()).hexdigest(16)
        if anew and file.exists() and self._is_lost(file):
            _set_aside(file, "lost")
        is_new = not file.exists()
        if is_new and (task.permission == "ro" or task.type == "folder"):
            Path(task.path).mkdir(parents=True, exist_ok=True)
        self.root = FolderRoot(Path(task.path))
        self._adopt_marker(is_new=is_new, anew=anew)
        self.root.find_folds()
        self.index = _opened(file)
        self._know_file_system()
        self.file = file
        self.me = self._short_id(device_id)
        self.archive = Archive(self.root)
        self.placement = Placement(self.root, self.archive)
        self._restless = Restless()
        self._brake = Brake(self.index)
        self.absence = Absence(self.index, lambda: now()[0])
        self.unfinished: list[list[bytes]] = []
        """Names of files that grow, or grew, as the last scan found them."""
        self._rows = FolderRows(self.index, lambda: now()[0])
        self.put, self.drop = self._rows.put, self._rows.drop
        self.refresh, self.next_number = self._rows.refresh, self._rows.next_number
        self.move_chunks = self.index.move_chunks

    def close(self) -> None:
        self.index.close()
        self.root.close()

    @property
    def top(self) -> Entry:
        return self._rows.top

    @property
    def writes(self) -> bool:
        return self.task.permission == "rw"

    @property
    def fetches(self) -> bool:
        """Whether anything of others comes here: the source of a transfer only gives."""
        return self.task.type == "folder" or not self.writes

    @property
    def counts_versions(self) -> bool:
        """Whether several may write: otherwise a destination mirrors its source."""
        return self.task.type == "folder"

    @property
    def mirrors(self) -> bool:
        """Whether what is changed here is put right."""
        is_reader = not self.writes
        return is_reader and (not self.counts_versions or self.task.settings.revert_changes)

    @property
    def is_cleared(self) -> bool:
        """Whether what no source has goes to the archive."""
        is_mirror = not self.counts_versions and not self.writes
        return is_mirror and self.task.settings.delete_extraneous

    @property
    def has_extraneous(self) -> bool:
        """Whether there may be something that no source has."""
        return self.is_cleared and bool(self.index.own(b"", 1))

    def _is_lost(self, file: Path) -> bool:
        """Whether the root is not the one that the index is of."""
        try:
            root = FolderRoot(Path(self.task.path))
        except RootMissing:
            return True
        reader = IndexReader(file)
        try:
            known = reader.fact(ROOT)
            return root.marker() != self.marker or known not in (None, root.file_system())
        finally:
            reader.close()
            root.close()

    def _adopt_marker(self, *, is_new: bool, anew: bool) -> None:
        found = self.root.marker()
        if is_new and (found is None or anew):
            self.root.mark(self.marker)
        elif found != self.marker and is_new:
            raise RootMissing(f"{self.root.path}: is of another job (.sync/ID)")
        self.root.check(self.marker)

    def _know_file_system(self) -> None:
        known, now = self.index.fact(ROOT), self.root.file_system()
        if known == now:
            return
        if known is not None:
            self.close()
            raise RootMissing(f"{self.root.path}: on another file system than it was")
        self.index.begin()
        self.index.set_fact(ROOT, now)
        self.index.commit()

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

    def scan(self, *parts: bytes, held_ok: bool = False) -> ScanSummary:
        """Look below these paths; none: everywhere. Raises RootMissing, OSError: nothing is
        concluded then.
        """
        self.root.check(self.marker)
        reader = IndexReader(self.file)
        try:
            return self._scan(reader, parts or (b"",), held_ok=held_ok)
        finally:
            reader.close()

    def _scan(self, reader: IndexReader, parts: Sequence[bytes], *, held_ok: bool) -> ScanSummary:
        findings = Findings(self._rows, self.task, self.me, self._now)
        scan = Scan(self.root, reader, self._ignored, self._readers, self._restless, self._now)
        batch: list[Difference] = []
        gone: list[Difference] = []
        changed = 0
        for found in chain.from_iterable(scan.run(part) for part in parts):
            if found.now is None:
                gone.append(found)
                continue
            batch.append(found)
            if len(batch) == BATCH:
                changed += findings.enter(batch)
                batch = []
        changed += findings.enter(batch)
        is_full = b"" in parts
        if is_full:
            self.unfinished = scan.unfinished
        held = self._held(gone, is_full=is_full, held_ok=held_ok)
        if not held:
            self.root.check(self.marker)
            for begin in range(0, len(gone), BATCH):
                changed += findings.enter(gone[begin : begin + BATCH])
        if findings.has_coming and is_full and not self._restless.since:
            self.index.begin()
            self.index.drop_coming()
            self.index.commit()
        if is_full and self.counts_versions:
            self._rows.forget_gone(self.task.settings.keep_deletions_days)
        self.refresh()
        return ScanSummary(
            changed=changed,
            troubles=tuple(scan.troubles),
            held=held,
            restless=tuple(islice(self._restless.since, MOST_RESTLESS)),
        )

    def tidy(self) -> None:
        """Have the archive as small as the job wants it. Raises OSError."""
        settings = self.task.settings
        days, most = settings.archive_days, settings.archive_most_mib << 20
        if days or most:
            oldest = self._now()[0] - days * DAY_NS if days else 0
            self.archive.shrink(oldest, most)

    def ignores(self, row: Row) -> bool:
        """Whether it is left out here, whatever others say of it."""
        return self._ignored.covers(row.path, is_folder=row.kind == FOLDER)

    def is_forgotten(self, gone: Row) -> bool:
        """Whether a deletion is older than deletions are remembered."""
        days = self.task.settings.keep_deletions_days
        return self._now()[0] - gone.mtime_ns > days * DAY_NS

    def _held(self, gone: list[Difference], *, is_full: bool, held_ok: bool) -> str:
        """Return why what is gone is not believed; "": it is."""
        if held_ok:
            self._brake.confirm()
            return ""
        lost = sum(one.before is not None and one.before.row.kind == FILE for one in gone)
        if not is_full and not lost:
            return self._brake.held  # a part in which nothing is gone says nothing of the rest
        return self._brake.check(lost, self.top.files, self._now()[1])

    # --- what is expected of the disk

    def sync(self, fds: Sequence[int]) -> None:
        """Bring to the disk what was written below the root, as far as the task wants it; `fds`: of
        new files. Raises OSError.
        """
        durability = self.task.settings.durability
        if durability == "full":
            for fd in fds:
                os.fsync(fd)
        if durability != "none":
            with self.root.folder([]) as root:
                sync_all(root)

    def commit(self) -> None:
        """What rows say of the disk is on it before they are."""
        if self.index.is_changed:
            self.sync(())
        self.index.commit()

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
        _set_aside(file, "damaged")
        return Index(file)
    return index


def _set_aside(file: Path, why: str) -> None:
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        with suppress(FileNotFoundError):
            (file.parent / name).replace(file.parent / f"{name}.{why}")
