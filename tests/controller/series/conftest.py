import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forepost.controller.series.port import Series
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.health import Health
from tests.controller.series.series_rows import START, at
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at(START))


@pytest.fixture
def health() -> Health:
    return Health(logging.getLogger("tests.series"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "series.sqlite"


@pytest.fixture
async def sqlite(path: Path, clock: FakeClock, health: Health) -> AsyncIterator[SqliteSeries]:
    store = await SqliteSeries.open(path, clock, health)
    yield store
    await store.close()


@pytest.fixture(params=["sqlite"])
async def series(request: pytest.FixtureRequest, sqlite: SqliteSeries) -> Series:
    """Every adapter: the conformance suite knows the port alone."""
    adapters: dict[str, Series] = {"sqlite": sqlite}
    return adapters[request.param]
