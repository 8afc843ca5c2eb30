"""What a query string asks of the stored results. Pure."""

from datetime import UTC, datetime
from typing import Final

from forepost.kit.errors import Invalid

LIMIT: Final = 1_000
"""Rows in an answer when the request names no limit."""
MOST: Final = 50_000
_LAST_SEC: Final = 253_402_300_799  # 9999-12-31


def micros(field: str, text: str | None) -> int | None:
    """Unix microseconds of an RFC 3339 time or of Unix seconds. Raises Invalid."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = _rfc3339(field, text)
    if not 0 <= seconds <= _LAST_SEC:
        raise Invalid(f"{field}: out of range")
    return round(seconds * 1e6)


def _rfc3339(field: str, text: str) -> float:
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Invalid(f"{field}: neither RFC 3339 nor Unix seconds") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def limit_of(limit: int) -> int:
    """0 means the usual number. Raises Invalid."""
    if not 0 <= limit <= MOST:
        raise Invalid(f"limit: from 0 to {MOST}")
    return limit or LIMIT
