"""How long a backlog will take, as it has gone down in the last minute. Pure."""

from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

WINDOW_SEC: Final = 60.0
LEAST_SEC: Final = 10.0
"""Before so much was seen nothing is said."""


class Prospect(msgspec.Struct, frozen=True):
    left_sec: float | None = None
    """None: not known, or there is no backlog."""
    grows: bool = False
    """More comes than leaves."""


class _Look(msgspec.Struct, frozen=True):
    at_sec: float
    backlog: int
    waiting: int


class Forecast:
    """Of one conversation: what the line bore before says nothing of this one."""

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque()

    def begin(self) -> None:
        self._looks.clear()

    def look(self, at_sec: float, backlog: int, waiting: int) -> None:
        """Bytes that wait from before this conversation, and bytes that wait in all."""
        self._looks.append(_Look(at_sec, backlog, waiting))
        while at_sec - self._looks[0].at_sec > WINDOW_SEC:
            self._looks.popleft()

    def prospect(self) -> Prospect:
        looks = list(self._looks)
        if len(looks) < 3 or looks[-1].at_sec - looks[0].at_sec < LEAST_SEC:
            return Prospect()
        third = len(looks) // 3
        first, last = looks[:third], looks[-third:]
        if min(one.waiting for one in last) > max(one.waiting for one in first):
            return Prospect(grows=True)
        left = looks[-1].backlog
        over_sec = _mean([one.at_sec for one in last]) - _mean([one.at_sec for one in first])
        gone = _mean([one.backlog for one in first]) - _mean([one.backlog for one in last])
        if not left or gone <= 0:
            return Prospect()
        return Prospect(left_sec=left * over_sec / gone)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
