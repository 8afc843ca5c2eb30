"""How much of bodies a face holds at a time: many connections with large ones are no way to take
all memory of a host.
"""

from collections import Counter
from typing import Final

SMALL: Final = 4 << 10
"""Bytes of a body that needs no room, so that what is small goes on where others are large."""
MOST_EACH: Final = 8 << 20
"""Of one address."""
MOST_IN_ALL: Final = 32 << 20


class BodyRoom:
    def __init__(self, most_each: int = MOST_EACH, most_in_all: int = MOST_IN_ALL) -> None:
        self._most_each, self._most_in_all = most_each, most_in_all
        self._held: Counter[str] = Counter()
        self.size = 0
        """Bytes that are held now."""

    def take(self, peer: str, size: int) -> bool:
        """Have room for so many bytes more; False: there is none. One alone always has it."""
        held = self._held[peer]
        if (held and held + size > self._most_each) or (
            self.size and self.size + size > self._most_in_all
        ):
            return False
        self.size += size
        self._held[peer] += size
        return True

    def give_back(self, peer: str, size: int) -> None:
        self.size -= size
        self._held[peer] -= size
        if not self._held[peer]:
            del self._held[peer]


class HeldRoom:
    """Of one connection: what it holds of the room."""

    def __init__(self, room: BodyRoom, peer: str) -> None:
        self._room, self._peer = room, peer
        self._size = 0

    def hold(self, size: int) -> bool:
        """Have room for so many bytes; False: there is none."""
        more = size - self._size
        if size <= SMALL or more <= 0:
            return True
        if not self._room.take(self._peer, more):
            return False
        self._size = size
        return True

    def leave(self) -> None:
        if self._size:
            self._room.give_back(self._peer, self._size)
            self._size = 0
