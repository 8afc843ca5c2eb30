"""Recognises a way that was seen before. Pure.

Two runs may have gone one way where no hop answered in both with different addresses. So a hop that
was silent in one of them, and parallel ways once they were seen together, do not count as a change.
What cannot be told: whether a hop that was never heard is still the same; and of two ways that are
both compatible with a third, which one that was (the one used last is taken).

A fingerprint is that of the first run of its way: equal on all agents and after a restart where
the same hops answer then.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

MOST_TARGETS: Final = 1_000
MOST_WAYS: Final = 8
"""Remembered of one target; the one used longest ago is forgotten."""
MOST_HOSTS: Final = 16
"""Remembered of one hop."""

Way = tuple[frozenset[str], ...]
"""Who answered at each hop; nobody where it was silent."""


class _Known:
    __slots__ = ("fingerprint", "reached", "way")

    def __init__(self, way: Way, reached: bool) -> None:
        self.way, self.reached = way, reached
        text = "|".join(",".join(sorted(hop)) for hop in way)
        self.fingerprint = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def fits(self, way: Way, reached: bool) -> bool:
        if reached and self.reached and len(way) != len(self.way):
            return False
        if not reached and self.reached and len(way) > len(self.way):
            return False
        if reached and not self.reached and len(self.way) > len(way):
            return False
        pairs = zip(self.way, way, strict=False)
        return all(not old or not new or old & new for old, new in pairs)

    def take(self, way: Way, reached: bool) -> None:
        longer = max(self.way, way, key=len)
        joined = []
        for place in range(len(longer)):
            old = self.way[place] if place < len(self.way) else frozenset[str]()
            new = way[place] if place < len(way) else frozenset[str]()
            both = old | new
            joined.append(both if len(both) <= MOST_HOSTS else old or new)
        self.way, self.reached = tuple(joined), self.reached or reached


class Ways:
    """The ways towards many targets."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, list[_Known]] = OrderedDict()

    def fingerprint(self, target: str, hops: Sequence[Sequence[str]], *, reached: bool) -> str:
        """Recognise the way, or remember it; "" where nobody answered.

        `target` names what is traced and how. Silence at the end says nothing: it is left out.
        """
        way = _trimmed(hops)
        if not way:
            return ""
        known = self._known.setdefault(target, [])
        self._known.move_to_end(target)
        if len(self._known) > MOST_TARGETS:
            self._known.popitem(last=False)
        found = next((one for one in known if one.fits(way, reached)), None)
        if found is None:
            found = _Known(way, reached)
        else:
            known.remove(found)
            found.take(way, reached)
        known.insert(0, found)
        del known[MOST_WAYS:]
        return found.fingerprint


def _trimmed(hops: Sequence[Sequence[str]]) -> Way:
    way = [frozenset(hop) for hop in hops]
    while way and not way[-1]:
        way.pop()
    return tuple(way)
