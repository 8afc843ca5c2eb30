"""A root that a folder is on its way to: which of its pieces are missing, and what they are.

The folder's thread makes it and finishes it; the threads that fetch take work from it.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from random import Random
from typing import Final

import msgspec

from forepost.agent.transfer.comparison import LeafPlace
from forepost.agent.transfer.picker import RUN, Picker
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
        lacking: Callable[[Sequence[Row]], list[Row]],
        random: Random,
    ) -> None:
        """`lacking`: of these rows those whose content is still to be fetched; called by any
        thread.
        """
        self.root = root
        self.leaves = leaves
        self._page, self._rows_lacking = page, lacking
        self._first = [leaf.first_piece for leaf in leaves]
        self._picker = Picker(max(1, root.top.pieces), missing, random)
        self._read: OrderedDict[bytes, list[Piece]] = OrderedDict()
        self._parts: dict[int, set[bytes]] = {}
        """Of pieces of several files that were asked for: the paths that are still to come."""
        self._idle: set[Hashable] = set()
        """Peers that have waited in vain: what others are slow with is asked of them too."""
        self._condition = threading.Condition()
        self._is_over = False
        self._news = 0
        """Pieces that came and were told to nobody yet, a bit each."""
        self._unnamed: list[int] = [0, 0]
        """Pieces of small files that came, before and after the last group of them got its names:
        as long as the index does not know them, nobody is given them.
        """
        self.came = 0
        """Pieces that are here and may be told, a bit each."""

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

    def next(self, peer: Hashable, wait_sec: float, most: int = RUN) -> list[Lacking]:
        """Return what to ask this peer for, so many pieces at most; none: nothing within that time,
        or it is over.
        """
        with self._condition:
            pieces = self._pick(peer, most)
            if not pieces and wait_sec:
                if peer not in self._idle and not self._condition.wait_for(
                    lambda: self._is_over or self._picker.is_done or self._picker.has_any(peer),
                    wait_sec,
                ):
                    self._idle.add(peer)
                pieces = self._pick(peer, most)
                if not pieces and peer in self._idle and not self._is_over:
                    pieces = self._picker.again(peer)
                    if not pieces:
                        self._condition.wait(wait_sec)
        return [one for piece in pieces for one in self._lacking(piece)]

    def _pick(self, peer: Hashable, most: int) -> list[int]:
        pieces = [] if self._is_over else self._picker.next(peer, most)
        if pieces:
            self._idle.discard(peer)
        return pieces

    def _lacking(self, number: int) -> list[Lacking]:
        piece = self._at(number)
        with self._condition:
            parts = self._parts.get(number)
        rows: Sequence[Row] = piece.rows
        if parts is None:
            rows = self._rows_lacking(rows)
        with self._condition:
            if not rows:
                self._piece_came(number)
                self._may_be_told(1 << number)
            elif piece.chunk < 0:
                # Asked of another too: what came meanwhile may not be in the index yet.
                parts = self._parts.setdefault(number, {row.path for row in rows})
                rows = [row for row in rows if row.path in parts]
        return [Lacking(row, number, piece.chunk) for row in rows]

    def came_here(self, items: Iterable[Lacking]) -> None:
        """They are verified and written."""
        with self._condition:
            for item in items:
                if item.chunk < 0:
                    parts = self._parts.get(item.piece, set())
                    parts.discard(item.row.path)
                    if parts:
                        continue
                    self._unnamed[1] |= 1 << item.piece
                else:
                    self._may_be_told(1 << item.piece)
                self._piece_came(item.piece)

    def named(self, *, all_of_them: bool) -> None:
        """A group of files got its names, and the index knows of those before, or `all_of_them`."""
        with self._condition:
            known, came = self._unnamed
            if all_of_them:
                known, came = known | came, 0
            self._unnamed = [came, 0]
            self._may_be_told(known)

    def _may_be_told(self, pieces: int) -> None:
        self._news |= pieces
        self.came |= pieces

    def has_not(self, peer: Hashable, item: Lacking) -> None:
        """The peer did not give it."""
        with self._condition:
            self._picker.has_not(peer, item.piece)
            self._condition.notify_all()

    def _piece_came(self, number: int) -> None:
        """The condition is held."""
        self._parts.pop(number, None)
        self._picker.came(number)
        self._condition.notify_all()

    def take_news(self) -> int:
        """Return the pieces to tell peers of, once."""
        with self._condition:
            news, self._news = self._news, 0
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
