from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ControllerProcess

RESTARTING_SEC = 150
"""Of a test that names no limit itself: each start of a process takes seconds on a busy machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(RESTARTING_SEC))


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    """A controller of this test alone, to be killed and started again."""
    process = ControllerProcess(tmp_path / "controller").start()
    yield process
    process.end()
