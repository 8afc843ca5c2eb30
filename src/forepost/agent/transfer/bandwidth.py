"""How fast a task may be at a moment, by the windows of its job. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from forepost.wire.jobs.job import BandwidthWindow

KIB: Final = 1_024


def limits(
    windows: Sequence[BandwidthWindow], local: datetime
) -> tuple[float | None, float | None]:
    """Return bytes a second down and up at this local time; None: no limit.

    The last window that fits counts.
    """
    second = local.hour * 3_600 + local.minute * 60 + local.second
    today = local.isoweekday() % 7
    fits = [one for one in windows if _fits(one, today, second)]
    if not fits:
        return None, None
    return _limit(fits[-1].down_kib_per_sec), _limit(fits[-1].up_kib_per_sec)


def _fits(window: BandwidthWindow, today: int, second: int) -> bool:
    if window.begin <= window.end:
        return _has(window, today) and window.begin <= second < window.end
    yesterday = (today - 1) % 7
    return (_has(window, today) and second >= window.begin) or (
        _has(window, yesterday) and second < window.end
    )


def _has(window: BandwidthWindow, day: int) -> bool:
    return not window.days or day in window.days


def _limit(kib_per_sec: int) -> float | None:
    return None if kib_per_sec < 0 else float(kib_per_sec * KIB)
