"""How long something was up, degraded, down, or not known to be either. Pure.

All times are microseconds. A result says how it is from when it was made until the next one, if
that comes within the hold; else for one interval, and then nothing is known.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from forepost.controller.payloads.grade import Grade
from forepost.controller.series.port import Run

State = Literal["up", "degraded", "down"]
HOLDS: Final = 3
"""Intervals that one result may stand for, at most, until the next."""
LEAST_HOLD_US: Final = 60_000_000
UP, DEGRADED, DOWN, ALONE, UNSAID = "up", "degraded", "down", "alone", ""
"""ALONE: one try failed. It is an outage if the next one fails too."""


class Segment(NamedTuple):
    start_us: int
    end_us: int
    state: State


class Interval(NamedTuple):
    start_us: int
    end_us: int


class Uptime(NamedTuple):
    """Sums over one time, in microseconds."""

    expected_us: int
    up_us: int
    degraded_us: int
    down_us: int
    maintenance_us: int
    """Of the expected time."""
    maintained_us: int
    """Of the known time: how long something was known while it was in maintenance."""
    down_maintained_us: int
    outages: int
    longest_us: int
    longest_at_us: int | None

    @property
    def known_us(self) -> int:
        return self.up_us + self.degraded_us + self.down_us

    @property
    def availability(self) -> float | None:
        """Of the known time, %."""
        known = self.known_us
        return 100 * (known - self.down_us) / known if known else None

    @property
    def availability_outside(self) -> float | None:
        """The same without what was in maintenance."""
        known = self.known_us - self.maintained_us
        down = self.down_us - self.down_maintained_us
        return 100 * (known - down) / known if known else None


def state_of(grade: Grade) -> str:
    """What nothing comes through is down; what is bad and comes through is degraded."""
    if grade.status == "unknown":
        return UNSAID
    if grade.failed:
        return DOWN if grade.is_sure else ALONE
    return UP if grade.status == "healthy" else DEGRADED


def hold_us(interval_sec: int) -> int:
    return max(HOLDS * interval_sec * 1_000_000, LEAST_HOLD_US)


def segments(runs: Sequence[Run], interval_sec: int, low_us: int, high_us: int) -> list[Segment]:
    """Within the two times; what is not known is left out."""
    hold, interval = hold_us(interval_sec), interval_sec * 1_000_000
    found: list[Segment] = []
    for place, run in enumerate(runs):
        after = runs[place + 1] if place + 1 < len(runs) else None
        follows = after is not None and after.first_us - run.last_us <= hold
        end_us = after.first_us if after is not None and follows else run.last_us + interval
        state = _settled(runs, place, hold)
        start_us, end_us = max(run.first_us, low_us), min(end_us, high_us)
        if state is not None and start_us < end_us:
            _append(found, Segment(start_us, end_us, state))
    return found


def _settled(runs: Sequence[Run], place: int, hold: int) -> State | None:
    run = runs[place]
    match run.state:
        case "up" | "degraded" | "down":
            return run.state
        case "alone":
            before = runs[place - 1] if place else None
            after = runs[place + 1] if place + 1 < len(runs) else None
            is_down = run.results > 1 or any(
                one is not None and one.state == DOWN and abs(gap) <= hold
                for one, gap in (
                    (before, run.first_us - before.last_us if before else 0),
                    (after, after.first_us - run.last_us if after else 0),
                )
            )
            return "down" if is_down else "degraded"
        case _:
            return None


def _append(found: list[Segment], segment: Segment) -> None:
    if found and found[-1].state == segment.state and found[-1].end_us == segment.start_us:
        found[-1] = found[-1]._replace(end_us=segment.end_us)
    else:
        found.append(segment)


def together(lines: Iterable[Sequence[Segment]]) -> list[Segment]:
    """How a site is by all that it measures: down when all that is known is, up when all is."""
    moments: list[tuple[int, int, State]] = []
    for line in lines:
        for start_us, end_us, state in line:
            moments += [(start_us, 1, state), (end_us, -1, state)]
    moments.sort(key=lambda moment: moment[0])
    counts: dict[State, int] = {"up": 0, "degraded": 0, "down": 0}
    found: list[Segment] = []
    since_us = 0
    for at_us, step, state in moments:
        if at_us > since_us and (now := _worst(counts)) is not None:
            _append(found, Segment(since_us, at_us, now))
        counts[state] += step
        since_us = at_us
    return found


def _worst(counts: dict[State, int]) -> State | None:
    known = sum(counts.values())
    if not known:
        return None
    if counts["down"] == known:
        return "down"
    return "up" if counts["up"] == known else "degraded"


def uptime(
    course: Sequence[Segment], expected: Sequence[Interval], maintenance: Sequence[Interval]
) -> Uptime:
    """Sum up a course within what is expected; each of the three in order, without overlaps."""
    sums = {"up": 0, "degraded": 0, "down": 0}
    outages = longest_us = maintained_us = down_maintained_us = 0
    longest_at_us: int | None = None
    for start_us, end_us, state in course:
        length = end_us - start_us
        within = overlap(maintenance, start_us, end_us)
        sums[state] += length
        maintained_us += within
        if state == "down":
            down_maintained_us += within
            outages += 1
            if length > longest_us:
                longest_us, longest_at_us = length, start_us
    return Uptime(
        expected_us=sum(end_us - start_us for start_us, end_us in expected),
        up_us=sums["up"],
        degraded_us=sums["degraded"],
        down_us=sums["down"],
        maintenance_us=sum(overlap(maintenance, *each) for each in expected),
        maintained_us=maintained_us,
        down_maintained_us=down_maintained_us,
        outages=outages,
        longest_us=longest_us,
        longest_at_us=longest_at_us,
    )


def expected_since(made_us: int, course: Sequence[Segment], high_us: int) -> list[Interval]:
    """Return when results are expected: since something was made, and before that only where a
    result says how it was, as of an agent whose clock was behind.
    """
    before = [Interval(one.start_us, min(one.end_us, made_us)) for one in course]
    found = [*before, Interval(made_us, high_us)]
    return merged(one for one in found if one.start_us < one.end_us)


def overlap(intervals: Iterable[Interval], start_us: int, end_us: int) -> int:
    return sum(max(0, min(end, end_us) - max(start, start_us)) for start, end in intervals)


def shared(several: Sequence[Sequence[Interval]]) -> list[Interval]:
    """Return what is in all of them. Each in order, without overlaps."""
    if not several:
        return []
    found = list(several[0])
    for other in several[1:]:
        if other == found:
            continue
        found = [
            Interval(max(one.start_us, each.start_us), min(one.end_us, each.end_us))
            for one in found
            for each in other
            if max(one.start_us, each.start_us) < min(one.end_us, each.end_us)
        ]
    return found


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """In order, without overlaps."""
    found: list[Interval] = []
    for one in sorted(intervals):
        if found and one.start_us <= found[-1].end_us:
            found[-1] = Interval(found[-1].start_us, max(found[-1].end_us, one.end_us))
        else:
            found.append(one)
    return found
