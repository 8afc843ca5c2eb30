from collections.abc import AsyncIterator, Iterator

import pytest

from forepost.controller.db.engine import Database
from tests.controller.alerts.alert_night import Night
from tests.controller.alerts.alert_stage import Hooks, Stage, quick_controller
from tests.names import name_of
from tests.running import ControllerProcess


@pytest.fixture(scope="session")
def alerting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    """A running controller whose timers are quick."""
    process = quick_controller(tmp_path_factory.mktemp("alerting")).start()
    yield process
    process.end()


@pytest.fixture(scope="session")
def hooks() -> Iterator[Hooks]:
    found = Hooks()
    yield found
    found.close()


@pytest.fixture
def stage(alerting: ControllerProcess, hooks: Hooks, request: pytest.FixtureRequest) -> Stage:
    name = name_of(request)
    return Stage(alerting.person(f"{name}@example.com", "a good password"), hooks, name)


@pytest.fixture
async def night(metadata_url: str) -> AsyncIterator[Night]:
    db = Database.at(metadata_url)
    found = Night(db)
    await found.lay()
    yield found
    await db.close()
