"""What is only known from two samples: processor time, and whether something is as it was. Pure."""

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from forepost.controller.payloads.mtr import Route

T = TypeVar("T")

EXCURSION: Final = 2
"""So few samples away, and back again: the two are in use in turn."""
SETTLED: Final = 12
"""So many samples of the new in a row: it is what is usual now."""


class Times(Protocol):
    """Processor times that only grow, as /proc/stat has them."""

    @property
    def user(self) -> float: ...
    @property
    def system(self) -> float: ...
    @property
    def idle(self) -> float: ...
    @property
    def iowait(self) -> float: ...
    @property
    def irq(self) -> float: ...
    @property
    def nice(self) -> float: ...
    @property
    def soft_irq(self) -> float: ...
    @property
    def steal(self) -> float: ...


def busy_pct(before: Times, after: Times) -> float | None:
    """Share of the time between two samples; None where it cannot be told (a reboot between)."""
    # The kernel may take idle time back; all other times only grow, until the next boot.
    idle = max(after.idle - before.idle, 0.0) + max(after.iowait - before.iowait, 0.0)
    busy = (
        after.user - before.user,
        after.system - before.system,
        after.irq - before.irq,
        after.nice - before.nice,
        after.soft_irq - before.soft_irq,
        after.steal - before.steal,
    )
    total = idle + sum(busy)
    return None if total <= 0 or min(busy) < 0 else 100 * sum(busy) / total


def same_path(one: Route, other: Route) -> bool:
    """Whether two traces may have gone one way: at no hop do both answer and share no address.

    A silent hop may be any; several addresses at a hop are parallel ways; a trace that ends in
    silence says nothing of what comes after.
    """
    return all(not a or not b or a & b for a, b in zip(one, other, strict=False))


def joined(one: Route, other: Route) -> Route:
    """Both ways as one: what is seen at either is usual."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return tuple(
        hop | shorter[place] if place < len(shorter) else hop for place, hop in enumerate(longer)
    )


def same_text(one: str, other: str) -> bool:
    return one == other


def first_text(one: str, _other: str) -> str:
    """Addresses and providers are not used in turn: what was usual stays so."""
    return one


class Usual(Generic[T]):
    """What is usual, and how long it has been otherwise.

    A change stands until the usual is back, or the new has settled: it is the usual then. What
    goes and comes back at once is learnt where two things can be in use in turn (`join`), so that
    balanced load raises one alert and not one an hour.
    """

    __slots__ = ("_away", "_candidate", "_join", "_same", "value")

    def __init__(self, value: T, same: Callable[[T, T], bool], join: Callable[[T, T], T]) -> None:
        self.value = value
        self._same, self._join = same, join
        self._candidate: T | None = None
        self._away = 0

    def sees(self, found: T) -> bool:
        """Whether `found` is a change from what is usual."""
        if self._same(self.value, found):
            if self._candidate is not None and self._away <= EXCURSION:
                self.value = self._join(self.value, self._candidate)
            else:
                self.value = self._join(self.value, found)
            self._candidate, self._away = None, 0
            return False
        if self._candidate is None or not self._same(self._candidate, found):
            self._candidate, self._away = found, 0
        self._away += 1
        if self._away >= SETTLED:
            self.accept()
            return False
        return True

    def accept(self) -> None:
        """The new is usual from now on; where there is none, nothing changes."""
        if self._candidate is not None:
            self.value, self._candidate, self._away = self._candidate, None, 0
