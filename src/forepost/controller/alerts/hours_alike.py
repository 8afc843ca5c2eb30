"""Which hours of the past are compared with one of now. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

from forepost.controller.calendar import kept_zone
from forepost.wire.rest.alerts import BaselineBy

FEWEST_HOURS: Final = 3
"""With results, for what was usual at an hour to be had of them."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)


def hours_like(
    hour: int, by: BaselineBy, timezone: str, low_hour: int, high_hour: int
) -> list[int] | None:
    """The hours from `low_hour` up to `high_hour` that begin at the same hour of the day, and for
    weekday_hour on the same day of the week, as `hour` does by the clocks of the zone. All are
    counted from 1970 in UTC. None: all.
    """
    if by == "none":
        return None
    zone = kept_zone(timezone)

    def place(number: int) -> tuple[int, int]:
        local = (_EPOCH + number * _HOUR).astimezone(zone)
        return local.hour, local.weekday() if by == "weekday_hour" else 0

    here = place(hour)
    return [number for number in range(low_hour, high_hour) if place(number) == here]
