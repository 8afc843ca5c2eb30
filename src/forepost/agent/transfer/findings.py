"""What a scan found enters the index. Of the folder's thread."""

from collections.abc import Callable, Iterable

from blake3 import blake3

from forepost.agent.transfer.folder_rows import FolderRows
from forepost.agent.transfer.kept_rows import NOWHERE, IndexedRow
from forepost.agent.transfer.row import bumped
from forepost.agent.transfer.scan import KINDS, Difference, seen_of
from forepost.wire.jobs.folder import FILE, GONE, Row, Version
from forepost.wire.jobs.transfer import TransferTask


class Findings:
    """Of one scan."""

    def __init__(
        self, rows: FolderRows, task: TransferTask, me: bytes, now: Callable[[], tuple[int, float]]
    ) -> None:
        self._rows, self._me, self._now = rows, me, now
        self._index = rows.index
        self._writes = task.permission == "rw"
        self._counts_versions = task.type == "folder"
        self._coming = rows.index.coming()

    @property
    def has_coming(self) -> bool:
        """Whether something was to be placed when the process ended."""
        return bool(self._coming)

    def enter(self, found: Iterable[Difference]) -> int:
        count = 0
        self._index.begin()
        for one in found:
            count += self._enter_one(one)
        self._rows.mark_dirty()
        self._index.commit()
        return count

    def _enter_one(self, found: Difference) -> bool:
        before = found.before
        if found.now is None:
            assert before is not None
            self._rows.changed_at(found.path)
            if self._writes and self._counts_versions:
                self._rows.put([IndexedRow(self._gone(before.row), NOWHERE)])
            else:
                self._index.drop([found.path])
            self._index.put_chunks(found.path, ())
            return True
        row = self._row(found)
        coming = self._coming.get(found.path)
        if coming is not None and (coming.same, coming.mtime_ns) == (row.same, row.mtime_ns):
            self._index.put([IndexedRow(coming, seen_of(found.now))])
            self._know_chunks(row.path, found)
            self._rows.changed_at(found.path)
            return True
        same = before is not None and (before.row.same, before.row.mode, before.row.mtime_ns) == (
            row.same,
            row.mode,
            row.mtime_ns,
        )
        if same:
            assert before is not None
            self._index.put([IndexedRow(before.row, seen_of(found.now), before.own)])
            return False
        self._index.put([IndexedRow(row, seen_of(found.now), not self._writes)])
        self._know_chunks(row.path, found)
        self._rows.changed_at(found.path)
        return True

    def _know_chunks(self, path: bytes, found: Difference) -> None:
        content = found.content
        if content is None or not content.chunks:
            self._index.put_chunks(path, ())
            return
        self._index.keep_pages((blake3(page).digest(), page) for page in content.pages)
        offset, chunks = 0, []
        for chunk in content.chunks:
            chunks.append((offset, chunk.length, chunk.hash))
            offset += chunk.length
        self._index.put_chunks(path, chunks)

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
            self._me,
            self._version(before),
        )

    def _gone(self, row: Row) -> Row:
        wall_ns, _ = self._now()
        return Row(row.path, GONE, 0, wall_ns, 0, b"", 0, self._me, self._version(row.version))

    def _version(self, before: Version) -> Version:
        return bumped(before, self._me) if self._counts_versions else ((self._me, 1),)
