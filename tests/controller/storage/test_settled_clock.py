"""What is old is deleted by time that has passed, not by what a wall clock says."""

import logging
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from forepost.controller.main import build
from forepost.controller.series.port import Find
from forepost.controller.series.sqlite import SqliteSeries
from forepost.controller.settings import DataSection, Settings
from forepost.controller.storage.settled_clock import CATCH_UP, SettledClock
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from tests.controller.series.series_rows import row
from tests.fakes.clock import START, FakeClock

pytestmark = pytest.mark.anyio
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)


def health() -> Health:
    return Health(logging.getLogger("test"))


async def test_it_is_the_wall_clock_while_that_goes_on_as_time_does(tmp_path: Path) -> None:
    clock = FakeClock()
    settled = SettledClock(tmp_path, clock, health())
    for _ in range(5):
        await clock.advance(86_400)
        assert settled.now() == clock.now()
    clock.set_wall(clock.now() + 10 * HOUR)
    await clock.advance(3_600)
    assert settled.now() == clock.now()


async def test_after_a_jump_ahead_it_catches_up_by_a_day_an_hour(tmp_path: Path) -> None:
    clock, known = FakeClock(), health()
    settled = SettledClock(tmp_path, clock, known)
    clock.set_wall(START + YEAR)
    assert settled.now() == START
    for hour in range(1, 10):
        await clock.advance(3_600)
        assert settled.now() == START + hour * (HOUR + CATCH_UP * HOUR)
    settled.keep()
    assert "days ahead" in known.problems["clock"]
    assert known.able
    clock.set_wall(START + 9 * HOUR)
    settled.keep()
    assert settled.now() == START + 9 * HOUR
    assert not known.problems


async def test_a_jump_between_two_starts_is_one_too(tmp_path: Path) -> None:
    SettledClock(tmp_path, FakeClock(), health())
    later = FakeClock(START + YEAR)
    settled = SettledClock(tmp_path, later, health())
    assert settled.now() == START
    await later.advance(3_600)
    assert settled.now() == START + 25 * HOUR


async def test_a_wall_clock_that_is_set_back_takes_it_along(tmp_path: Path) -> None:
    clock = FakeClock()
    settled = SettledClock(tmp_path, clock, health())
    clock.set_wall(START - YEAR)
    assert settled.now() == START - YEAR
    clock.set_wall(START)
    assert settled.now() == START - YEAR


async def retained(folder: Path, clock: Clock) -> None:
    """What a controller's retention does in its first turn."""
    async with build(
        Settings(data=DataSection(dir=str(folder), retention_days=30)), clock
    ) as built:
        with anyio.move_on_after(1):
            await built.services["retention"]()


async def test_no_result_goes_because_a_clock_jumps_a_year_ahead(tmp_path: Path) -> None:
    await retained(tmp_path, FakeClock())
    us = round(START.timestamp() * 1e6)
    store = await SqliteSeries.open(tmp_path / "series.sqlite", FakeClock(), health())
    await store.add([row(us - n * 86_400_000_000, probe_id=1) for n in range(60)])
    await store.close()
    await retained(tmp_path, FakeClock(START + YEAR))
    store = await SqliteSeries.open(tmp_path / "series.sqlite", FakeClock(), health())
    left = await store.find(Find(streams=[1]))
    await store.close()
    assert len(left) == 31
