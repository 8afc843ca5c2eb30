"""Lines of a log that come twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.ports.containers import StampedLine
from forepost.agent.workloads.log_reader import LogPlace
from forepost.wire.workloads.delivery import LogLine
from tests.fakes.clock import FakeClock

Kind = Callable[[int, str], StampedLine]
START = datetime(2026, 1, 1, tzinfo=UTC)


def fine(number: int, text: str) -> StampedLine:
    at = START + timedelta(milliseconds=number)
    return StampedLine(f"{at:%Y-%m-%dT%H:%M:%S}.{abs(number):09}Z", LogLine(at=at, text=text))


def coarse(second: int, text: str) -> StampedLine:
    at = START + timedelta(seconds=second)
    return StampedLine(f"{at:%Y-%m-%dT%H:%M:%SZ}", LogLine(at=at, text=text))


def read(place: LogPlace, log: list[StampedLine]) -> list[StampedLine]:
    """What an engine answers now."""
    since = place.again()
    answer = [one for one in log if since is None or (one.line.at or since) >= since]
    return [one for one in answer if place.is_new(one)]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab"))),
    st.lists(st.integers(1, 5), max_size=10),
    st.sampled_from([fine, coarse]),
)
def test_however_often_it_is_asked_every_line_comes_once(
    steps: list[tuple[int, str]], reads: list[int], kind: Kind
) -> None:
    at, log = 0, list[StampedLine]()
    for number, (step, text) in enumerate(steps):
        at += step
        log.append(kind(number * 3 + at if kind is fine else at, text))
    place, found, until = LogPlace(FakeClock()), list[StampedLine](), 0
    for more in reads:
        until += more
        found += read(place, log[:until])
    found += read(place, log)
    assert found == log


def test_a_line_that_the_engine_repeats_as_it_begins_a_file_comes_once() -> None:
    place = LogPlace(FakeClock())
    lines = [fine(1, "a"), fine(2, "b"), fine(2, "b"), fine(3, "c")]
    assert [one.line.text for one in lines if place.is_new(one)] == ["a", "b", "c"]


def test_what_has_no_time_is_always_new() -> None:
    place = LogPlace(FakeClock())
    line = StampedLine("", LogLine(text="x"))
    assert [place.is_new(line) for _ in range(3)] == [True, True, True]


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_set_hides_no_line(hours: int) -> None:
    """Also a log that an engine begins anew meanwhile is read on."""
    clock = FakeClock(START)
    place, log = LogPlace(clock), [fine(0, "a"), fine(1, "b")]
    assert read(place, log) == log
    clock.set_wall(START + timedelta(hours=hours))
    new = [fine(hours * 3_600_000 + 2_000, "c")]
    assert read(place, log + new)[-1:] == new
    assert read(place, log + new) == []
