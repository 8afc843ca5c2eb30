from collections.abc import Iterator

import pytest

from tests.controller.conftest import person
from tests.postgres import Postgres
from tests.running import ControllerProcess

__all__ = ["person"]


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def controller(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControllerProcess]:
    """One running controller on each database that metadata may be in."""
    process = ControllerProcess(tmp_path_factory.mktemp("controller"))
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        process.env["FOREPOST_DATA__DATABASE_URL"] = server.database(empty=True)
    process.start()
    yield process
    process.end()
