"""What a meter tells apart and what it only adds up: anybody can make flows, each costs the agent.

A flow that there was no allowance for is asked again whenever it has more traffic. One that has
ended without is added to one row of the interface: so what is told is, in the end, what was
counted. Pure.
"""

from collections.abc import Iterable
from typing import Final

from forepost.wire.flows.meter import COUNTERS, FIRST_SEEN_AT, FLOW, LAST_SEEN_AT, REST, TIME

_SECOND_NS: Final = 1_000_000_000
BURST_SEC: Final = 10
"""As much as in so many seconds at once: a tick tells what began since the last one."""


class Allowance:
    """So many a second; 0: any number."""

    def __init__(self, per_sec: int) -> None:
        self._per_sec = per_sec
        self._left = float(per_sec * BURST_SEC)
        self._at_ns: int | None = None

    def passes(self, now_ns: int) -> None:
        if self._at_ns is not None:
            more = (now_ns - self._at_ns) / _SECOND_NS * self._per_sec
            self._left = min(self._left + max(0.0, more), float(self._per_sec * BURST_SEC))
        self._at_ns = now_ns

    def take(self) -> bool:
        if not self._per_sec:
            return True
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Rest:
    """Which flows were told, and the sum of those that ended and were not."""

    def __init__(self, new_per_sec: int, told: Iterable[bytes]) -> None:
        self.allowance = Allowance(new_per_sec)
        self._bounded = bool(new_per_sec)
        self._told = set(told) if self._bounded else set[bytes]()
        self._sums = [0, 0, 0, 0]
        self._first_ns = self._last_ns = 0
        self._unsaid = False
        self.flows = 0
        """That are in the sum."""

    def tells(self, key: bytes) -> bool:
        """Whether this flow is told apart; it is from then on."""
        if not self._bounded or key in self._told:
            return True
        if not self.allowance.take():
            return False
        self._told.add(key)
        return True

    def forget(self, key: bytes) -> None:
        """It is not in the table any more."""
        self._told.discard(key)

    def ends(self, key: bytes, row: bytes) -> bool:
        """Whether its end is told; else it is in the sum now."""
        if self.tells(key):
            self._told.discard(key)
            return True
        self._sums = [
            one + more for one, more in zip(self._sums, COUNTERS.unpack_from(row), strict=True)
        ]
        (first_ns,) = TIME.unpack_from(row, FIRST_SEEN_AT)
        (last_ns,) = TIME.unpack_from(row, LAST_SEEN_AT)
        self._first_ns = min(self._first_ns or first_ns, first_ns)
        self._last_ns = max(self._last_ns, last_ns)
        self.flows += 1
        self._unsaid = True
        return False

    def row(self) -> bytes:
        """KEY FLOW of the sum; nothing where there is no news of it."""
        return REST + self._packed() if self._unsaid else b""

    def said(self) -> None:
        self._unsaid = False

    def last(self) -> bytes:
        """KEY FLOW of the sum; nothing where there never was one."""
        return REST + self._packed() if self.flows else b""

    def _packed(self) -> bytes:
        return FLOW.pack(
            *self._sums, self._first_ns, self._last_ns, *([0] * 14), bytes(6), bytes(6), 0
        )
