"""Where the buckets of a chart begin. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

import msgspec

from forepost.controller.series.rollup import width_sec
from forepost.controller.series.schema import HOUR_SEC, MINUTE_SEC, SECOND_US

DAY_SEC: Final = 24 * HOUR_SEC
_FAR_SEC: Final = 253_300_000_000
"""Late in the year 9996: every zone can name it."""


class Buckets(msgspec.Struct, frozen=True):
    """Whole buckets that cover a time."""

    width_sec: int
    low_sec: int
    high_sec: int
    """Not included."""
    starts: Sequence[int] = ()
    """Of each bucket, where they are not equally long: days of a time zone."""

    is_one: bool = False
    """One for all: its ends may cut an hour."""

    @property
    def low_us(self) -> int:
        return self.low_sec * SECOND_US

    @property
    def high_us(self) -> int:
        return self.high_sec * SECOND_US

    def start_of(self, second: int) -> int:
        if not self.starts:
            return second // self.width_sec * self.width_sec
        return self.starts[bisect_right(self.starts, second) - 1]

    def step(self) -> int | None:
        """The longest step of the roll-ups that no bucket cuts; None: there is none."""
        if self.is_one:
            return HOUR_SEC
        borders = [*self.starts, self.high_sec] if self.starts else [self.width_sec]
        return next(
            (step for step in (HOUR_SEC, MINUTE_SEC) if not any(at % step for at in borders)), None
        )


def buckets_of(
    from_sec: int, to_sec: int, points: int, bucket_sec: int, zone: tzinfo | None
) -> Buckets:
    """At most `points` of a round width, or of `bucket_sec` where that is not 0. Both seconds are
    covered; they are not before 1970, and in order.
    """
    width = bucket_sec or width_sec(from_sec, to_sec, points)
    if zone is not None and width % DAY_SEC == 0:
        to_sec = min(to_sec, _FAR_SEC)
        while True:
            starts = _days(min(from_sec, to_sec), to_sec, width // DAY_SEC, zone)
            if bucket_sec or len(starts) <= points + 1 or points < 2:
                return Buckets(width, starts[0], starts[-1], starts[:-1])
            width = 7 * DAY_SEC if width == DAY_SEC else 2 * width
    return Buckets(width, from_sec // width * width, (to_sec // width + 1) * width)


def _days(from_sec: int, to_sec: int, days: int, zone: tzinfo) -> list[int]:
    """Starts of so many days each, until one is after `to_sec`; weeks begin on a Monday.

    A day whose midnight is left out by the clocks begins when the next hour does.
    """
    day = datetime.fromtimestamp(from_sec, zone).date()
    day -= timedelta(days=(day.toordinal() - 1) % days)
    starts: list[int] = []
    while True:
        starts.append(round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()))
        if starts[-1] > to_sec:
            return starts
        day += timedelta(days=days)
