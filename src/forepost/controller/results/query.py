"""What a query string asks of the stored results. Pure."""

from typing import Final

from forepost.controller.page import unix_seconds
from forepost.kit.errors import Invalid

LIMIT: Final = 1_000
"""Rows in an answer when the request names no limit."""
MOST: Final = 50_000
MOST_BYTES: Final = 64 << 20
"""Of the rows of one answer."""


def micros(field: str, text: str | None) -> int | None:
    """Unix microseconds of an RFC 3339 time or of Unix seconds. Raises Invalid."""
    seconds = unix_seconds(field, text)
    return None if seconds is None else round(seconds * 1e6)


def limit_of(limit: int) -> int:
    """0 means the usual number. Raises Invalid."""
    if not 0 <= limit <= MOST:
        raise Invalid(f"limit: from 0 to {MOST}")
    return limit or LIMIT
