"""Rates of counters: over wraps, not over restarts, and of so many agents as there is room for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores import counter_rates
from forepost.agent.cores.counter_rates import (
    CounterMemory,
    CounterReading,
    CounterReadings,
    rates_between,
)

OID = "1.3"


def at(value: int, sec: float, bits: int = 32, ticks: int | None = -1) -> CounterReadings:
    uptime = round(sec * 100) % (1 << 32) if ticks == -1 else ticks
    return CounterReadings({OID: CounterReading(value, bits, sec)}, uptime, sec)


@pytest.mark.parametrize(
    ("before", "after", "rates"),
    [
        (at(10, 0), at(70, 60), {OID: 1.0}),
        (at(10, 0), at(10, 60), {OID: 0.0}),
        (at((1 << 32) - 30, 0), at(30, 60), {OID: 1.0}),
        (at((1 << 64) - 30, 0, 64), at(30, 60, 64), {OID: 1.0}),
        # Cleared, of another size, begun anew, or not later.
        (at(9_000, 0), at(30, 60), {}),
        (at(10, 0), at(70, 60, bits=64), {}),
        (at(10, 600), at(70, 660, ticks=4), {}),
        (at(10, 60), at(70, 60), {}),
        # An agent that does not say how long it runs: what wraps may be a restart.
        (at(10, 0, ticks=None), at(70, 60, ticks=None), {OID: 1.0}),
        (at((1 << 32) - 30, 0, ticks=None), at(30, 60, ticks=None), {}),
        # Its clock wraps after 497 days.
        (at(10, 42_949_660), at(70, 42_949_720), {OID: 1.0}),
    ],
)
def test_a_rate_is_what_it_grew_by_in_a_second(
    before: CounterReadings, after: CounterReadings, rates: dict[str, float]
) -> None:
    assert rates_between(before, after) == rates


@given(
    st.integers(0, (1 << 64) - 1),
    st.integers(0, (1 << 64) - 1),
    st.sampled_from([32, 64]),
    st.floats(0, 1e6),
)
def test_no_rate_is_negative(was: int, now: int, bits: int, sec: float) -> None:
    mask = (1 << bits) - 1
    for rate in rates_between(at(was & mask, 0, bits), at(now & mask, sec, bits)).values():
        assert rate >= 0


def test_so_many_counters_are_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter_rates, "MOST_COUNTERS", 2)
    memory = CounterMemory()
    assert memory.exchanged("a", at(1, 0)) is None
    assert memory.exchanged("b", at(1, 0)) is None
    assert memory.exchanged("a", at(2, 1)) == at(1, 0)
    assert memory.exchanged("c", at(1, 0)) is None  # pushes b out
    assert memory.exchanged("a", at(3, 2)) == at(2, 1)
    assert memory.exchanged("b", at(1, 0)) is None
