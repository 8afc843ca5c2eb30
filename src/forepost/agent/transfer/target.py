"""A root that a folder is on its way to: which of its pieces are missing, and what they are.

The folder's thread makes it and finishes it; the threads that fetch take work from it.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from random import Random
from typing import Final

import msgspec

from forepost.agent.transfer.comparison import LeafPlace
from forepost.agent.transfer.picker import Picker
from forepost.agent.transfer.pieces import Piece, pieces_of
from forepost.agent.transfer.tree import read_page
from forepost.wire.jobs.folder import Leaf, Root, Row

MOST_LEAVES: Final = 32
"""That are held as they are read."""


class Lacking(msgspec.Struct, frozen=True, gc=False):
    """A file, or a chunk of one, that is to be fetched."""

    row: Row
    piece: int
    chunk: int = -1
    """-1: the file is one chunk."""


class Target:
    """Of one root. Of several threads."""

    def __init__(
        self,
        root: Root,
        leaves: Sequence[LeafPlace],
        page: Callable[[bytes], bytes | None],
        missing: int,
        lacks: Callable[[Row], bool],
        random: Random,
    ) -> None:
        """`lacks`: whether a row's content is still to be fetched; called by any thread."""
        self.root = root
        self.leaves = leaves
        self._page, self._lacks = page, lacks
        self._first = [leaf.first_piece for leaf in leaves]
        self._picker = Picker(max(1, root.top.pieces), missing, random)
        self._read: OrderedDict[bytes, list[Piece]] = OrderedDict()
        self._parts: dict[int, int] = {}
        """Of pieces of several files: how many are still to come."""
        self._condition = threading.Condition()
        self._is_over = False
        self.news = 0
        """Pieces that came and were told to nobody yet, a bit each."""
        self.came = 0
        """Pieces that are here, a bit each."""

    @property
    def is_done(self) -> bool:
        with self._condition:
            return self._picker.is_done

    @property
    def is_over(self) -> bool:
        """Whether it is not wanted any more."""
        return self._is_over

    def end(self) -> None:
        with self._condition:
            self._is_over = True
            self._condition.notify_all()

    def has(self, peer: Hashable, pieces: int | None) -> None:
        """The peer has these pieces too; None: all."""
        with self._condition:
            count = self.root.top.pieces
            self._picker.has(peer, (1 << count) - 1 if pieces is None else pieces)
            self._condition.notify_all()

    def peer_left(self, peer: Hashable) -> None:
        with self._condition:
            self._picker.peer_left(peer)
            self._condition.notify_all()

    def next(self, peer: Hashable, wait_sec: float) -> list[Lacking]:
        """Return what to ask this peer for; none: nothing within that time, or it is over."""
        with self._condition:
            pieces = [] if self._is_over else self._picker.next(peer)
            if not pieces and wait_sec and not self._is_over:
                self._condition.wait(wait_sec)
                pieces = [] if self._is_over else self._picker.next(peer)
        return [one for piece in pieces for one in self._lacking(piece)]

    def _lacking(self, number: int) -> list[Lacking]:
        piece = self._at(number)
        if piece.chunk >= 0:
            if self._lacks(piece.rows[0]):
                return [Lacking(piece.rows[0], number, piece.chunk)]
            self._piece_came(number)
            return []
        found = [Lacking(row, number) for row in piece.rows if self._lacks(row)]
        with self._condition:
            self._parts[number] = len(found)
        if not found:
            self._piece_came(number)
        return found

    def item_came(self, item: Lacking) -> None:
        """It is verified and written."""
        if item.chunk < 0:
            with self._condition:
                left = self._parts.get(item.piece, 0) - 1
                self._parts[item.piece] = left
            if left > 0:
                return
        self._piece_came(item.piece)

    def has_not(self, peer: Hashable, item: Lacking) -> None:
        """The peer did not give it."""
        with self._condition:
            self._picker.has_not(peer, item.piece)
            self._condition.notify_all()

    def _piece_came(self, number: int) -> None:
        with self._condition:
            self._parts.pop(number, None)
            self._picker.came(number)
            self.news |= 1 << number
            self.came |= 1 << number
            self._condition.notify_all()

    def take_news(self) -> int:
        """Return the pieces to tell peers of, once."""
        with self._condition:
            news, self.news = self.news, 0
            return news

    @property
    def missing(self) -> int:
        with self._condition:
            return self._picker.missing

    def _at(self, number: int) -> Piece:
        leaf = self.leaves[bisect_right(self._first, number) - 1]
        with self._condition:
            pieces = self._read.get(leaf.hash)
            if pieces is not None:
                self._read.move_to_end(leaf.hash)
        if pieces is None:
            page = self._page(leaf.hash)
            assert page is not None
            found = read_page(page)
            assert isinstance(found, Leaf)
            pieces = list(pieces_of(found.rows))
            with self._condition:
                self._read[leaf.hash] = pieces
                while len(self._read) > MOST_LEAVES:
                    self._read.popitem(last=False)
        return pieces[number - leaf.first_piece]
