"""Which steps an answer is made of: few enough to read, fine enough to show. Pure."""

import math
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from forepost.controller.flows.fold import DAY, HOUR, MINUTE

Step = Literal[60, 3_600, 86_400]
MINUTES_UP_TO_SEC: Final = 6 * HOUR
HOURS_UP_TO_SEC: Final = 31 * DAY
LISTS_UP_TO_SEC: Final = 8 * DAY
"""Of hours, where each is a list and not a sum."""
LONGEST_SEC: Final = 1_100 * DAY
"""The longest range that can be asked for."""


class Piece(NamedTuple):
    """All steps of one length from `start` up to `end`."""

    step: int
    start: int
    end: int


class Span(NamedTuple):
    step: Step
    start: int
    end: int


def span(
    start: float,
    end: float,
    *,
    minutes_since: int,
    hours_since: int,
    hours_up_to_sec: int = HOURS_UP_TO_SEC,
) -> Span:
    """Whole steps around the two times; `*_since`: from when on such steps are still kept."""
    if end - start <= MINUTES_UP_TO_SEC and start >= minutes_since:
        return _around(MINUTE, start, end)
    if end - start <= hours_up_to_sec and start >= hours_since:
        return _around(HOUR, start, end)
    return _around(DAY, start, end)


def _around(step: Step, start: float, end: float) -> Span:
    first, last = math.floor(start / step), math.ceil(end / step)
    return Span(step, first * step, max(last, first + 1) * step)


def pieces(of: Span, days: Mapping[int, bool], *, whole: bool) -> list[Piece]:
    """`days`: those that there are in the span, and whether each is stale (its hours then count).

    `whole`: whole days may be read as such though the step is an hour.
    """
    if of.step == MINUTE or (of.step == HOUR and not whole):
        return [Piece(of.step, of.start, of.end)]
    found: list[Piece] = []
    for day in range(of.start // DAY * DAY, of.end, DAY):
        low, high = max(day, of.start), min(day + DAY, of.end)
        stale = days.get(day)
        if stale is None:
            continue  # a day with any report is there
        is_day = not stale and (of.step == DAY or high - low == DAY)
        _append(found, Piece(DAY if is_day else HOUR, low, high))
    return found


def _append(found: list[Piece], piece: Piece) -> None:
    if found and found[-1].step == piece.step and found[-1].end == piece.start:
        found[-1] = found[-1]._replace(end=piece.end)
    else:
        found.append(piece)
