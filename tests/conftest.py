import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.lab.container_engine import ContainerEngine
from tests.lab.container_engine import running as engine_running
from tests.lanes import pytest_xdist_make_scheduler
from tests.postgres import Postgres, running
from tests.quick import (
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_ignore_collect,
)
from tests.tried_again import pytest_runtest_setup

__all__ = [
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_ignore_collect",
    "pytest_runtest_setup",
    "pytest_xdist_make_scheduler",
]

# How long an example takes says more of the machine than of the code; a test has its own limit.
settings.register_profile("forepost", deadline=None)
settings.load_profile("forepost")

# pytest-xdist has its workers' children believe that they write to its own terminal.
os.environ.pop("COLUMNS", None)

# A shell that starts the suite in the background has it ignore SIGINT, and so would its children.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def docker() -> Iterator[ContainerEngine]:
    """One for a file of tests, which `clear`s it where containers of before would matter."""
    with engine_running() as engine:
        yield engine
