"""What an index keeps, and how: the tables, and what a row of each of them stands for."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from forepost.wire.jobs.folder import Row, Version

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS row (
  path BLOB PRIMARY KEY, kind INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  mode INTEGER NOT NULL, content BLOB NOT NULL, chunks INTEGER NOT NULL, author BLOB NOT NULL,
  version BLOB NOT NULL, inode INTEGER NOT NULL, seen_size INTEGER NOT NULL,
  seen_mtime_ns INTEGER NOT NULL, seen_ctime_ns INTEGER NOT NULL, own INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS row_content ON row (content) WHERE kind = 0;
CREATE INDEX IF NOT EXISTS row_gone ON row (seen_mtime_ns) WHERE kind = 3;
CREATE INDEX IF NOT EXISTS row_own ON row (path) WHERE own = 1;
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
CREATE TABLE IF NOT EXISTS arrival (number INTEGER PRIMARY KEY, rows BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
ROW: Final = "path, kind, size, mtime_ns, mode, content, chunks, author, version"
SEEN: Final = "inode, seen_size, seen_mtime_ns, seen_ctime_ns"
ENTRY: Final = "last, hash, rows, files, size, pieces"
_encode = msgspec.msgpack.Encoder().encode
_version: Final[msgspec.msgpack.Decoder[Version]] = msgspec.msgpack.Decoder(Version)


class FileMark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file as the disk showed it when its row was made."""

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


class IndexedRow(msgspec.Struct, frozen=True, gc=False):
    row: Row
    seen: FileMark
    own: bool = False
    """A change at a member that may only read: it is told to nobody."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where bytes of a hash are on this disk."""

    path: bytes
    offset: int
    length: int
    seen: FileMark


class Partial(msgspec.Struct, frozen=True, gc=False):
    """A large file of which some is here, synced to the disk."""

    path: bytes
    content: bytes
    name: bytes
    """Of the unfinished file, beside its place."""
    inode: int
    done: int
    """Its chunks, a bit each."""


NOWHERE: Final = FileMark(0, 0, 0, 0)
"""Of what is gone; `mtime_ns` is then set to when that came to be known here."""


def row_of(found: Sequence[Any]) -> Row:
    path, kind, size, mtime_ns, mode, content, chunks, author, version = found
    return Row(path, kind, size, mtime_ns, mode, content, chunks, author, _version.decode(version))


def indexed(found: Sequence[Any]) -> IndexedRow:
    return IndexedRow(row_of(found[:9]), FileMark(*found[9:13]), bool(found[13]))


def values_of(one: IndexedRow) -> tuple[object, ...]:
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


def partial_of(found: Sequence[Any]) -> Partial:
    path, content, name, inode, done = found
    return Partial(path, content, name, inode, int.from_bytes(done, "little"))
