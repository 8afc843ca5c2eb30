"""Turns against a plain reckoning of them."""

import math

from hypothesis import example, given
from hypothesis import strategies as st

from forepost.agent.probes.cadence import Cadence

BEATS = st.dictionaries(
    st.integers(0, 20), st.tuples(st.floats(0, 10), st.floats(0.5, 20)), max_size=12
)
STEPS = st.lists(st.floats(0, 30), max_size=12)


@given(BEATS, STEPS)
@example({0: (0.1, 0.6)}, [0.7, 0.6, 0.6, 0.6])
def test_each_key_has_a_turn_where_one_fell_due_and_one_only(
    beats: dict[int, tuple[float, float]], steps: list[float]
) -> None:
    cadence: Cadence[int] = Cadence()
    for key, (start, interval) in beats.items():
        cadence.begin(key, start, interval)
    now, last = 0.0, -math.inf
    for step in steps:
        now += step
        expected = {
            key
            for key, (start, interval) in beats.items()
            if start <= now and _turn(now, start, interval) > _turn(last, start, interval)
        }
        got = cadence.due(now)
        assert len(got) == len(set(got))
        assert set(got) == expected
        following = cadence.next_sec()
        assert (following is None) == (not beats)
        assert following is None or following > now - 1e-9
        last = now


def _turn(now: float, start: float, interval: float) -> int:
    """The last one that fell due: the quotient may be rounded across a turn."""
    if now < start:
        return -1
    turn = math.floor((now - start) / interval)
    while start + (turn + 1) * interval <= now:
        turn += 1
    while start + turn * interval > now:
        turn -= 1
    return turn


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=400))
def test_what_ended_has_no_turn_and_leaves_no_trace(changes: list[tuple[bool, int]]) -> None:
    cadence: Cadence[int] = Cadence()
    running: set[int] = set()
    for begins, key in changes:
        if begins:
            cadence.begin(key, 1.0, 10.0)
            running.add(key)
        elif key in running:
            cadence.end(key)
            running.remove(key)
    assert len(cadence) == len(running)
    assert len(cadence._heap) <= 400
    assert set(cadence.due(1.0)) == running
    for key in running:
        cadence.end(key)
    assert cadence.next_sec() is None


def test_a_thousand_edits_do_not_pile_up() -> None:
    cadence: Cadence[str] = Cadence()
    for number in range(1_000):
        cadence.begin("a", number, 1.0)
        cadence.end("a")
    assert len(cadence._heap) <= 65
