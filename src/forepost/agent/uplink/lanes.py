"""Which results go up next: what is measured now, or what waits from before. Pure.

An outage is what was written from one conversation to the next; it goes up in its order.
"""

from collections.abc import Iterable
from typing import Final, Literal

from forepost.agent.uplink.segment import Segment

ONE_OF: Final = 4
"""So often at least, when both lanes have something, a batch is of the backlog."""

Order = Literal["oldest", "newest"]
"""Which outage of the backlog goes first."""


class Turns:
    """Live results go first, and the backlog is never starved."""

    def __init__(self) -> None:
        self._live = 0

    @property
    def is_backlogs(self) -> bool:
        return self._live >= ONE_OF - 1

    def took(self, *, live: bool) -> None:
        self._live = self._live + 1 if live else 0


def first_of_backlog(segments: Iterable[Segment], before: int, order: Order) -> Segment | None:
    """`segments` in the order of their making; the backlog are those of outages `before`."""
    waiting = [one for one in segments if one.outage < before and one.waiting_bytes]
    if not waiting:
        return None
    outage = waiting[0 if order == "oldest" else -1].outage
    return next(one for one in waiting if one.outage == outage)
