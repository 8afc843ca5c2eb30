from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ControllerProcess


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    """A controller of this test alone, to be killed and started again."""
    process = ControllerProcess(tmp_path / "controller").start()
    yield process
    process.end()
