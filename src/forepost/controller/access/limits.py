"""How often somebody may try. In RAM: a restart forgets, as a minute does."""

import math
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

from forepost.kit.clock import Clock
from forepost.kit.errors import TooMany

WINDOW_SEC: Final = 60.0
REMEMBERED: Final = 10_000
"""Callers that are known; when full, the one that tried least recently is forgotten."""


class Bucket:
    """The pure core: `most` tries at once, and as many again in `WINDOW_SEC`, evenly.

    One number for each caller, the time at which all of its tries are back (GCRA): a caller whose
    time has passed is like one who never came.
    """

    def __init__(self, most: int, remembered: int = REMEMBERED) -> None:
        self._each = WINDOW_SEC / most
        self._remembered = remembered
        self._whole_at: OrderedDict[Hashable, float] = OrderedDict()

    def take(self, who: Hashable, now: float) -> float:
        """0 and a try less; or the seconds until there is one again."""
        whole_at = max(self._whole_at.get(who, now), now) + self._each
        # The share of a second that floating point adds must not cost a try.
        late = whole_at - now - WINDOW_SEC
        if late > 1e-6:
            self._whole_at.move_to_end(who)
            return late
        self._whole_at[who] = whole_at
        self._whole_at.move_to_end(who)
        if len(self._whole_at) > self._remembered:
            self._whole_at.popitem(last=False)
        return 0.0

    def give_back(self, who: Hashable) -> None:
        """The try was a good one, and does not count."""
        if who in self._whole_at:
            self._whole_at[who] -= self._each

    def __len__(self) -> int:
        return len(self._whole_at)


class Limiter:
    """`spend` before the work, so that tries at the same time count too; `refund` after a good one.

    Where only wrong tries count this is how: a caller who is right never runs out.
    """

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._bucket, self._clock = Bucket(per_minute), clock

    def spend(self, who: Hashable) -> None:
        """Raises TooMany."""
        wait_sec = self._bucket.take(who, self._clock.monotonic())
        if wait_sec:
            raise TooMany(math.ceil(wait_sec))

    def refund(self, who: Hashable) -> None:
        self._bucket.give_back(who)
