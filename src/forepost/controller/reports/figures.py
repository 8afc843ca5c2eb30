"""Figures as a reader has them. Pure."""

from datetime import datetime, timedelta, tzinfo
from typing import Final

from forepost.controller.reports.document import ReportCell, Tone

NONE: Final = "-"
LONGEST: Final = 70
"""Letters of a cell."""
GOOD_PCT, FAIR_PCT = 99.9, 99.0
"""Availability."""
GOOD_LOSS, FAIR_LOSS = 1.0, 10.0
# Embeddings, overrides and isolates of Unicode's bidirectional text; single marks do no harm.
_TURNING: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def cell(text: str, tone: Tone = "") -> ReportCell:
    """In one line, cut where it is too long for a page."""
    line = plain(text)
    return ReportCell(line if len(line) <= LONGEST else line[: LONGEST - 1] + "…", tone)


def plain(text: str) -> str:
    """In one line, without marks that would turn around what stands beside it."""
    return " ".join(text.translate(_TURNING).split())


def availability(pct: float | None) -> ReportCell:
    if pct is None:
        return ReportCell(NONE)
    tone: Tone = "good" if pct >= GOOD_PCT else "fair" if pct >= FAIR_PCT else "bad"
    return ReportCell(percent(pct, 3), tone)


def loss(pct: float | None) -> ReportCell:
    if pct is None:
        return ReportCell(NONE)
    tone: Tone = "" if pct < GOOD_LOSS else "fair" if pct < FAIR_LOSS else "bad"
    return ReportCell(percent(pct, 2), tone)


def percent(pct: float, digits: int) -> str:
    """Never rounded up to a whole that it is not."""
    shown = round(pct, digits)
    if shown >= 100 > pct:
        shown = 100 - 10**-digits
    return f"{shown:.{digits}f}".rstrip("0").rstrip(".") + " %"


def milliseconds(ms: float | None) -> ReportCell:
    return ReportCell(NONE if ms is None else f"{ms:.1f}" if ms < 100 else f"{ms:.0f}")


def length(seconds: float) -> str:
    """In its two greatest units."""
    if seconds < 1:
        return "0"
    if seconds < 60:
        return f"{seconds:.0f} s"
    left, parts = round(seconds), list[str]()
    for size, name in _UNITS:
        if left >= size and len(parts) < 2:
            parts.append(f"{left // size} {name}")
        elif parts:
            break
        left %= size
    return " ".join(parts)


def moment(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def period(since: datetime, until: datetime, zone: tzinfo, name: str) -> str:
    """Whole days by their dates, the last one included."""
    begin, end = since.astimezone(zone), until.astimezone(zone)
    if begin.time() == end.time() == begin.min.time():
        last = end.date() - timedelta(days=1)
        days = f"{begin.date()}" if last == begin.date() else f"{begin.date()} to {last}"
        return f"{days} ({name})"
    return f"{moment(since, zone)} to {moment(until, zone)} ({name})"
