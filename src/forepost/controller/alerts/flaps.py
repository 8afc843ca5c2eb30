"""Whether what is told of an incident begins and ends again and again. Pure."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from forepost.wire.rest.alerts import Severity

SPAN: Final = timedelta(minutes=10)
"""What comes back within it goes on."""
MOST_TIMES: Final = 3
"""So many times within `SPAN` a beginning is told as one; with the next it is flapping."""
STEADY: Final = timedelta(minutes=5)
"""Without a change for so long it is flapping no more."""
FLAPPING_PAUSES: Final = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=4))
"""How long after it was told that it is flapping that is told again, the last one again and again.
"""

Standing = Severity | Literal[""]
"""The worst that is open; "": nothing is."""
_RANK: Final[dict[Standing, int]] = {"": 0, "warning": 1, "critical": 2}


class Flaps(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of the changes of one thread."""

    began: tuple[datetime, ...] = ()
    """When it began, or got worse, the last times; the newest last."""
    since: datetime | None = None
    """The first of the times for which it is flapping; None: it is not."""
    times: int = 0
    """How often it has begun since then."""
    severity: Standing = ""
    """While it is flapping, how it is, though that was not told."""
    changed_at: datetime | None = None
    """While it is flapping, when it was otherwise last."""

    def after(self, before: Standing, now: Standing, at: datetime) -> "Flaps":
        """What is known when it is so at that time. `before`: as it was."""
        if now == before:
            is_steady = self.changed_at is not None and at >= self.changed_at + STEADY
            return Flaps(began=self.began) if self.since is not None and is_steady else self
        began, since, times = self.began, self.since, self.times
        if _RANK[now] > _RANK[before]:
            recent = (*(time for time in began if time > at - SPAN), at)
            began = recent[-MOST_TIMES:]
            times += 1
            if since is None and len(recent) > MOST_TIMES:
                since, times = recent[0], len(recent)
        if since is None:
            return Flaps(began=began)
        return Flaps(began=began, since=since, times=times, severity=now, changed_at=at)

    def times_lately(self, at: datetime) -> int:
        """How often it has begun within `SPAN`, or since it is flapping."""
        if self.since is not None:
            return self.times
        return sum(time > at - SPAN for time in self.began)

    @property
    def steady_at(self) -> datetime | None:
        """When it is flapping no more, if it stays as it is."""
        return None if self.changed_at is None else self.changed_at + STEADY
