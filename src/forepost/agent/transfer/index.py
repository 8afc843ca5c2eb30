"""The index of one folder: a row for each path, on disk, in SQLite.

One thread writes; others read by connections of their own (`reader`). What it holds of a file is
true of the file that had this inode, size and these times: whoever uses it compares them first.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from forepost.wire.jobs.folder import Entry, Row, Version

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS row (
  path BLOB PRIMARY KEY, kind INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  mode INTEGER NOT NULL, content BLOB NOT NULL, chunks INTEGER NOT NULL, author BLOB NOT NULL,
  version BLOB NOT NULL, inode INTEGER NOT NULL, seen_size INTEGER NOT NULL,
  seen_mtime_ns INTEGER NOT NULL, seen_ctime_ns INTEGER NOT NULL, own INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS row_content ON row (content) WHERE kind = 0;
CREATE TABLE IF NOT EXISTS chunk (
  path BLOB NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (path, offset)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chunk_hash ON chunk (hash);
CREATE TABLE IF NOT EXISTS entry (
  level INTEGER NOT NULL, last BLOB NOT NULL, hash BLOB NOT NULL, rows INTEGER NOT NULL,
  files INTEGER NOT NULL, size INTEGER NOT NULL, pieces INTEGER NOT NULL,
  PRIMARY KEY (level, last)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_hash ON entry (hash);
CREATE TABLE IF NOT EXISTS page (hash BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS partial (
  path BLOB PRIMARY KEY, content BLOB NOT NULL, name BLOB NOT NULL, inode INTEGER NOT NULL,
  done BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
CACHE_KIB: Final = 6 << 10
BUSY_SEC: Final = 30.0

_ROW: Final = "path, kind, size, mtime_ns, mode, content, chunks, author, version"
_SEEN: Final = "inode, seen_size, seen_mtime_ns, seen_ctime_ns"
_ENTRY: Final = "last, hash, rows, files, size, pieces"
_encode = msgspec.msgpack.Encoder().encode
_version: Final[msgspec.msgpack.Decoder[Version]] = msgspec.msgpack.Decoder(Version)


class Seen(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file as the disk showed it when its row was made."""

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


class IndexedRow(msgspec.Struct, frozen=True, gc=False):
    row: Row
    seen: Seen
    own: bool = False
    """A change at a member that may only read: it is told to nobody."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where bytes of a hash are on this disk."""

    path: bytes
    offset: int
    length: int
    seen: Seen


class Partial(msgspec.Struct, frozen=True, gc=False):
    """A large file of which some is here, synced to the disk."""

    path: bytes
    content: bytes
    name: bytes
    """Of the unfinished file, beside its place."""
    inode: int
    done: int
    """Its chunks, a bit each."""


NOWHERE: Final = Seen(0, 0, 0, 0)


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
            f"SELECT {_ROW}, {_SEEN}, own FROM row WHERE path = ?", (path,)
        ).fetchone()
        return _indexed(found) if found else None

    def under(self, path: bytes, after: bytes = b"") -> Iterator[IndexedRow]:
        """Yield what is below a folder (b"": the root) in order of paths, from `after` on."""
        low = max(path + b"\0" if path else b"", after + b"\0" if after else b"")
        high = path + b"\1" if path else None
        where = "path >= ?" + (" AND path < ?" if high else "")
        values = (low, high) if high else (low,)
        for found in self._sql.execute(
            f"SELECT {_ROW}, {_SEEN}, own FROM row WHERE {where} ORDER BY path", values
        ):
            yield _indexed(found)

    def between(self, after: bytes, last: bytes | None) -> Iterator[IndexedRow]:
        """Yield all rows with paths greater than `after`, not greater than `last` (None: all)."""
        where = "path > ?" + (" AND path <= ?" if last is not None else "")
        values = (after,) if last is None else (after, last)
        for found in self._sql.execute(
            f"SELECT {_ROW}, {_SEEN}, own FROM row WHERE {where} ORDER BY path", values
        ):
            yield _indexed(found)

    def rows(self, after: bytes, upto: bytes | None) -> Iterator[Row]:
        """Pages.rows: those that are told to others."""
        where = "path > ? AND own = 0" + (" AND path <= ?" if upto is not None else "")
        values = (after,) if upto is None else (after, upto)
        for found in self._sql.execute(
            f"SELECT {_ROW} FROM row WHERE {where} ORDER BY path", values
        ):
            yield _row(found)

    def entries(self, level: int, after: bytes, upto: bytes | None) -> list[Entry]:
        where = "level = ? AND last > ?" + (" AND last <= ?" if upto is not None else "")
        values = (level, after) if upto is None else (level, after, upto)
        return [
            Entry(*found)
            for found in self._sql.execute(
                f"SELECT {_ENTRY} FROM entry WHERE {where} ORDER BY last", values
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

    def places(self, hash_: bytes, most: int = 8) -> list[Place]:
        """Return where bytes of this hash are: small files, and chunks of large ones."""
        found = self._sql.execute(
            f"SELECT path, 0, size, {_SEEN} FROM row WHERE content = ? AND kind = 0 AND chunks = 1"
            " LIMIT ?",
            (hash_, most),
        ).fetchall()
        found += self._sql.execute(
            f"SELECT path, offset, length, {_SEEN} FROM chunk JOIN row USING (path)"
            " WHERE hash = ? LIMIT ?",
            (hash_, most),
        ).fetchall()
        return [Place(path, offset, length, Seen(*seen)) for path, offset, length, *seen in found]

    def with_content(self, content: bytes, most: int = 8) -> list[IndexedRow]:
        """Return files of exactly this content."""
        return [
            _indexed(found)
            for found in self._sql.execute(
                f"SELECT {_ROW}, {_SEEN}, own FROM row WHERE content = ? AND kind = 0 LIMIT ?",
                (content, most),
            )
        ]

    def partial(self, path: bytes) -> Partial | None:
        found = self._sql.execute(
            "SELECT path, content, name, inode, done FROM partial WHERE path = ?", (path,)
        ).fetchone()
        return _partial(found) if found else None

    def partials(self) -> list[Partial]:
        return [
            _partial(found)
            for found in self._sql.execute("SELECT path, content, name, inode, done FROM partial")
        ]

    def totals(self) -> tuple[int, int]:
        """Return how many files there are, and their bytes: read from the tree's top."""
        found = self._sql.execute(
            "SELECT sum(files), sum(size) FROM entry WHERE level = (SELECT max(level) FROM entry)"
        ).fetchone()
        return (found[0] or 0, found[1] or 0)

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
            f"INSERT OR REPLACE INTO row ({_ROW}, {_SEEN}, own)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_values(one) for one in rows),
        )

    def drop(self, paths: Iterable[bytes]) -> None:
        """Know nothing of these any more."""
        self._sql.executemany("DELETE FROM row WHERE path = ?", ((path,) for path in paths))

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
            f"INSERT INTO entry (level, {_ENTRY}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (level, one.last, one.hash, one.rows, one.files, one.size, one.pieces)
                for one in entries
            ),
        )

    def keep_pages(self, pages: Iterable[tuple[bytes, bytes]]) -> None:
        self._sql.executemany("INSERT OR IGNORE INTO page (hash, body) VALUES (?, ?)", pages)

    def drop_pages(self, hashes: Iterable[bytes]) -> None:
        self._sql.executemany("DELETE FROM page WHERE hash = ?", ((one,) for one in hashes))

    def put_partial(self, partial: Partial) -> None:
        done = partial.done.to_bytes((partial.done.bit_length() + 7) // 8, "little")
        self._sql.execute(
            "INSERT OR REPLACE INTO partial (path, content, name, inode, done)"
            " VALUES (?, ?, ?, ?, ?)",
            (partial.path, partial.content, partial.name, partial.inode, done),
        )

    def drop_partial(self, path: bytes) -> None:
        self._sql.execute("DELETE FROM partial WHERE path = ?", (path,))

    def set_fact(self, name: str, value: bytes) -> None:
        self._sql.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (name, value))


def _row(found: Sequence[Any]) -> Row:
    path, kind, size, mtime_ns, mode, content, chunks, author, version = found
    return Row(path, kind, size, mtime_ns, mode, content, chunks, author, _version.decode(version))


def _indexed(found: Sequence[Any]) -> IndexedRow:
    return IndexedRow(_row(found[:9]), Seen(*found[9:13]), bool(found[13]))


def _values(one: IndexedRow) -> tuple[object, ...]:
    row, seen = one.row, one.seen
    return (
        row.path,
        row.kind,
        row.size,
        row.mtime_ns,
        row.mode,
        row.content,
        row.chunks,
        row.author,
        _encode(row.version),
        seen.inode,
        seen.size,
        seen.mtime_ns,
        seen.ctime_ns,
        one.own,
    )


def _partial(found: Sequence[Any]) -> Partial:
    path, content, name, inode, done = found
    return Partial(path, content, name, inode, int.from_bytes(done, "little"))
