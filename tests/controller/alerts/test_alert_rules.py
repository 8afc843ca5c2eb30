from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.alerts.rules import (
    Limits,
    Streak,
    Usually,
    combine,
    compare,
    judge,
    limits_of,
    share_of,
)
from forepost.wire.rest.alerts import Rule
from tests.controller.alerts.alert_rules_made import rule

MINUTE = 60_000_000
numbers = st.floats(-1e6, 1e6)
truths = st.sampled_from([True, False, None])


@given(numbers, numbers)
def test_both_spellings_mean_the_same(value: float, threshold: float) -> None:
    for spellings in ((">", "gt"), ("<", "lt"), (">=", "gte"), ("<=", "lte"), ("=", "==", "eq")):
        for metric in ("latency", "http_status"):
            found = {compare(metric, spelling)(value, threshold) for spelling in spellings}
            assert len(found) == 1


def test_no_answer_is_worse_than_any_status() -> None:
    assert compare("http_status", ">=")(0, 400)
    assert compare("http_status", "gt")(0, 599)
    assert not compare("http_status", ">=")(200, 400)
    assert compare("http_status", "=")(0, 0)
    assert not compare("latency", ">=")(0, 400)


@given(truths, truths)
def test_what_is_not_known_never_makes_the_difference(one: bool | None, two: bool | None) -> None:
    for logic in ("AND", "OR"):
        found = combine(one, two, logic)
        assert found == combine(two, one, logic)
        if one is not None and two is not None:
            assert found == ((one and two) if logic == "AND" else (one or two))
        if found is True:
            assert True in (one, two)
    assert combine(None, None, "AND") is combine(None, None, "OR") is None
    assert combine(True, None, "AND") is None
    assert combine(False, None, "OR") is False


@given(numbers, numbers, numbers, numbers)
def test_an_alert_reports_a_condition_that_is_true(
    first: float, second: float, threshold: float, threshold2: float
) -> None:
    for logic in ("AND", "OR"):
        made = rule(
            threshold=threshold,
            metric2="memory_usage",
            operator2="<",
            threshold2=threshold2,
            logical_op=logic,
        )
        verdict = judge(made, first, second, Limits(threshold), is_open=False)
        assert verdict is not None
        one, two = first > threshold, second < threshold2
        assert verdict.breach == ((one and two) if logic == "AND" else (one or two))
        if verdict.breach:
            true = {("packet_loss", first)} if one else set()
            true |= {("memory_usage", second)} if two else set()
            assert (verdict.metric, verdict.value) in true


@pytest.mark.parametrize(
    ("fields", "critical", "expected"),
    [
        ({"threshold_type": "static"}, None, 5),
        ({"threshold_type": "dynamic_stddev"}, 13, 12),
        ({"threshold_type": "dynamic_stddev", "operator": "<"}, 7, 8),
        ({"threshold_type": "dynamic_percentile"}, None, 14),
    ],
)
def test_limits(fields: dict[str, Any], critical: float | None, expected: float) -> None:
    made = rule(metric="latency", **fields)
    usually = Usually(results=100, mean=10, stddev=1, percentile=14)
    assert limits_of(made, usually) == Limits(expected, critical)
    if fields["threshold_type"] != "static":
        assert limits_of(made, None) is None
        assert limits_of(made, msgspec.structs.replace(usually, results=9)) is None


def test_a_percentile_is_taken_from_the_side_that_a_rule_looks_to() -> None:
    assert share_of(rule(percentile=95.0)) == pytest.approx(0.95)
    assert share_of(rule(percentile=95.0, operator="lte")) == pytest.approx(0.05)


def test_far_from_the_usual_is_critical() -> None:
    made = rule(metric="latency", threshold_type="dynamic_stddev", severity="warning")
    limits = Limits(12, 13)
    severities = {
        value: verdict.severity
        for value in (12.5, 13.5)
        if (verdict := judge(made, value, None, limits, is_open=False))
    }
    assert severities == {12.5: "warning", 13.5: "critical"}


def run(made: Rule, samples: list[float], *, step_us: int = MINUTE) -> list[str]:
    """What follows from each sample, in a world where all that follows is done."""
    streak = Streak()
    moves: list[str] = []
    for number, value in enumerate(samples):
        now_us = number * step_us
        verdict = judge(made, value, None, Limits(made.threshold), is_open=streak.open)
        assert verdict is not None
        assert streak.take(verdict.breach, made, now_us)
        move = streak.move(made, verdict.severity, now_us, may_open=True)
        if move == "open":
            streak.opened(verdict.severity)
        elif move == "resolve":
            streak.resolved(made, now_us, by_hand=False)
        moves.append(move)
    return moves


@given(
    st.lists(st.sampled_from([0.0, 4.0, 9.0]), max_size=60),
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(0, 3),
    st.sampled_from([None, 2.0]),
)
def test_a_course_keeps_to_the_counts(
    samples: list[float], needed: int, more: int, cooldown: int, recovery: float | None
) -> None:
    window = needed + more
    made = rule(
        for_count=needed, of_count=window, cooldown_minutes=cooldown, recovery_threshold=recovery
    )
    moves = run(made, samples)
    told = [move for move in moves if move in ("open", "resolve")]
    assert told == ["open", "resolve"] * (len(told) // 2) + ["open"] * (len(told) % 2)
    closed_at = None
    for place, move in enumerate(moves):
        if move == "open":
            recent = samples[max(0, place + 1 - window) : place + 1]
            assert samples[place] == 9.0
            assert sum(value == 9.0 for value in recent) >= needed
            assert closed_at is None or place - closed_at >= cooldown
        elif move == "resolve":
            assert samples[place] == 0.0 or (samples[place] == 4.0 and recovery is None)
            closed_at = place
    if recovery is None and needed == window == 1 and cooldown == 0:
        breaches = [value == 9.0 for value in samples]
        edges = sum(b and not a for a, b in zip([False, *breaches], breaches, strict=False))
        assert moves.count("open") == edges


def test_an_older_sample_says_nothing_new() -> None:
    streak, made = Streak(), rule()
    assert streak.take(True, made, 10)
    assert not streak.take(False, made, 10)
    assert not streak.take(False, made, 9)
    assert streak.mask == 1


def test_a_warning_becomes_critical_once_and_a_warning_again() -> None:
    streak, made = Streak(), rule(severity="warning", of_count=2)
    streak.take(True, made, 1)
    streak.opened("warning")
    streak.take(True, made, 2, "critical")
    assert streak.move(made, "critical", 2, may_open=True) == "worsen"
    streak.opened("critical")
    streak.take(True, made, 3)
    assert streak.move(made, "warning", 3, may_open=True) == "stay"
    streak.take(True, made, 4)
    assert streak.move(made, "warning", 4, may_open=True) == "ease"


def test_resolved_by_hand() -> None:
    made = rule(cooldown_minutes=5)

    def streak() -> Streak:
        found = Streak()
        found.take(True, made, 0)
        found.opened("critical")
        found.resolved(made, 0, by_hand=True)
        return found

    still_true = streak()
    still_true.take(True, made, MINUTE)
    assert still_true.move(made, "critical", MINUTE, may_open=True) == "stay"
    still_true.take(True, made, 5 * MINUTE)
    assert still_true.move(made, "critical", 5 * MINUTE, may_open=True) == "open"
    false_once = streak()
    false_once.take(False, made, MINUTE)
    false_once.take(True, made, 2 * MINUTE)
    assert false_once.move(made, "critical", 2 * MINUTE, may_open=True) == "open"
