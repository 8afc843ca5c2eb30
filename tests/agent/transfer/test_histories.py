"""Three sides end with the same, and lose nothing, whatever happened to them."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agent.transfer.histories import KINDS, NAMES, Step, made_up, play

paths = st.lists(st.integers(0, len(NAMES) - 1), min_size=1, max_size=3).map(tuple)
steps = st.builds(Step, st.sampled_from(KINDS), st.integers(0, 2), paths, paths, st.integers(1, 40))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=30))
def test_three_sides_end_with_the_same_and_lose_nothing(history: list[Step]) -> None:
    play(history)


@pytest.mark.parametrize("seed", range(4))
def test_histories_that_are_drawn_without_hypothesis(seed: int) -> None:
    random = Random(seed)
    for _ in range(20):
        play(made_up(random))
