"""The rows of a folder and the tree that is made of them, kept in step. Of the folder's thread."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from forepost.agent.transfer.guards import DAY_NS
from forepost.agent.transfer.index import Index
from forepost.agent.transfer.kept_rows import NOWHERE, FileMark, IndexedRow
from forepost.agent.transfer.tree import leaf_entry, update
from forepost.wire.jobs.folder import Entry

MOST_CHANGED: Final = 50_000
"""Paths that are remembered for the tree; beyond, all of it is made anew."""
MOST_FORGOTTEN: Final = 10_000
"""At a time."""
DIRTY: Final = "dirty"
NUMBER: Final = "number"


class FolderRows:
    """Of one folder."""

    def __init__(self, index: Index, now_ns: Callable[[], int]) -> None:
        self.index, self._now_ns = index, now_ns
        self._changed: set[bytes] | None = None if index.fact(DIRTY) == b"1" else set()
        """None: the tree is to be made anew."""
        self.top = self.refresh()

    def changed_at(self, path: bytes) -> None:
        if self._changed is not None:
            self._changed.add(path)
            if len(self._changed) > MOST_CHANGED:
                self._changed = None

    def mark_dirty(self) -> None:
        """In the transaction of the rows: the tree is not theirs yet."""
        self.index.set_fact(DIRTY, b"1")

    def put(self, rows: Iterable[IndexedRow]) -> None:
        """Within a transaction: these rows are true of the disk from now on."""
        kept = [one if one.seen != NOWHERE else self._gone_now(one) for one in rows]
        self.index.put(kept)
        for one in kept:
            self.changed_at(one.row.path)
        self.mark_dirty()

    def _gone_now(self, one: IndexedRow) -> IndexedRow:
        return msgspec.structs.replace(one, seen=FileMark(0, 0, self._now_ns(), 0))

    def forget_gone(self, days: int) -> None:
        """Drop deletions of which this agent has known for so long.

        Each member does so by its own clock, and none takes a deletion again that is as old
        (Removal), so they do not fight over it: one that has dropped it has a tree of its own until
        the others have too, and that differs in nothing that is on a disk.
        """
        self.index.begin()
        for path in self.index.forget_gone(self._now_ns() - days * DAY_NS, MOST_FORGOTTEN):
            self.changed_at(path)
            self.mark_dirty()
        self.index.commit()

    def drop(self, paths: Iterable[bytes]) -> None:
        """Within a transaction."""
        kept = list(paths)
        self.index.drop(kept)
        for path in kept:
            self.changed_at(path)
        self.mark_dirty()

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
