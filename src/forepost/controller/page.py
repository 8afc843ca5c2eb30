"""How lists are asked for: how long, and from when."""

from datetime import UTC, datetime
from typing import Annotated, Final

from litestar.params import QueryParameter

from forepost.kit.errors import Invalid
from forepost.wire.base import MOST_ID

Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Offset = Annotated[int, QueryParameter(ge=0, le=MOST_ID)]

_LAST_SEC: Final = 253_402_300_799  # 9999-12-31


def unix_seconds(field: str, text: str | None) -> float | None:
    """Of an RFC 3339 time or of Unix seconds. Raises Invalid."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = _rfc3339(field, text)
    if not 0 <= seconds <= _LAST_SEC:
        raise Invalid(f"{field}: out of range")
    return seconds


def _rfc3339(field: str, text: str) -> float:
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Invalid(f"{field}: neither RFC 3339 nor Unix seconds") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
