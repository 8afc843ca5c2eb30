"""Takes away what a writer's root says is gone: at the end, when nothing needs its bytes any more.

All of it is used by the folder's thread. A folder in which there is something that nobody else
knows of is not taken away: it stays, and comes back at those who took it away.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from forepost.agent.edges.tree.placement import ChangedHere
from forepost.agent.transfer.disk import FolderDisk
from forepost.agent.transfer.index import IndexReader
from forepost.agent.transfer.intake import FolderIntake
from forepost.agent.transfer.kept_rows import NOWHERE, IndexedRow
from forepost.agent.transfer.merge import Decision, Join, Nothing, Take
from forepost.agent.transfer.outcome import Fate, Outcome
from forepost.agent.transfer.row import bumped, joined, names_of
from forepost.wire.jobs.folder import FOLDER, GONE, Row

Decide = Callable[[IndexedRow | None, Row], Decision]


class Removal:
    """Of one root."""

    def __init__(
        self, disk: FolderDisk, intake: FolderIntake, decision: Decide, outcome: Outcome
    ) -> None:
        self._disk, self._intake = disk, intake
        self._decision, self._outcome = decision, outcome
        self._folders: list[tuple[bytes, Row | None]] = []
        """Folders to be removed, with the row that says so; None: no source has it."""

    def take(self, rows: Sequence[Row], index: IndexReader) -> None:
        """Take away what these rows say is gone, but folders."""
        gone = [row for row in rows if row.kind == GONE]
        if not gone:
            return
        self._disk.index.begin()
        for row in gone:
            self._take_one(index.get(row.path), row)
        self._disk.commit()

    def _take_one(self, ours: IndexedRow | None, theirs: Row) -> None:
        if ours is None and self._disk.is_forgotten(theirs):
            return
        match self._decision(ours, theirs):
            case Nothing():
                return
            case Join(row) if ours is not None:
                self._disk.put([msgspec.structs.replace(ours, row=row, own=False)])
            case Take(row):
                if ours is not None and ours.row.kind == FOLDER:
                    self._folders.append((row.path, row))
                elif ours is None or ours.row.kind == GONE or self._remove(ours):
                    self._disk.put([IndexedRow(row, NOWHERE)])
            case _:
                raise AssertionError("a deletion has no name to fight for")

    def _remove(self, ours: IndexedRow) -> bool:
        path = ours.row.path
        try:
            self._disk.placement.remove(names_of(path), self._disk.expects(ours))
        except ChangedHere:
            self._outcome.look_again.add(path)
            return False
        except OSError as error:
            self._intake.trouble(path, error)
            return False
        self._disk.index.put_chunks(path, ())
        self._outcome.fates.append(Fate(path, "deleted"))
        return True

    def take_extra(self, extra: Iterable[IndexedRow]) -> None:
        """Of a mirror: take away what no source has, but folders."""
        self._disk.index.begin()
        for one in extra:
            if self._disk.ignores(one.row):
                continue
            if not self._disk.task.settings.delete_extraneous:
                self._disk.put([msgspec.structs.replace(one, own=True)])
            elif one.row.kind == FOLDER:
                self._folders.append((one.row.path, None))
            elif self._remove(one):
                self._disk.drop([one.row.path])
        self._disk.commit()

    def finish(self) -> None:
        """Remove the folders, the innermost first, and settle what was in the way of files."""
        self._disk.index.begin()
        for path, row in sorted(self._folders, key=lambda one: one[0], reverse=True):
            self._remove_folder(path, row)
        self._folders.clear()
        for path, row in self._outcome.blocked.items():
            if not self._is_vacant(path):
                self._keep_folder(path, row)
        self._disk.commit()

    def _remove_folder(self, path: bytes, row: Row | None) -> None:
        try:
            self._disk.placement.remove_folder(names_of(path))
        except ChangedHere:
            self._keep_folder(path, row)
            return
        except OSError as error:
            self._intake.trouble(path, error)
            return
        if row is None:
            self._disk.drop([path])
        else:
            self._disk.put([IndexedRow(row, NOWHERE)])
        self._outcome.fates.append(Fate(path, "deleted"))

    def _is_vacant(self, path: bytes) -> bool:
        try:
            return self._disk.placement.is_vacant(names_of(path))
        except OSError:
            return False

    def _keep_folder(self, path: bytes, theirs: Row | None) -> None:
        """It holds what others do not know of: what is said of it elsewhere does not count."""
        ours = self._disk.index.get(path)
        if theirs is not None:
            self._outcome.look_again.add(path)
        if ours is None or ours.row.kind != FOLDER:
            return
        if theirs is None or not self._disk.writes or not self._disk.counts_versions:
            self._disk.put([msgspec.structs.replace(ours, own=True)])
            return
        version = bumped(joined(ours.row.version, theirs.version), self._disk.me)
        row = msgspec.structs.replace(ours.row, version=version, author=self._disk.me)
        self._disk.put([msgspec.structs.replace(ours, row=row)])
