from collections.abc import Iterator

import pytest

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
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)
    return controller.person(f"{name}@example.com", "a good password")
