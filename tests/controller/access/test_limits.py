"""How often somebody may try."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.access.limits import WINDOW_SEC, Bucket, Limiter
from forepost.kit.errors import TooMany
from tests.fakes.clock import FakeClock

steps = st.lists(st.floats(0, 100, allow_nan=False), max_size=200)


@given(st.integers(1, 50), steps)
def test_no_time_holds_more_than_it_may_and_every_wait_is_true(
    most: int, pauses: list[float]
) -> None:
    """In any time t after a start at most `most` and what came back in t; after the wait, one."""
    bucket, now = Bucket(most), 0.0
    taken: list[float] = []
    for pause in pauses:
        now += pause
        wait = bucket.take("who", now)
        if wait == 0.0:
            taken.append(now)
            continue
        assert 0 < wait <= WINDOW_SEC / most + 1e-6
        now += wait
        assert bucket.take("who", now) == 0.0
        taken.append(now)
    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            held = taken[last] - start
            assert last - first + 1 <= most + held * most / WINDOW_SEC + 1e-3


@given(st.integers(1, 50), st.integers(0, 200))
def test_who_is_always_right_never_runs_out(most: int, tries: int) -> None:
    bucket = Bucket(most)
    for _ in range(tries):
        assert bucket.take("who", 0.0) == 0.0
        bucket.give_back("who")
    assert [bucket.take("who", 0.0) == 0.0 for _ in range(most + 1)] == [True] * most + [False]


@given(st.lists(st.integers(0, 50), max_size=300))
def test_it_remembers_no_more_than_it_may_and_forgets_the_oldest(callers: list[int]) -> None:
    bucket = Bucket(1, remembered=5)
    recent: list[int] = []
    for caller in callers:
        assert (bucket.take(caller, 0.0) == 0.0) == (caller not in recent)
        recent = [*(c for c in recent if c != caller), caller][-5:]
        assert len(bucket) <= 5


def test_callers_do_not_share() -> None:
    bucket = Bucket(1)
    assert bucket.take("a", 0.0) == 0.0
    assert bucket.take("a", 0.0) == WINDOW_SEC
    assert bucket.take("b", 0.0) == 0.0


@pytest.mark.anyio
async def test_a_refusal_says_when_to_come_again() -> None:
    clock = FakeClock()
    limiter = Limiter(3, clock)
    for _ in range(3):
        limiter.spend("who")
    await clock.advance(5)
    with pytest.raises(TooMany, match="too many attempts; try again in 15 s") as refused:
        limiter.spend("who")
    assert (refused.value.status, refused.value.retry_after_sec) == (429, 15)
    await clock.advance(15)
    limiter.spend("who")
    with pytest.raises(TooMany):
        limiter.spend("who")
    limiter.refund("who")
    limiter.spend("who")
