"""The index of one folder: a row for each path, on disk, in SQLite.

One thread writes; others read by connections of their own (`reader`). What it holds of a file is
true of the file that had this inode, size and these times: whoever uses it compares them first.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.transfer.kept_rows import (
    ENTRY,
    ROW,
    SCHEMA,
    SEEN,
    FileMark,
    IndexedRow,
    Partial,
    Place,
    indexed,
    partial_of,
    row_of,
    values_of,
)
from forepost.wire.jobs.folder import Entry, Row

CACHE_KIB: Final = 6 << 10
BUSY_SEC: Final = 30.0
TOGETHER: Final = 128
"""That are asked for in one statement."""
_SLOTS: Final = ", ".join("?" * TOGETHER)
_write_rows: Final = msgspec.msgpack.Encoder().encode
_read_rows: Final = msgspec.msgpack.Decoder(list[Row]).decode


def _filled(values: Sequence[bytes]) -> list[bytes | None]:
    """One text for any number of values: NULL is equal to nothing."""
    return [*values, *(None for _ in range(TOGETHER - len(values)))]


class IndexReader:
    """Reads of one thread. Raises sqlite3.Error where the index is damaged."""

    def __init__(self, file: Path, *, writes: bool = False) -> None:
        uri = f"{file.resolve().as_uri()}?mode={'rwc' if writes else 'ro'}"
        self._sql = sqlite3.connect(
            uri, BUSY_SEC, isolation_level=None, uri=True, check_same_thread=False
        )
        self._sql.execute(f"PRAGMA cache_size = -{CACHE_KIB}")

    def close(self) -> None:
        self._sql.close()

    def get(self, path: bytes) -> IndexedRow | None:
        found = self._sql.execute(
            f"SELECT {ROW}, {SEEN}, own FROM row WHERE path = ?", (path,)
        ).fetchone()
        return indexed(found) if found else None

    def rows_of(self, paths: Sequence[bytes]) -> dict[bytes, IndexedRow]:
        """Return what is known of these paths."""
        found: dict[bytes, IndexedRow] = {}
        for begin in range(0, len(paths), TOGETHER):
            part = paths[begin : begin + TOGETHER]
            for one in self._sql.execute(
                f"SELECT {ROW}, {SEEN}, own FROM row WHERE path IN ({_SLOTS})", _filled(part)
            ):
                found[one[0]] = indexed(one)
        return found

    def files_of(self, hashes: Sequence[bytes]) -> dict[bytes, Place]:
        """Return where small files of these hashes are, of TOGETHER hashes at most: one place each,
        and not surely of each.
        """
        return {
            content: Place(path, 0, size, FileMark(*seen))
            for content, path, size, *seen in self._sql.execute(
                f"SELECT content, path, size, {SEEN} FROM row"
                f" WHERE content IN ({_SLOTS}) AND kind = 0 AND chunks = 1 LIMIT {2 * TOGETHER}",
                _filled(hashes),
            )
        }

    def under(self, path: bytes, after: bytes = b"") -> Iterator[IndexedRow]:
        """Yield what is below a folder (b"": the root) in order of paths, from `after` on."""
        low = max(path + b"\0" if path else b"", after + b"\0" if after else b"")
        high = path + b"\1" if path else None
        where = "path >= ?" + (" AND path < ?" if high else "")
        values = (low, high) if high else (low,)
        for found in self._sql.execute(
            f"SELECT {ROW}, {SEEN}, own FROM row WHERE {where} ORDER BY path", values
        ):
            yield indexed(found)

    def between(self, after: bytes, last: bytes | None) -> Iterator[IndexedRow]:
        """Yield all rows with paths greater than `after`, not greater than `last` (None: all)."""
        where = "path > ?" + (" AND path <= ?" if last is not None else "")
        values = (after,) if last is None else (after, last)
        for found in self._sql.execute(
            f"SELECT {ROW}, {SEEN}, own FROM row WHERE {where} ORDER BY path", values
        ):
            yield indexed(found)

    def own(self, after: bytes, most: int) -> list[IndexedRow]:
        """Return rows that are told to nobody, in order of paths."""
        return [
            indexed(found)
            for found in self._sql.execute(
                f"SELECT {ROW}, {SEEN}, own FROM row WHERE own = 1 AND path > ? ORDER BY path"
                " LIMIT ?",
                (after, most),
            )
        ]

    def rows(self, after: bytes, upto: bytes | None) -> Iterator[Row]:
        """Pages.rows: those that are told to others."""
        where = "path > ? AND own = 0" + (" AND path <= ?" if upto is not None else "")
        values = (after,) if upto is None else (after, upto)
        for found in self._sql.execute(
            f"SELECT {ROW} FROM row WHERE {where} ORDER BY path", values
        ):
            yield row_of(found)

    def entries(self, level: int, after: bytes, upto: bytes | None) -> list[Entry]:
        where = "level = ? AND last > ?" + (" AND last <= ?" if upto is not None else "")
        values = (level, after) if upto is None else (level, after, upto)
        return [
            Entry(*found)
            for found in self._sql.execute(
                f"SELECT {ENTRY} FROM entry WHERE {where} ORDER BY last", values
            )
        ]

    def before(self, level: int, path: bytes) -> bytes:
        found = self._sql.execute(
            "SELECT last FROM entry WHERE level = ? AND last < ? ORDER BY last DESC LIMIT 1",
            (level, path),
        ).fetchone()
        return found[0] if found else b""

    def at_or_after(self, level: int, path: bytes) -> bytes | None:
        found = self._sql.execute(
            "SELECT last FROM entry WHERE level = ? AND last >= ? ORDER BY last LIMIT 1",
            (level, path),
        ).fetchone()
        return found[0] if found else None

    def has_page(self, hash_: bytes) -> bool:
        """Whether a page of that hash is one of this folder's own tree."""
        return bool(
            self._sql.execute("SELECT 1 FROM entry WHERE hash = ? LIMIT 1", (hash_,)).fetchone()
        )

    def place_of_page(self, hash_: bytes) -> tuple[int, bytes] | None:
        """Return level and last path of a page of the own tree."""
        found: tuple[int, bytes] | None = self._sql.execute(
            "SELECT level, last FROM entry WHERE hash = ? LIMIT 1", (hash_,)
        ).fetchone()
        return found

    def page(self, hash_: bytes) -> bytes | None:
        """Return a page that was kept: one of another's tree, or of a recipe."""
        found = self._sql.execute("SELECT body FROM page WHERE hash = ?", (hash_,)).fetchone()
        return found[0] if found else None

    def size_of_pages(self) -> int:
        """Return how many bytes all pages have that were kept."""
        found = self._sql.execute("SELECT coalesce(sum(length(body)), 0) FROM page").fetchone()
        return int(found[0])

    def recipes(self) -> Iterator[bytes]:
        """Yield the contents of large files that are here, whole or in part."""
        for (content,) in self._sql.execute(
            "SELECT content FROM row WHERE kind = 0 AND chunks > 1"
            " UNION SELECT content FROM partial"
        ):
            yield content

    def places(self, hash_: bytes, most: int = 8) -> list[Place]:
        """Return where bytes of this hash are: small files, and chunks of large ones."""
        found = self._sql.execute(
            f"SELECT path, 0, size, {SEEN} FROM row WHERE content = ? AND kind = 0 AND chunks = 1"
            " LIMIT ?",
            (hash_, most),
        ).fetchall()
        found += self._sql.execute(
            f"SELECT path, offset, length, {SEEN} FROM chunk JOIN row USING (path)"
            " WHERE hash = ? LIMIT ?",
            (hash_, most),
        ).fetchall()
        return [
            Place(path, offset, length, FileMark(*seen)) for path, offset, length, *seen in found
        ]

    def with_content(self, content: bytes, most: int = 8) -> list[IndexedRow]:
        """Return files of exactly this content."""
        return [
            indexed(found)
            for found in self._sql.execute(
                f"SELECT {ROW}, {SEEN}, own FROM row WHERE content = ? AND kind = 0 LIMIT ?",
                (content, most),
            )
        ]

    def partial(self, path: bytes) -> Partial | None:
        found = self._sql.execute(
            "SELECT path, content, name, inode, done FROM partial WHERE path = ?", (path,)
        ).fetchone()
        return partial_of(found) if found else None

    def partials(self) -> list[Partial]:
        return [
            partial_of(found)
            for found in self._sql.execute("SELECT path, content, name, inode, done FROM partial")
        ]

    def coming(self) -> dict[bytes, Row]:
        """Return what was to be placed when the process ended, by path."""
        found = self._sql.execute("SELECT rows FROM arrival").fetchall()
        return {row.path: row for (rows,) in found for row in _read_rows(rows)}

    def folders(self) -> int:
        return int(self._sql.execute("SELECT count(*) FROM row WHERE kind = 1").fetchone()[0])

    def totals(self) -> tuple[int, int]:
        """Return how many files there are, and their bytes: read from the tree's top."""
        found = self._sql.execute(
            "SELECT sum(files), sum(size) FROM entry WHERE level = (SELECT max(level) FROM entry)"
        ).fetchone()
        return (found[0] or 0, found[1] or 0)

    def facts(self, begin: str) -> list[tuple[str, bytes]]:
        """Return facts whose names begin so."""
        return self._sql.execute(
            "SELECT name, value FROM fact WHERE substr(name, 1, ?) = ?", (len(begin), begin)
        ).fetchall()

    def fact(self, name: str) -> bytes | None:
        found = self._sql.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None


class Index(IndexReader):
    """The one that writes. What is written between `begin` and `commit` counts as a whole."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, writes=True)
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute("PRAGMA synchronous = FULL")
        self._sql.execute("PRAGMA journal_size_limit = 67108864")
        self._sql.executescript(SCHEMA)
        self._changes = self._sql.total_changes
        self.page_bytes_came = 0
        """Since it was opened, of pages that were kept; some were here before."""

    def begin(self) -> None:
        if not self._sql.in_transaction:
            self._sql.execute("BEGIN IMMEDIATE")
            self._changes = self._sql.total_changes

    @property
    def is_changed(self) -> bool:
        """Whether anything was written since `begin`."""
        return self._sql.total_changes != self._changes

    def commit(self) -> None:
        """Synced to the disk when it returns."""
        if self._sql.in_transaction:
            self._sql.execute("COMMIT")

    def put(self, rows: Iterable[IndexedRow]) -> None:
        self._sql.executemany(
            f"INSERT OR REPLACE INTO row ({ROW}, {SEEN}, own)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (values_of(one) for one in rows),
        )

    def drop(self, paths: Iterable[bytes]) -> None:
        """Know nothing of these any more."""
        self._sql.executemany("DELETE FROM row WHERE path = ?", ((path,) for path in paths))

    def forget_gone(self, before_ns: int, most: int) -> list[bytes]:
        """Drop deletions that came to be known before; return their paths."""
        found = [
            path
            for (path,) in self._sql.execute(
                "SELECT path FROM row WHERE kind = 3 AND seen_mtime_ns < ? LIMIT ?",
                (before_ns, most),
            )
        ]
        self.drop(found)
        return found

    def drop_chunks(self, paths: Iterable[bytes]) -> None:
        """These are no large files any more."""
        self._sql.executemany("DELETE FROM chunk WHERE path = ?", ((path,) for path in paths))

    def put_chunks(self, path: bytes, chunks: Iterable[tuple[int, int, bytes]]) -> None:
        """Offset, length and hash of each chunk of a large file; none: it is none any more."""
        self._sql.execute("DELETE FROM chunk WHERE path = ?", (path,))
        self._sql.executemany(
            "INSERT INTO chunk (path, offset, length, hash) VALUES (?, ?, ?, ?)",
            ((path, *chunk) for chunk in chunks),
        )

    def move_chunks(self, path: bytes, new: bytes) -> None:
        self._sql.execute("DELETE FROM chunk WHERE path = ?", (new,))
        self._sql.execute("UPDATE chunk SET path = ? WHERE path = ?", (new, path))

    def replace(
        self, level: int, after: bytes, upto: bytes | None, entries: Sequence[Entry]
    ) -> None:
        where = "level = ? AND last > ?" + (" AND last <= ?" if upto is not None else "")
        values = (level, after) if upto is None else (level, after, upto)
        self._sql.execute(f"DELETE FROM entry WHERE {where}", values)
        self._sql.executemany(
            f"INSERT INTO entry (level, {ENTRY}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (level, one.last, one.hash, one.rows, one.files, one.size, one.pieces)
                for one in entries
            ),
        )

    def keep_pages(self, pages: Iterable[tuple[bytes, bytes]]) -> None:
        for page in pages:
            came = self._sql.execute("INSERT OR IGNORE INTO page (hash, body) VALUES (?, ?)", page)
            self.page_bytes_came += len(page[1]) * came.rowcount

    def begin_sweep(self) -> None:
        """Within a transaction: pages that are not spared go with `end_sweep`."""
        self._sql.execute("CREATE TEMP TABLE IF NOT EXISTS spared (hash BLOB PRIMARY KEY)")
        self._sql.execute("DELETE FROM spared")

    def spare(self, hash_: bytes) -> None:
        self._sql.execute("INSERT OR IGNORE INTO spared (hash) VALUES (?)", (hash_,))

    def end_sweep(self) -> None:
        self._sql.execute("DELETE FROM page WHERE hash NOT IN (SELECT hash FROM spared)")
        self._sql.execute("DELETE FROM spared")

    def put_partial(self, partial: Partial) -> None:
        done = partial.done.to_bytes((partial.done.bit_length() + 7) // 8, "little")
        self._sql.execute(
            "INSERT OR REPLACE INTO partial (path, content, name, inode, done)"
            " VALUES (?, ?, ?, ?, ?)",
            (partial.path, partial.content, partial.name, partial.inode, done),
        )

    def drop_partial(self, path: bytes) -> None:
        self._sql.execute("DELETE FROM partial WHERE path = ?", (path,))

    def set_coming(self, rows: Sequence[Row]) -> None:
        """Say what is placed next: whoever finds it after a crash knows whose change it is."""
        if rows:
            self._sql.execute("INSERT INTO arrival (rows) VALUES (?)", (_write_rows(rows),))

    def drop_coming(self) -> None:
        self._sql.execute("DELETE FROM arrival")

    def drop_fact(self, name: str) -> None:
        self._sql.execute("DELETE FROM fact WHERE name = ?", (name,))

    def set_fact(self, name: str, value: bytes) -> None:
        self._sql.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (name, value))
