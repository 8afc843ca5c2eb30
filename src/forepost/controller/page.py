"""How lists are asked for: how long, and from when."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple
from zoneinfo import ZoneInfo

from litestar.params import QueryParameter

from forepost.controller.calendar import known_zone
from forepost.kit.errors import Invalid
from forepost.wire.base import MOST_ID

Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Offset = Annotated[int, QueryParameter(ge=0, le=MOST_ID)]

FORMS: Final = (
    "RFC 3339 (2026-11-30T08:00:00Z), Unix seconds or milliseconds, now, or a time ago (-24h; also"
    " s, m, d, w)"
)
From = Annotated[str | None, QueryParameter(name="from", description=FORMS)]
To = Annotated[str | None, QueryParameter(name="to", description=FORMS)]
Zone = Annotated[
    str,
    QueryParameter(
        name="tz",
        max_length=64,
        description="Whose days are meant: a name of the IANA time zone database, Europe/Berlin",
    ),
]

_LAST_SEC: Final = 253_402_300_799  # 9999-12-31
_AHEAD_SEC: Final = 86_400
"""How far ahead of ours a clock may be whose results are asked for."""
_NUMBER: Final = re.compile(r"[0-9]{1,17}(\.[0-9]{1,9})?")
_AGO: Final = re.compile(r"-([0-9]{1,9})([smhdw])")
_UNIT_SEC: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DATE_AND_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)([Zz]|[+ -]\d\d:\d\d)?)?",
    re.ASCII,
)


class TimeRange(NamedTuple):
    """Unix seconds; None: the request does not say."""

    start: float | None
    end: float | None


def unix_seconds(field: str, text: str | None, now: datetime) -> float | None:
    """Of a time in one of the forms. Raises Invalid."""
    if not text:
        return None
    if text == "now":
        return now.timestamp()
    if ago := _AGO.fullmatch(text):
        seconds = now.timestamp() - int(ago[1]) * _UNIT_SEC[ago[2]]
    elif _NUMBER.fullmatch(text):
        seconds = float(text)
        if seconds > _LAST_SEC:
            seconds /= 1_000
    else:
        seconds = _rfc3339(field, text)
    if not 0 <= seconds <= _LAST_SEC:
        raise Invalid(f"{field}: out of range; {FORMS}")
    return seconds


def time_range(start: str | None, to: str | None, now: datetime) -> TimeRange:
    """Of `from` and `to`. Raises Invalid."""
    found = TimeRange(unix_seconds("from", start, now), unix_seconds("to", to, now))
    if found.start is not None:
        if found.end is not None and found.start > found.end:
            raise Invalid("from: must be before to")
        if found.start > now.timestamp() + _AHEAD_SEC:
            raise Invalid("from: is in the future")
    return found


def zone_of(name: str) -> ZoneInfo | None:
    """Of the name of a time zone; None: it is empty. Raises Invalid."""
    if not name:
        return None
    zone = known_zone(name)
    if zone is None:
        raise Invalid(
            f"tz: no time zone is called {name!r}; a name of the IANA time zone database is"
            " needed, such as Europe/Berlin or UTC"
        )
    return zone


def _rfc3339(field: str, text: str) -> float:
    found = _DATE_AND_TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        day, time, zone = found.groups(default="")
        # What was not escaped: a + reads as a space.
        zone = zone.upper().replace(" ", "+")
        at = datetime.fromisoformat(f"{day}T{time}{zone}" if time else day)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise Invalid(f"{field}: is no time; understood are {FORMS}") from None
