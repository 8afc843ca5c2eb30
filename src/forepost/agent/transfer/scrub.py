"""Reads files again, slowly, and finds those that changed though nothing says so: bit rot.

What is rotten goes to the archive and out of the index, so it is fetched anew from members that
have it. Where nobody has it, it is told and stays: it is given to nobody.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec

from forepost.agent.edges.tree.placement import ChangedHere
from forepost.agent.edges.tree.root import OnDisk
from forepost.agent.transfer.content import Unrest, content_of
from forepost.agent.transfer.disk import FolderDisk
from forepost.agent.transfer.index import IndexReader
from forepost.agent.transfer.kept_rows import FileMark, IndexedRow
from forepost.agent.transfer.row import names_of
from forepost.agent.transfer.scan import seen_of
from forepost.wire.jobs.folder import FILE

ROTTEN: Final = "rotten: "
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(FileMark).decode
AT: Final = "scrubbed to"
PART_BYTES: Final = 8 << 20
PART_FILES: Final = 200
PAUSE_SEC: Final = 30.0
"""After a part: 23 GiB a day at most, and less than a hundredth of a core."""


class Scrub:
    """Of one folder, whose thread uses it."""

    def __init__(self, disk: FolderDisk) -> None:
        self._disk = disk

    def part(self) -> list[IndexedRow]:
        """Read the next files; return those that are rotten. Raises OSError, sqlite3.Error."""
        begin = self._disk.index.fact(AT) or b""
        at, size, count = begin, 0, 0
        rotten = []
        reader = IndexReader(self._disk.file)
        try:
            for one in self._from(reader, begin):
                at, size, count = one.row.path, size + one.row.size, count + 1
                if self._is_rotten(one):
                    rotten.append(one)
                if size >= PART_BYTES or count >= PART_FILES:
                    break
            else:
                at = b""
        finally:
            reader.close()
        self._disk.index.begin()
        self._disk.index.set_fact(AT, at)
        self._disk.index.commit()
        return rotten

    @staticmethod
    def _from(reader: IndexReader, begin: bytes) -> Iterator[IndexedRow]:
        return (one for one in reader.between(begin, None) if one.row.kind == FILE)

    def _is_rotten(self, one: IndexedRow) -> bool:
        if not one.row.size or one.own:
            return False
        names = names_of(one.row.path)
        try:
            before = self._disk.root.stat(names)
            if before is None or seen_of(before) != one.seen:
                return False  # changed by somebody: a look finds that
            found = content_of(self._disk.root, names)
        except (OSError, Unrest):
            return False
        return seen_of(found.seen) == one.seen and found.hash != one.row.content

    def put_away(self, rotten: IndexedRow) -> None:
        """Have it fetched again. Raises OSError, sqlite3.Error."""
        self.note(rotten)
        self.finish()
        self._disk.refresh()

    def note(self, rotten: IndexedRow) -> None:
        """Its row goes first: whoever begins anew now does not take the file for a change of
        somebody, nor its absence for a deletion.
        """
        path = rotten.row.path
        self._disk.index.begin()
        self._disk.drop([path])
        self._disk.index.put_chunks(path, ())
        self._disk.index.set_fact(ROTTEN + path.hex(), _encode(rotten.seen))
        self._disk.index.commit()

    def finish(self) -> None:
        """Take what is noted as rotten from its place."""
        for name, value in self._disk.index.facts(ROTTEN):
            names = names_of(bytes.fromhex(name[len(ROTTEN) :]))
            seen = _decode(value)
            with suppress(ChangedHere):
                self._disk.placement.remove(names, partial(_is, seen))
            self._disk.index.begin()
            self._disk.index.drop_fact(name)
            self._disk.index.commit()


def _is(seen: FileMark, now: OnDisk | None) -> bool:
    return now is not None and seen_of(now) == seen
