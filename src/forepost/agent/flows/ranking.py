"""The largest of many, and exactly what they leave out. Pure."""

import heapq
from collections.abc import Hashable, Iterable
from typing import Any, Final, Generic, TypeVar

from forepost.agent.flows.flow import Counts
from forepost.wire.flows.rollup import Named, Talk, Traffic

K = TypeVar("K", bound=Hashable)

MOST_KEYS: Final = 20_000
"""Kept apart in one minute; what comes when there are so many goes to the rest."""


class Sum:
    """Bytes and packets towards the local side and from it, and flows."""

    __slots__ = ("bytes_in", "bytes_out", "flows", "packets_in", "packets_out")

    def __init__(self) -> None:
        self.bytes_in = self.bytes_out = self.packets_in = self.packets_out = self.flows = 0

    def add(self, new: Counts) -> None:
        """Of one flow."""
        self.packets_out += new[0]
        self.packets_in += new[1]
        self.bytes_out += new[2]
        self.bytes_in += new[3]
        self.flows += 1

    def join(self, other: "Sum") -> None:
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out
        self.packets_in += other.packets_in
        self.packets_out += other.packets_out
        self.flows += other.flows

    @property
    def size(self) -> int:
        return self.bytes_in + self.bytes_out

    def traffic(self) -> Traffic:
        return Traffic(**self._counts())

    def named(self, name: str, label: str = "") -> Named:
        return Named(name=name, label=label, **self._counts())

    def talk(self, device: str, application: str, remote: str, groups: tuple[str, ...]) -> Talk:
        return Talk(
            device=device,
            application=application,
            remote=remote,
            groups=list(groups),
            **self._counts(),
        )

    def _counts(self) -> Any:
        return {name: getattr(self, name) for name in Traffic.__struct_fields__}


class Top(Generic[K]):
    """Sums by key, bounded."""

    def __init__(self) -> None:
        self._sums: dict[K, Sum] = {}
        self._overflow = Sum()

    def add(self, key: K, new: Counts) -> None:
        found = self._sums.get(key)
        if found is None:
            if len(self._sums) >= MOST_KEYS:
                found = self._overflow
            else:
                found = self._sums[key] = Sum()
        found.add(new)

    def largest(self, most: int) -> tuple[list[tuple[K, Sum]], Sum]:
        """Return the largest by bytes, in order, and the sum of all others."""
        top = heapq.nlargest(most, self._sums.items(), key=lambda item: item[1].size)
        chosen = {key for key, _ in top}
        rest = Sum()
        rest.join(self._overflow)
        for found in self._others(chosen):
            rest.join(found)
        return top, rest

    def _others(self, chosen: set[K]) -> Iterable[Sum]:
        return (found for key, found in self._sums.items() if key not in chosen)
