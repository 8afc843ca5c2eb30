"""Adds reports to the minutes, hours and days that they are in. Pure.

Minutes of one agent have no lists here: the reports themselves are in the series.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from forepost.controller.flows.figures import NONE, Figures, summed
from forepost.controller.flows.minutes import KEY_BYTES, Minute
from forepost.controller.flows.rollup import (
    KINDS,
    MOST,
    Kind,
    Ranking,
    StoredList,
    packed,
    unpacked,
)

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
ALL: Final = 0
"""In the place of an agent: all of the workspace together."""
MOST_REPORTS: Final = 1_000
"""Of one agent in one hour; a further one is not counted."""


class FoldKey(NamedTuple):
    """In one workspace."""

    agent_id: int
    step: int
    start: int


class TrafficSums(msgspec.Struct, frozen=True):
    figures: Figures = NONE
    folded: bytes = b""
    stale: bool = False


ListAt = tuple[FoldKey, Kind]


def hour_of(minute: Minute) -> FoldKey:
    return FoldKey(minute.agent_id, HOUR, minute.start // HOUR * HOUR)


def fresh(minutes: Sequence[Minute], sums: Mapping[FoldKey, TrafficSums]) -> list[Minute]:
    """Those that are in no hour yet; each once."""
    seen: dict[FoldKey, set[bytes]] = {}
    found = []
    for minute in minutes:
        hour = hour_of(minute)
        keys = seen.get(hour)
        if keys is None:
            keys = seen[hour] = set(_keys(sums.get(hour, TrafficSums()).folded))
        if minute.key not in keys and len(keys) < MOST_REPORTS:
            keys.add(minute.key)
            found.append(minute)
    return found


def _keys(folded: bytes) -> Iterator[bytes]:
    return (folded[at : at + KEY_BYTES] for at in range(0, len(folded), KEY_BYTES))


def summing(minute: Minute) -> Iterable[FoldKey]:
    """Where its figures are added."""
    for agent_id in (minute.agent_id, ALL):
        yield FoldKey(agent_id, MINUTE, minute.start)
        yield FoldKey(agent_id, HOUR, minute.start // HOUR * HOUR)


def listing(minute: Minute) -> Iterable[FoldKey]:
    """Where its lists are merged."""
    yield hour_of(minute)
    yield FoldKey(ALL, MINUTE, minute.start)
    yield FoldKey(ALL, HOUR, minute.start // HOUR * HOUR)


def outdating(minute: Minute) -> Iterable[FoldKey]:
    """Days that are to be summed again."""
    day = minute.start // DAY * DAY
    return FoldKey(minute.agent_id, DAY, day), FoldKey(ALL, DAY, day)


def fold_sums(
    minutes: Sequence[Minute], sums: Mapping[FoldKey, TrafficSums]
) -> dict[FoldKey, TrafficSums]:
    """What is to be written; `sums`: what is there."""
    added: dict[FoldKey, list[Figures]] = {}
    keys: dict[FoldKey, bytes] = {}
    days: dict[FoldKey, TrafficSums] = {}
    for minute in minutes:
        for place in summing(minute):
            added.setdefault(place, []).append(minute.figures)
        hour = hour_of(minute)
        keys[hour] = keys.get(hour, b"") + minute.key
        for day in outdating(minute):
            old = sums.get(day)
            if old is None or not old.stale:
                days[day] = TrafficSums(old.figures if old else NONE, stale=True)
    written = dict(days)
    for place, many in added.items():
        old = sums.get(place, TrafficSums())
        written[place] = TrafficSums(
            summed([old.figures, *many]), old.folded + keys.get(place, b""), old.stale
        )
    return written


def fold_lists(minutes: Sequence[Minute], lists: Mapping[ListAt, bytes]) -> dict[ListAt, bytes]:
    """What is to be written; `lists`: what is there."""
    added: dict[ListAt, list[StoredList]] = {}
    for minute in minutes:
        for place in listing(minute):
            for kind in KINDS:
                added.setdefault((place, kind), []).append(minute.lists[kind])
    written = {}
    for (place, kind), many in added.items():
        old = lists.get((place, kind))
        ranking = Ranking.of([unpacked(old), *many] if old is not None else many)
        written[place, kind] = packed(ranking.kept(MOST[kind]))
    return written
