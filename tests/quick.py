"""`pytest --quick`: what is decided within one process, for the loop of a developer.

No controller, agent, database server, browser or namespace is started. What a file imports says
whether it starts one, so nobody has to mark a test, and what is left out is not even imported.
"""

from pathlib import Path
from typing import Final

import pytest

STARTS: Final = (
    "from tests.lab",
    "from tests.lonely",
    "from tests.postgres",
    "from tests.receiver",
    "from tests.running",
    "from tests.tls_front",
    "import subprocess",
    "playwright",
    "schemathesis",
)
"""What is imported by a file of tests that start something."""
STARTED: Final = frozenset({"alerting", "controller", "docker", "postgres"})
"""Fixtures, which a file names without an import."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only what starts no process")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not config.getoption("--quick") or not collection_path.match("test_*.py"):
        return None
    text = collection_path.read_text()
    return any(word in text for word in STARTS) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--quick"):
        return
    left_out = [item for item in items if _starts(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _starts(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(STARTED & fixtures) or "postgresql" in item.name
