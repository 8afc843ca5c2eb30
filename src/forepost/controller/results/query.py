"""What a query string asks of the stored results. Pure."""

from datetime import datetime
from typing import Final

from forepost.controller.page import time_range
from forepost.kit.errors import Invalid

LIMIT: Final = 1_000
"""Rows in an answer when the request names no limit."""
MOST: Final = 50_000
MOST_BYTES: Final = 64 << 20
"""Of the rows of one answer."""


def micros(start: str | None, to: str | None, now: datetime) -> tuple[int | None, int | None]:
    """Unix microseconds of `from` and `to`. Raises Invalid."""
    asked = time_range(start, to, now)
    return _micros(asked.start), _micros(asked.end)


def _micros(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)


def limit_of(limit: int) -> int:
    """0 means the usual number. Raises Invalid."""
    if not 0 <= limit <= MOST:
        raise Invalid(f"limit: from 0 to {MOST}")
    return limit or LIMIT
