"""What is usual at this hour, from a series that says what a test says."""

from datetime import timedelta
from typing import Any

import pytest

from forepost.controller.alerts.baselines import HOUR_US, Baselines
from forepost.controller.alerts.store import Expected
from forepost.controller.alerts.watch import Watch
from forepost.controller.series.port import Spread, SpreadOf
from forepost.wire.rest.alerts import Rule
from tests.controller.alerts.alert_rules_made import rule
from tests.fakes.clock import START, FakeClock

pytestmark = pytest.mark.anyio
LINE = (1, 1, "PING", "192.0.2.1")


class HourlySeries:
    """At `busy`, an hour of the day in UTC, RTTs are 100 ms, else 10 ms."""

    def __init__(self, busy: int) -> None:
        self.busy = busy
        self.since_us = 0
        self.asked = 0

    async def spread(self, query: SpreadOf) -> list[Spread]:
        self.asked += 1
        wanted = query.hours
        if wanted is None:
            wanted = range(query.from_us // HOUR_US, query.to_us // HOUR_US)
        hours = [hour for hour in wanted if hour * HOUR_US >= self.since_us]
        rtts = [100.0 if hour % 24 == self.busy else 10.0 for hour in hours]
        if not rtts:
            return []
        return [
            Spread(
                agent_id=1,
                type="PING",
                target="192.0.2.1",
                target_agent=0,
                rtts=60 * len(rtts),
                rtt_mean_ms=sum(rtts) / len(rtts),
                rtt_stddev_ms=1.0,
                rtt_percentile_ms=max(rtts),
                losses=0,
                loss_mean=0.0,
                loss_stddev=0.0,
                loss_percentile=0.0,
                hours=len(rtts),
            )
        ]


class OneProbe:
    async def expected(self, workspaces: Any) -> dict[int, list[Expected]]:
        return {one: [Expected(1, 1, "PING", START)] for one in workspaces}


class Day:
    def __init__(self, made: Rule, busy: int) -> None:
        self.clock, self.series = FakeClock(), HourlySeries(busy)
        self.watch = Watch(self.clock)
        self.watch.replace(1, [made], [])
        self.baselines = Baselines(
            self.watch,
            OneProbe(),  # type: ignore[arg-type]
            self.series,  # type: ignore[arg-type]
            self.clock,
            15.0,
            300.0,
        )

    async def threshold(self) -> float:
        await self.baselines.turn()
        return self.watch.known[1].limits[LINE].threshold


def made(**fields: Any) -> Rule:
    return rule(metric="latency", threshold_type="dynamic_stddev", **fields)


async def test_a_busy_hour_is_compared_with_busy_hours() -> None:
    day = Day(made(baseline_by="hour", timezone="Europe/Berlin"), busy=2)
    assert await day.threshold() == pytest.approx(12.0)
    await day.clock.advance(2 * 3_600)  # it follows the hour at once
    assert await day.threshold() == pytest.approx(102.0)
    await day.clock.advance(3_600)
    assert await day.threshold() == pytest.approx(12.0)
    assert day.watch.lines_of_all_hours(1) == 0


async def test_without_such_hours_all_are_looked_at_and_the_rule_says_so() -> None:
    day = Day(made(baseline_by="hour"), busy=0)
    day.series.since_us = round((START - timedelta(days=2)).timestamp() * 1e6)
    threshold = await day.threshold()
    assert 12 < threshold < 30
    assert day.watch.lines_of_all_hours(1) == 1
    day.series.since_us = 0
    await day.clock.advance(300)
    assert await day.threshold() == pytest.approx(102.0)
    assert day.watch.lines_of_all_hours(1) == 0


async def test_a_rule_that_does_not_want_it_asks_once() -> None:
    day = Day(made(), busy=0)
    await day.threshold()
    assert day.series.asked == 1
    await day.clock.advance(299)
    await day.threshold()
    assert day.series.asked == 1
