"""The estimator against worlds in which the truth is known."""

import math

from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.uplink.clock_offset import (
    DRIFT_PPM,
    KEPT,
    SLEEP_DOUBT_NS,
    ClockOffset,
    Sample,
    exchange,
)

SEC = 1_000_000_000
OFFSETS = st.integers(-(10**18), 2 * 10**18)
DELAYS = st.integers(0, 2 * SEC)


@given(OFFSETS, st.integers(0, 10**18), DELAYS, DELAYS, DELAYS)
def test_the_true_offset_is_within_the_bound_however_lopsided_the_way(
    offset_ns: int, asked_ns: int, there_ns: int, spent_ns: int, back_ns: int
) -> None:
    arrived = asked_ns + there_ns
    left = arrived + spent_ns
    sample = exchange(asked_ns, arrived + offset_ns, left + offset_ns, left + back_ns)
    assert abs(sample.offset_ns - offset_ns) <= sample.bound_ns
    assert sample.bound_ns <= (there_ns + back_ns) // 2 + 2


@given(OFFSETS, OFFSETS, DELAYS, DELAYS)
def test_a_controller_whose_clock_is_set_meanwhile_has_its_later_time(
    before_ns: int, offset_ns: int, there_ns: int, back_ns: int
) -> None:
    """Whatever it says of when the question came, no impossible bound follows from it."""
    end = there_ns + back_ns
    sample = exchange(0, there_ns + before_ns, there_ns + offset_ns, end)
    assert 0 < sample.bound_ns <= end + 2
    if not 0 <= offset_ns - before_ns <= end:
        assert abs(sample.offset_ns - offset_ns) <= sample.bound_ns


@given(
    OFFSETS,
    st.integers(-DRIFT_PPM, DRIFT_PPM),
    st.lists(st.tuples(DELAYS, DELAYS, st.integers(1, 600 * SEC)), min_size=1, max_size=12),
)
def test_with_drift_the_best_of_many_is_right_within_its_bound(
    offset_ns: int, ppm: int, exchanges: list[tuple[int, int, int]]
) -> None:
    def controller(now_ns: int) -> int:
        return now_ns + offset_ns + math.floor(now_ns * ppm / 1_000_000)

    known, now_ns, bounds = ClockOffset(), 0, list[int]()
    for there_ns, back_ns, pause_ns in exchanges:
        asked = now_ns
        arrived = controller(asked + there_ns)
        now_ns = asked + there_ns + back_ns
        known.take(exchange(asked, arrived, arrived, now_ns))
        bounds.append((there_ns + back_ns) // 2)
        best = known.at(now_ns)
        assert best
        # A drift that goes on within one exchange is another few parts in a million of it.
        slack_ns = 2 + (there_ns + back_ns) * DRIFT_PPM // 1_000_000
        assert abs(best.offset_ns - (controller(now_ns) - now_ns)) <= best.bound_ns + slack_ns
        assert best.bound_ns <= bounds[-1] + 3
        now_ns += pause_ns


def test_nothing_is_known_before_the_first_answer() -> None:
    assert ClockOffset().at(0) is None


def test_the_quickest_answer_counts_until_it_is_too_old() -> None:
    known = ClockOffset()
    known.take(Sample(0, 1_000_000, 1_000_000))
    known.take(Sample(SEC, 1_500_000, 4_000_000))
    best = known.at(SEC)
    assert best
    assert best.offset_ns == 1_000_000
    later = known.at(3_600 * SEC)
    assert later
    assert later.bound_ns == 1_000_000 + 3_600 * 1_000 * DRIFT_PPM


def test_a_controller_whose_clock_was_set_is_believed_anew() -> None:
    known = ClockOffset()
    for number in range(KEPT):
        known.take(Sample(number * SEC, 0, 1_000_000))
    known.take(Sample(10 * SEC, 3_600 * SEC, 50_000_000))
    best = known.at(10 * SEC)
    assert best
    assert (best.offset_ns, best.bound_ns) == (3_600 * SEC, 50_000_000)


def test_after_a_suspension_everything_known_is_less_certain_until_asked_again() -> None:
    known = ClockOffset()
    known.take(Sample(0, 5, 1_000))
    known.slept()
    best = known.at(0)
    assert best
    assert best.bound_ns == 1_000 + SLEEP_DOUBT_NS
    known.take(Sample(SEC, 700_000_000, 2_000))
    best = known.at(SEC)
    assert best
    assert (best.offset_ns, best.bound_ns) == (700_000_000, 2_000)
