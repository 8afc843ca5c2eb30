"""What a folder holds, as members of a job tell it each other: rows, pages of rows, signed roots.

MessagePack, and canonical: members that have the same in a folder have the same bytes.
"""

from typing import Final

import msgspec

FILE: Final = 0
FOLDER: Final = 1
LINK: Final = 2
GONE: Final = 3
"""It was deleted: kept, so that others hear of it, for as long as deletions are remembered."""
SHORT_ID: Final = 8
"""Bytes of a device id that name a device in rows."""
Version = tuple[tuple[bytes, int], ...]
"""A version vector: how many changes of each device it contains, sorted by device."""


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    path: bytes
    """Names from the root, a NUL between them: so a folder is followed by all that is below it."""
    kind: int
    size: int
    """Bytes of a file; 0 of everything else."""
    mtime_ns: int
    """Of what is gone: when it was found gone, by the clock of who found it."""
    mode: int
    """Permission bits; 0 of links."""
    content: bytes
    """FILE: the hash of its one chunk, or of its recipe (a page too); LINK: where it leads."""
    chunks: int
    """FILE: how many; 1: `content` is the chunk's hash; 0: it is empty. Otherwise 0."""
    author: bytes
    """SHORT_ID of whose change this is."""
    version: Version

    @property
    def same(self) -> tuple[int, bytes, int]:
        """What makes two versions equal to a user, however they came about."""
        return (self.kind, self.content, self.size)


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A page as the level above it names it. Counts are of all that is below."""

    last: bytes
    """The path of its last row."""
    hash: bytes
    rows: int
    files: int
    """Of the rows: files that are not gone."""
    size: int
    """Bytes of those files."""
    pieces: int
    """Into which the bytes are cut for transfer."""


class Leaf(msgspec.Struct, frozen=True, array_like=True, tag=0):
    rows: list[Row]


class Inner(msgspec.Struct, frozen=True, array_like=True, tag=1):
    level: int
    """Of its entries: 0, where they are leaves."""
    entries: list[Entry]


Page = Leaf | Inner


class Root(msgspec.Struct, frozen=True, array_like=True):
    """What a writer says that a folder is."""

    key: str
    """Of which folder (TransferTask.key)."""
    number: int
    """Greater with each root of this writer: an older one does not count any more."""
    top: Entry
    """The outermost page, with all counts."""
    writer: bytes
    """SHORT_ID by which rows name the writer."""
    made_ms: int
    """Unix milliseconds by the writer's clock; to be shown, not to be relied on."""


class SignedRoot(msgspec.Struct, frozen=True, array_like=True):
    root: bytes
    """A `Root`, as it was signed."""
    public: bytes
    """The writer's public key (SubjectPublicKeyInfo, DER)."""
    signature: bytes
