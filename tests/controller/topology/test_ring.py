"""A ring of minutes says what adding up the samples themselves says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.topology.ring import SIZE, Ring

some = st.none() | st.integers(0, 1_000)
samples = st.lists(st.tuples(st.integers(-20, 20), some, some, some), max_size=60)


def mean(values: list[int | None]) -> float | None:
    said = [value for value in values if value is not None]
    return sum(said) / len(said) if said else None


@given(samples, st.integers(0, 40), st.integers(1, SIZE))
def test_figures_are_those_of_the_samples(
    steps: list[tuple[int, int | None, int | None, int | None]], later: int, lookback: int
) -> None:
    """Time goes on, now and then by more than a ring; some samples are late."""
    first = newest = 1_000
    ring, kept = Ring(first), []
    for step, rtt, loss, jitter in steps:
        minute = newest + step
        ring.add(minute, rtt, loss, jitter)
        if minute > newest - SIZE:
            kept.append((minute, rtt, loss, jitter))
        newest = max(newest, minute)
    now = newest + later
    found = ring.figures(now, lookback)
    counted = [s for s in kept if max(now - lookback, newest - SIZE) < s[0] <= now]
    assert found.results == len(counted)
    assert found.rtt_ms == pytest.approx(mean([s[1] for s in counted]))
    assert found.loss_pct == pytest.approx(mean([s[2] for s in counted]))
    assert found.jitter_ms == pytest.approx(mean([s[3] for s in counted]))


def test_a_round_weighs_what_it_has_of_packets() -> None:
    ring = Ring(10)
    ring.add(10, 10.0, 0.0, 1.0, 1_000, 1_000)
    ring.add(10, 30.0, 50.0, 3.0, 2, 1)
    ring.add(10, None, 100.0, None, 1, 0)
    found = ring.figures(10, SIZE)
    # Two of 1,003 packets were lost, not half of all rounds.
    assert found.loss_pct == pytest.approx(100 * 2 / 1_003, abs=1e-3)
    assert found.rtt_ms == pytest.approx((1_000 * 10 + 30) / 1_001, abs=1e-3)
    assert found.jitter_ms == pytest.approx((1_000 * 1 + 3) / 1_001, abs=1e-3)
    assert found.results == 3


def test_samples_of_later_than_now_do_not_count() -> None:
    ring = Ring(10)
    ring.add(10, 1.0, 0.0, None)
    ring.add(12, 9.0, 0.0, None)
    assert ring.figures(10, SIZE).rtt_ms == 1.0
    assert ring.figures(9, SIZE).results == 0


def test_what_cannot_be_true_is_not_said() -> None:
    ring = Ring(10)
    ring.add(10, float("nan"), -1.0, float("inf"))
    ring.add(10, 1e300, None, None)
    found = ring.figures(10, SIZE)
    assert (found.results, found.rtt_ms, found.loss_pct, found.jitter_ms) == (2, None, None, None)
