"""Trouble that begins and ends, result by result."""

from forepost.controller.payloads.grade import FINE, UNSAID, Grade, degraded, failed
from forepost.controller.topology.recent import RecentGrades

SLOW = degraded("RTT 180 ms")
ONCE = failed("no answer", tries=1)
SURE = failed("no answer", tries=5)


def after(*grades: Grade) -> RecentGrades:
    recent = RecentGrades()
    for number, grade in enumerate(grades, 1):
        recent.take(grade, number * 10, 10 if number > 1 else 0)
    return recent


def test_one_try_that_failed_may_be_a_single_case_and_a_round_is_none() -> None:
    assert not after(FINE, ONCE).is_out
    assert after(FINE, ONCE, ONCE).is_out
    assert after(FINE, SURE).is_out
    assert after(FINE, ONCE, ONCE).failed_since_us == 20
    assert after(ONCE, FINE, ONCE, ONCE).failed_since_us == 30


def test_an_outage_is_over_with_the_first_result_that_comes_through() -> None:
    recent = after(SURE, SURE, FINE)
    assert (recent.is_out, recent.is_bad, recent.over_us) == (False, False, 30)
    slow = after(SURE, SURE, SLOW)
    assert (slow.is_out, slow.is_bad, slow.over_us) == (False, False, 30)


def test_what_is_only_worse_is_over_when_it_was_fine_three_times() -> None:
    assert after(SLOW).is_bad is False
    assert after(SLOW, SLOW).is_bad
    recent = after(SLOW, SLOW, FINE, FINE)
    assert (recent.is_bad, recent.over_us) == (True, 0)
    recent = after(SLOW, SLOW, FINE, FINE, FINE)
    assert (recent.is_bad, recent.over_us) == (False, 30)
    assert after(SLOW, FINE, SLOW).bad_since_us == 10


def test_what_says_nothing_ends_nothing() -> None:
    recent = after(SURE, UNSAID)
    assert (recent.is_out, recent.failed_since_us, recent.newest) == (True, 10, UNSAID)
    assert not after(ONCE, UNSAID).is_out
    assert after(ONCE, UNSAID, ONCE).is_out


def test_the_gap_is_that_of_the_last_two() -> None:
    assert after(FINE).gap_us == 0
    assert after(FINE, FINE).gap_us == 10
