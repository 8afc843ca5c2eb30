"""How long something was up: the sums against a count of seconds."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.payloads.grade import FINE, UNSAID, critical, degraded, failed
from forepost.controller.results.uptime import (
    Interval,
    Segment,
    hold_us,
    merged,
    segments,
    state_of,
    together,
    uptime,
)
from forepost.controller.series.port import Run

SECOND = 1_000_000
MINUTE = 60 * SECOND


def runs_of(results: Sequence[tuple[int, str]], gap: int) -> list[Run]:
    """(second, state) of each result, by time, as the series put them together."""
    found: list[Run] = []
    for second, state in results:
        at = second * SECOND
        last = found[-1] if found else None
        if last is not None and last.state == state and at - last.last_us <= gap:
            found[-1] = last._replace(last_us=at, results=last.results + 1)
        else:
            found.append(Run(at, at, state, 1))
    return found


RESULTS = st.lists(
    st.tuples(st.integers(0, 3_000), st.sampled_from(["up", "degraded", "down", ""])), max_size=40
).map(lambda results: sorted(dict(results).items()))
WINDOWS = st.lists(
    st.tuples(st.integers(0, 3_000), st.integers(0, 600)).map(
        lambda one: Interval(one[0] * SECOND, (one[0] + one[1]) * SECOND)
    ),
    max_size=4,
)


@given(RESULTS, WINDOWS, st.integers(10, 90), st.integers(0, 1_000), st.integers(1_001, 3_500))
def test_the_sums_are_those_of_every_second(
    results: list[tuple[int, str]], windows: list[Interval], interval: int, low: int, high: int
) -> None:
    hold = hold_us(interval) // SECOND
    known: dict[int, str] = {}
    for place, (second, state) in enumerate(results):
        after = results[place + 1][0] if place + 1 < len(results) else None
        end = after if after is not None and after - second <= hold else second + interval
        for each in range(max(second, low), min(end, high)):
            if state:
                known[each] = state
    course = segments(runs_of(results, hold * SECOND), interval, low * SECOND, high * SECOND)
    found = uptime(course, [Interval(low * SECOND, high * SECOND)], merged(windows))

    def seconds(state: str) -> set[int]:
        return {each for each, one in known.items() if one == state}

    inside = {
        each
        for start, end in windows
        for each in range(start // SECOND, end // SECOND)
        if low <= each < high
    }
    assert found.up_us == len(seconds("up")) * SECOND
    assert found.degraded_us == len(seconds("degraded")) * SECOND
    assert found.down_us == len(seconds("down")) * SECOND
    assert found.expected_us == (high - low) * SECOND
    assert found.maintenance_us == len(inside) * SECOND
    assert found.down_maintained_us == len(seconds("down") & inside) * SECOND
    starts = [each for each in seconds("down") if known.get(each - 1) != "down"]
    assert found.outages == len(starts)
    if known:
        assert found.availability == pytest.approx(100 * (1 - len(seconds("down")) / len(known)))
    else:
        assert found.availability is None
    outside = set(known) - inside
    if outside:
        share = len(seconds("down") & outside) / len(outside)
        assert found.availability_outside == pytest.approx(100 * (1 - share))
    else:
        assert found.availability_outside is None


def test_one_try_that_fails_alone_is_no_outage_and_two_are_one() -> None:
    def course(*states: str) -> list[Segment]:
        results = [(n * 60, state) for n, state in enumerate(states)]
        return segments(runs_of(results, hold_us(60)), 60, 0, 10 * MINUTE)

    assert [one.state for one in course("up", "alone", "up")] == ["up", "degraded", "up"]
    assert [one.state for one in course("up", "alone", "alone", "up")] == ["up", "down", "up"]
    assert [one.state for one in course("down", "alone", "up")] == ["down", "up"]
    assert course("up", "alone", "down")[1] == Segment(MINUTE, 3 * MINUTE, "down")


def test_an_agent_that_is_away_is_unknown_and_not_up() -> None:
    results = [(0, "up"), (60, "up"), (3_600, "up")]
    course = segments(runs_of(results, hold_us(60)), 60, 0, 3_660 * SECOND)
    assert course == [Segment(0, 2 * MINUTE, "up"), Segment(60 * MINUTE, 61 * MINUTE, "up")]
    found = uptime(course, [Interval(0, 3_660 * SECOND)], [])
    assert (found.known_us, found.availability) == (3 * MINUTE, 100.0)
    assert found.expected_us - found.known_us == 58 * MINUTE


def test_a_site_is_down_when_all_is_that_is_known() -> None:
    one = [Segment(0, 10, "up"), Segment(10, 20, "down"), Segment(20, 30, "up")]
    other = [Segment(0, 15, "up"), Segment(15, 25, "down")]
    assert together([one, other]) == [
        Segment(0, 10, "up"),
        Segment(10, 15, "degraded"),
        Segment(15, 20, "down"),
        Segment(20, 25, "degraded"),
        Segment(25, 30, "up"),
    ]
    assert together([]) == []
    assert together([[Segment(0, 5, "up"), Segment(9, 12, "up")]]) == [
        Segment(0, 5, "up"),
        Segment(9, 12, "up"),
    ]


def test_grades_are_told_by_whether_anything_comes_through() -> None:
    assert state_of(FINE) == "up"
    assert state_of(UNSAID) == ""
    assert state_of(degraded("slow")) == state_of(critical("60 % lost")) == "degraded"
    assert state_of(failed("no answer", tries=5)) == "down"
    assert state_of(failed("no answer")) == "alone"
