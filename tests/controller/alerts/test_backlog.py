"""A backlog that comes between the results of now, out of order: it is history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.alerts.lateness import LATE_US, WATCHED_US, Lateness
from forepost.controller.series.port import Row
from tests.controller.alerts.alert_rules_made import rule
from tests.controller.alerts.test_watch import MINUTE, SECOND, Bench

pytestmark = pytest.mark.anyio


def sysinfo(bench: Bench, used: int, *, ago: int = 0) -> None:
    now = bench.watch.now_us()
    row = Row(
        identity=1,
        probe_id=0,
        probe_agent_id=1,
        agent_id=1,
        created_us=now - ago,
        received_us=now,
        type="SYSINFO",
        payload=b'{"memoryInfo":{"total_bytes":100,"used_bytes":%d}}' % used,
    )
    bench.watch.consider(1, [row])


@pytest.mark.parametrize("newest_first", [True, False])
async def test_it_neither_opens_nor_closes_what_newer_results_said(newest_first: bool) -> None:
    bench = Bench(rule())
    outages = [range(200, 100, -1), range(90, 20, -1)]
    if newest_first:
        outages.reverse()
    backlog = [minutes for outage in outages for minutes in outage]
    async with bench.running():
        bench.row(0)
        await bench.clock.advance(1)
        for minutes in backlog[:80]:  # they say that all was lost
            bench.row(100, ago=minutes * MINUTE)
            await bench.clock.advance(1)
            bench.row(0)
        assert bench.told == []
        bench.row(100)
        await bench.clock.advance(1)
        assert bench.told == ["opened 1"]
        for minutes in backlog[80:]:  # and these that nothing was
            bench.row(0, ago=minutes * MINUTE)
            await bench.clock.advance(1)
        assert bench.told == ["opened 1"]
        bench.row(0)
    assert bench.told == ["opened 1", "resolved 1"]


async def test_a_long_one_is_never_taken_for_a_slow_clock_while_results_of_now_come_too() -> None:
    bench = Bench(rule())
    async with bench.running():
        for second in range(1_800):
            bench.row(0, probe=2)
            bench.row(100, ago=(3 * 3_600 - second) * SECOND)
            await bench.clock.advance(1)
    assert bench.told == []


async def test_a_probe_that_is_silent_now_is_not_heard_in_it() -> None:
    bench = Bench(rule(no_data_sec=60))
    async with bench.running():
        bench.row(0)
        await bench.clock.advance(1)
        for minutes in range(100, 90, -1):
            bench.row(0, probe=2)  # the agent speaks of now, of another probe
            bench.row(0, ago=minutes * MINUTE)
            await bench.turns(15)
        assert bench.ledger.said == ["open 1 no_data 60"]
        bench.row(0, ago=80 * MINUTE)
        await bench.turns(15)
        assert bench.told == ["opened 1"]
        bench.row(0)
        await bench.turns(15)
    assert bench.told == ["opened 1", "resolved 1"]


async def test_a_second_condition_is_what_was_said_at_about_the_same_time() -> None:
    made = rule(metric2="memory_usage", operator2=">", threshold2=90.0, logical_op="AND")
    bench = Bench(made)
    async with bench.running():
        sysinfo(bench, 95)
        sysinfo(bench, 10, ago=60 * MINUTE)
        await bench.clock.advance(1)
        bench.row(100)
        await bench.clock.advance(1)
        assert bench.told == ["opened 1"]
        sysinfo(bench, 10)
        await bench.clock.advance(1)
        bench.row(100)
    assert bench.told == ["opened 1", "resolved 1"]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(LATE_US // SECOND + 1, 86_400 * 30)),
        min_size=1,
        max_size=100,
    )
)
def test_an_agent_that_speaks_of_now_has_no_slow_clock(late: list[tuple[int, int]]) -> None:
    lateness, now_us = Lateness(), 0
    for pause, delay in late:
        assert not lateness.late(1, now_us, now_us)
        now_us += pause * SECOND
        assert lateness.late(1, now_us - delay * SECOND, now_us)
        assert lateness.sends_both(1, now_us)
    assert not lateness.sends_both(1, now_us + WATCHED_US)
    assert not lateness.sends_both(2, now_us)
