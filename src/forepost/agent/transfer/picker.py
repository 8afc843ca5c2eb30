"""Which pieces to ask which peer for. Pure.

Sets of pieces are whole numbers, a bit a piece: what is missing, what is asked for, what each peer
has. Nothing here grows with pieces times peers but those bits; a pick costs a few passes over them.
What only one peer has is asked of it first, at random places, so that a source gives each piece
about once and its receivers give it to each other.
"""

from collections.abc import Hashable
from random import Random
from typing import Final

RUN: Final = 8
"""Pieces that are asked for together, where they follow one another: files are read in order."""


class Picker:
    """Of one target: a root, and what this agent has of it."""

    def __init__(self, count: int, missing: int, random: Random) -> None:
        """`count`: of pieces; `missing`: those to be fetched."""
        self.count = count
        self.missing = missing
        self._random = random
        self._asked: dict[Hashable, int] = {}
        """By peer: pieces that it was asked for and has not given."""
        self._has: dict[Hashable, int] = {}
        self._once = 0
        """What at least one peer has."""
        self._twice = 0
        """What at least two peers have."""

    @property
    def is_done(self) -> bool:
        return not self.missing

    def has(self, peer: Hashable, pieces: int) -> None:
        """The peer has these pieces too."""
        known = self._has.get(peer, 0)
        new = pieces & ~known
        self._twice |= self._once & new
        self._once |= new
        self._has[peer] = known | new

    def peer_left(self, peer: Hashable) -> None:
        """What it was asked for is asked of others."""
        self._asked.pop(peer, None)
        if self._has.pop(peer, None) is None:
            return
        self._once = self._twice = 0
        for pieces in self._has.values():
            self._twice |= self._once & pieces
            self._once |= pieces

    def has_not(self, peer: Hashable, piece: int) -> None:
        """The peer was asked and has not this piece, or not whole: another is asked."""
        bit = 1 << piece
        self._asked[peer] = self._asked.get(peer, 0) & ~bit
        if self._has.get(peer, 0) & bit:
            left = self._has[peer] & ~bit
            self.peer_left_keeping(peer, left)

    def release(self, peer: Hashable, piece: int) -> None:
        """The peer is not asked for this piece after all."""
        self._asked[peer] = self._asked.get(peer, 0) & ~(1 << piece)

    def peer_left_keeping(self, peer: Hashable, pieces: int) -> None:
        """The peer has just these pieces any more; what it was asked for stays asked."""
        asked = self._asked.get(peer, 0)
        self.peer_left(peer)
        self.has(peer, pieces)
        if asked:
            self._asked[peer] = asked

    def came(self, piece: int) -> None:
        """The piece is here, verified and written."""
        bit = 1 << piece
        self.missing &= ~bit
        for peer, asked in self._asked.items():
            if asked & bit:
                self._asked[peer] = asked & ~bit

    def next(self, peer: Hashable, most: int = RUN) -> list[int]:
        """Return the pieces to ask this peer for now, so many at most; none: it has nothing for us
        that is not asked for already.
        """
        free = self._free(peer)
        return self._ask(peer, (free & ~self._twice) or free, most)

    def has_any(self, peer: Hashable) -> bool:
        """Whether there is anything to ask this peer for that is not asked for already."""
        return bool(self._free(peer))

    def _free(self, peer: Hashable) -> int:
        free = self._has.get(peer, 0) & self.missing
        for pieces in self._asked.values():
            free &= ~pieces
        return free

    def again(self, peer: Hashable) -> list[int]:
        """Return a piece that another peer is slow with, to be asked of this one too; or none."""
        wanted = self._has.get(peer, 0) & self.missing & ~self._asked.get(peer, 0)
        return self._ask(peer, wanted, 1)

    def _ask(self, peer: Hashable, wanted: int, most: int) -> list[int]:
        if not wanted:
            return []
        found = self._from_random(wanted, most)
        for piece in found:
            self._asked[peer] = self._asked.get(peer, 0) | 1 << piece
        return found

    def _from_random(self, wanted: int, most: int) -> list[int]:
        """Return a run of pieces that follow one another, begun at a random one."""
        begin = self._random.randrange(self.count)
        rest = wanted >> begin
        if not rest:
            begin, rest = 0, wanted
        piece = begin + (rest & -rest).bit_length() - 1
        rest = wanted >> piece
        found: list[int] = []
        while rest & 1 and len(found) < most:
            found.append(piece)
            piece, rest = piece + 1, rest >> 1
        return found
