"""From samples to a rate: what counts and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.speed_rate import latency, rate, slices, warm_up


def steady(
    sec: int, per_slice: int, start: tuple[float, int] = (0.0, 0)
) -> list[tuple[float, int]]:
    at, count = start
    return [(at + 0.1 * n, count + per_slice * n) for n in range(sec * 10 + 1)]


def test_a_steady_stream_is_its_rate() -> None:
    found = rate(slices(steady(3, 1_000)))
    assert found.trimmed == pytest.approx(10_000)
    assert found.mean == pytest.approx(10_000)
    assert found.median == pytest.approx(10_000)
    assert found.warm_up_sec == pytest.approx(0)


def test_the_warm_up_does_not_count() -> None:
    slow = steady(1, 100)
    found = rate(slices([*slow, *steady(4, 1_000, slow[-1])[1:]]))
    assert found.warm_up_sec == pytest.approx(1.0, abs=0.11)
    assert found.mean == pytest.approx(10_000, rel=0.03)


def test_a_stall_and_a_burst_are_trimmed() -> None:
    samples = steady(4, 1_000)
    burst = [(at, count + (50_000 if at > 2 else 0)) for at, count in samples]
    found = rate(slices(burst))
    assert found.mean > 20_000
    assert found.trimmed == pytest.approx(10_000, rel=0.02)


def test_samples_that_come_close_together_are_one_slice() -> None:
    found = slices([(0.0, 0), (0.01, 5), (0.1, 10), (0.1001, 11), (0.3, 30)])
    assert [one.bytes for one in found] == [10, 20]


def test_half_of_it_counts_always() -> None:
    growing = [(0.1 * n, n**3) for n in range(41)]
    assert warm_up(slices(growing)) <= 20


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 10**12)), max_size=50))
def test_any_samples_give_a_rate(samples: list[tuple[float, int]]) -> None:
    found = rate(slices(sorted(samples)))
    assert min(found.trimmed, found.mean, found.median, found.warm_up_sec) >= 0


def test_round_trips_are_summed_up_in_whole_ns() -> None:
    assert latency([]) is None
    found = latency([10, 30, 20])
    assert found is not None
    assert (found.min, found.median, found.mean, found.max, found.jitter) == (10, 20, 20, 30, 15)
    alone = latency([7])
    assert alone is not None
    assert (alone.count, alone.jitter, alone.p95) == (1, 0, 7)
