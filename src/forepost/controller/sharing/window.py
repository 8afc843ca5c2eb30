"""The part of time that a share link shows. Pure."""

from datetime import datetime

from forepost.controller.page import time_range
from forepost.kit.errors import Invalid
from forepost.wire.rest.share_links import NewShareLink, ShareLink


def check_window(new: NewShareLink) -> None:
    """Raises Invalid."""
    begin, end = new.shown_from, new.shown_to
    if (begin is None) != (end is None):
        raise Invalid("shown_from, shown_to: a part of time needs both")
    if begin is not None and end is not None and begin >= end:
        raise Invalid("shown_from: must be before shown_to")


def within(
    link: ShareLink, start: str | None, to: str | None, now: datetime
) -> tuple[str | None, str | None]:
    """`from` and `to` of a query, as far as the link shows them. Raises Invalid."""
    if link.shown_from is None or link.shown_to is None:
        return start, to
    first, last = link.shown_from.timestamp(), link.shown_to.timestamp()
    asked = time_range(start, to, now)
    begin = first if asked.start is None else max(first, asked.start)
    end = last if asked.end is None else min(last, asked.end)
    if begin >= end:
        shown = f"{link.shown_from.isoformat()} to {link.shown_to.isoformat()}"
        raise Invalid(f"from, to: this link shows {shown} and nothing else")
    return f"{begin:.6f}", f"{end:.6f}"
