"""Sums of traffic and lists of the largest, merged from minutes to hours to days. Pure.

Of every list: what it holds and its rest are together the total of what was merged, exactly.
"""

import heapq
import zlib
from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

Kind = Literal["devices", "applications", "remotes", "groups", "talks"]
KINDS: Final[tuple[Kind, ...]] = ("devices", "applications", "remotes", "groups", "talks")
MOST: Final[Mapping[Kind, int]] = {
    "devices": 200,
    "applications": 200,
    "remotes": 200,
    "groups": 200,
    "talks": 400,
}
"""How many a list keeps; a minute of an agent has 50, and 100 talks."""

Counts = tuple[int, int, int, int, int]
"""bytes in, bytes out, packets in, packets out, flows"""
NOTHING: Final[Counts] = (0, 0, 0, 0, 0)
Key = tuple[str, ...]
"""A name; of a talk device, application, remote, and then its groups."""

LARGEST: Final = 2**62
"""No sum grows further: what a database and a file can hold."""

_LEVEL: Final = 1


class StoredList(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A list as it is stored: (key, label, counts), the largest first."""

    rows: list[tuple[Key, str, Counts]] = []
    rest: Counts = NOTHING

    @property
    def total(self) -> Counts:
        total = self.rest
        for _, _, counts in self.rows:
            total = plus(total, counts)
        return total


_decoder = msgspec.msgpack.Decoder(StoredList)
_encoder = msgspec.msgpack.Encoder()


def packed(kept: StoredList) -> bytes:
    return zlib.compress(_encoder.encode(kept), _LEVEL)


def unpacked(data: bytes) -> StoredList:
    return _decoder.decode(zlib.decompress(data))


def plus(one: Counts, other: Counts) -> Counts:
    return (
        one[0] + other[0],
        one[1] + other[1],
        one[2] + other[2],
        one[3] + other[3],
        one[4] + other[4],
    )


def minus(one: Counts, other: Counts) -> Counts:
    return (
        one[0] - other[0],
        one[1] - other[1],
        one[2] - other[2],
        one[3] - other[3],
        one[4] - other[4],
    )


def size(counts: Counts) -> int:
    return counts[0] + counts[1]


class Ranking:
    """Any number of keys and their sums, and what came without a key."""

    def __init__(self) -> None:
        self.sums: dict[Key, Counts] = {}
        self.labels: dict[Key, str] = {}
        self.rest: Counts = NOTHING

    @classmethod
    def of(cls, lists: Iterable[StoredList]) -> "Ranking":
        made = cls()
        for one in lists:
            made.merge(one)
        return made

    def add(self, key: Key, label: str, counts: Counts) -> None:
        """The newest label counts, where there is one."""
        found = self.sums.get(key)
        self.sums[key] = counts if found is None else plus(found, counts)
        if label:
            self.labels[key] = label

    def merge(self, kept: StoredList) -> None:
        for key, label, counts in kept.rows:
            self.add(key, label, counts)
        self.rest = plus(self.rest, kept.rest)

    def kept(self, most: int) -> StoredList:
        """The largest by bytes, and everything else in the rest."""
        top = heapq.nlargest(most, self.sums.items(), key=_by_size)
        rest = self.rest
        if len(top) < len(self.sums):
            chosen = {key for key, _ in top}
            for key, counts in self.sums.items():
                if key not in chosen:
                    rest = plus(rest, counts)
        labels = self.labels
        return StoredList(
            [(key, labels.get(key, ""), _bounded(counts)) for key, counts in top], _bounded(rest)
        )


def merged(kind: Kind, lists: Iterable[StoredList]) -> StoredList:
    return Ranking.of(lists).kept(MOST[kind])


def _by_size(item: tuple[Key, Counts]) -> tuple[int, Key]:
    # The key settles ties: the same lists give the same answer in any order.
    return size(item[1]), item[0]


def _bounded(counts: Counts) -> Counts:
    return counts if max(counts) <= LARGEST else bounded(counts)


def bounded(counts: Counts) -> Counts:
    a, b, c, d, e = (min(one, LARGEST) for one in counts)
    return a, b, c, d, e
