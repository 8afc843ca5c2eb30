"""`Retry-After` (RFC 9110, 10.2.3): seconds, or a date in one of three forms. Pure."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_SECONDS: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_CLOCK: Final = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_FORMS: Final = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        # IMF-fixdate, what RFC 850 had, and what asctime of C writes.
        rf"[a-z]{{3}}, (?P<day>\d\d) (?P<month>[a-z]{{3}}) (?P<year>\d{{4}}) {_CLOCK} GMT",
        rf"[a-z]{{6,9}}, (?P<day>\d\d)-(?P<month>[a-z]{{3}})-(?P<year>\d\d) {_CLOCK} GMT",
        rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) (?P<day>[ \d]\d) {_CLOCK} (?P<year>\d{{4}})",
    )
)
_FUTURE: Final = timedelta(days=50 * 366)
"""A year of two digits that looks further ahead, 50 years, is of the past."""


def wait_sec(text: str, now: datetime, most: float) -> float:
    """How long to wait, from 0 to `most` seconds; 0 for a time that is over, and for what is none
    of the forms. A fraction of a second is not in RFC 9110, and some write it.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), most)
    at = _date(text, now)
    return 0.0 if at is None else min(max((at - now).total_seconds(), 0.0), most)


def _date(text: str, now: datetime) -> datetime | None:
    for form in _FORMS:
        if (found := form.fullmatch(text)) is None:
            continue
        century = now.year // 100 * 100
        # The newest that does not look too far ahead.
        offsets = (century + 100, century, century - 100) if len(found["year"]) == 2 else (0,)
        dates = (_at(found, int(found["year"]) + offset) for offset in offsets)
        return next((at for at in dates if at and (len(offsets) == 1 or at - now < _FUTURE)), None)
    return None


def _at(found: re.Match[str], year: int) -> datetime | None:
    try:
        # Of a leap second no clock here knows.
        return datetime(
            year,
            _MONTHS.index(found["month"].lower()) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            59 if found["second"] == "60" else int(found["second"]),
            tzinfo=UTC,
        )
    except ValueError:
        return None
