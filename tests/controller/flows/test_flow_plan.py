"""Which steps an answer is made of: each second of the range once."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.flows.plan import Piece, Span, pieces, span

DAY: Final = 86_400
HOUR: Final = 3_600


def test_fine_for_a_short_time_coarse_for_a_long_one() -> None:
    ever = {"minutes_since": 0, "hours_since": 0}
    assert span(90, 6 * HOUR, **ever) == (60, 60, 6 * HOUR)
    assert span(0, 6 * HOUR + 1, **ever) == (HOUR, 0, 7 * HOUR)
    assert span(10, 31 * DAY, **ever) == (HOUR, 0, 31 * DAY)
    assert span(10, 31 * DAY + 11, **ever) == (DAY, 0, 32 * DAY)
    assert span(60.0, 60.5, **ever) == (60, 60, 120)


def test_what_is_kept_no_more_is_read_by_longer_steps() -> None:
    assert span(0, 60, minutes_since=1, hours_since=0).step == HOUR
    assert span(0, 60, minutes_since=1, hours_since=1).step == DAY


def test_whole_days_where_they_are_right_else_their_hours() -> None:
    days = {0: False, DAY: True, 2 * DAY: False}
    of = Span(HOUR, HOUR, 3 * DAY)
    assert pieces(of, days, whole=True) == [
        Piece(HOUR, HOUR, 2 * DAY),
        Piece(DAY, 2 * DAY, 3 * DAY),
    ]
    assert pieces(of, days, whole=False) == [Piece(HOUR, HOUR, 3 * DAY)]
    assert pieces(Span(DAY, 0, 4 * DAY), days, whole=True) == [
        Piece(DAY, 0, DAY),
        Piece(HOUR, DAY, 2 * DAY),
        Piece(DAY, 2 * DAY, 3 * DAY),
    ]


@given(
    st.integers(0, 40),
    st.integers(1, 90 * 24),
    st.dictionaries(st.integers(0, 100).map(lambda day: day * DAY), st.booleans()),
    st.booleans(),
)
def test_no_second_twice_and_none_forgotten(
    first: int, hours: int, days: dict[int, bool], whole: bool
) -> None:
    of = Span(HOUR, first * HOUR, (first + hours) * HOUR)
    found = pieces(of, days, whole=whole)
    covered = [hour for one in found for hour in range(one.start, one.end, HOUR)]
    assert len(covered) == len(set(covered))
    there = {hour for hour in range(of.start, of.end, HOUR) if hour // DAY * DAY in days}
    assert there <= set(covered)
    for one in found:
        assert one.start % one.step == one.end % one.step == 0
