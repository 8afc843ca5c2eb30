"""A writer's tree beside this folder's own: which pages are needed to know what differs. Pure.

What has a hash that the own tree has too is the same and is not looked into. All else is fetched
from the top down; leaves are kept elsewhere, only where they stand is held here.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from forepost.agent.transfer.pieces import pieces_in
from forepost.agent.transfer.tree import WrongPage
from forepost.wire.jobs.folder import FILE, Entry, Inner, Leaf, Page

MOST_LEAVES: Final = 1 << 22
"""Of one folder: half a thousand million rows."""


class LeafPlace(msgspec.Struct, frozen=True, gc=False):
    """A leaf that differs from what is here."""

    hash: bytes
    after: bytes
    """Its rows have paths greater than this,"""
    last: bytes | None
    """and not greater than this; None: all that follow."""
    first_piece: int
    pieces: int


class _Wanted(msgspec.Struct, gc=False):
    entry: Entry
    level: int | None
    """None: of the outermost page, whatever that is."""
    after: bytes
    last: bytes | None
    first_piece: int


class Comparison:
    """Of one root."""

    def __init__(self, top: Entry, is_ours: Callable[[bytes], bool]) -> None:
        """`is_ours`: whether the own tree has a page of that hash."""
        self.top = top
        self._is_ours = is_ours
        self._wanted: dict[bytes, _Wanted] = {}
        self.leaves: list[LeafPlace] = []
        """In no order while it is not done."""
        self._want(_Wanted(top, None, b"", None, 0))

    @property
    def is_done(self) -> bool:
        return not self._wanted

    @property
    def wanted(self) -> list[bytes]:
        """The hashes of pages that are needed now."""
        return list(self._wanted)

    def take(self, hash_: bytes, page: Page) -> bool:
        """Look into a page; whether it is a leaf that is to be kept. Its hash was compared.

        Raises WrongPage where it is not what the page above says of it; KeyError: it is not wanted.
        """
        found = self._wanted.pop(hash_)
        if isinstance(page, Leaf):
            self._take_leaf(found, page)
            return True
        if found.level is not None and page.level != found.level - 1:
            raise WrongPage("a page of another level than the page above says")
        self._take_inner(found, page)
        if not self._wanted:
            self._sort()
        return False

    def _take_leaf(self, found: _Wanted, page: Leaf) -> None:
        entry, rows = found.entry, page.rows
        files = [row for row in rows if row.kind == FILE]
        counts = (len(rows), len(files), sum(row.size for row in files), pieces_in(rows))
        if counts != (entry.rows, entry.files, entry.size, entry.pieces):
            raise WrongPage("a leaf with other counts than the page above says")
        if rows and (rows[0].path <= found.after or rows[-1].path != entry.last):
            raise WrongPage("a leaf with rows of another place")
        if found.level is not None and found.level != 0:
            raise WrongPage("a leaf where another level is")
        self.leaves.append(
            LeafPlace(entry.hash, found.after, found.last, found.first_piece, entry.pieces)
        )
        if len(self.leaves) > MOST_LEAVES:
            raise WrongPage("a folder of too many pages")
        if not self._wanted:
            self._sort()

    def _take_inner(self, found: _Wanted, page: Inner) -> None:
        entry, below = found.entry, page.entries
        counts = tuple(
            sum(getattr(one, name) for one in below) for name in ("rows", "files", "size", "pieces")
        )
        if counts != (entry.rows, entry.files, entry.size, entry.pieces):
            raise WrongPage("a page with other counts than the page above says")
        if below[0].last <= found.after or below[-1].last != entry.last:
            raise WrongPage("a page with entries of another place")
        after, piece = found.after, found.first_piece
        for one in below:
            last = found.last if one is below[-1] else one.last
            self._want(_Wanted(one, page.level, after, last, piece))
            after, piece = one.last, piece + one.pieces

    def _sort(self) -> None:
        """A leaf of no pieces comes before the one that has the piece of its number."""
        self.leaves.sort(key=lambda leaf: (leaf.first_piece, leaf.pieces))

    def _want(self, wanted: _Wanted) -> None:
        if not self._is_ours(wanted.entry.hash):
            if wanted.entry.hash in self._wanted:
                raise WrongPage("a page that stands in two places")
            self._wanted[wanted.entry.hash] = wanted
