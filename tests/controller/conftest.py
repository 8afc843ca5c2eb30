from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.metadata import sqlite_url
from tests.names import name_of
from tests.postgres import Postgres
from tests.running import ControllerProcess, Person


@pytest.fixture(scope="session")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    """One running controller; every test makes accounts and workspaces of its own in it."""
    process = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    yield process
    process.end()


@pytest.fixture
def person(controller: ControllerProcess, request: pytest.FixtureRequest) -> Person:
    """Somebody whom no other test knows."""
    return controller.person(f"{name_of(request)}@example.com", "a good password")


@pytest.fixture(params=["sqlite", "postgresql"])
def metadata_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """New metadata of the newest schema, on each database that they may be in."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.database()
    yield url
    server.drop(url)
