from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.local_api import LocalApiSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LocalApiSite]:
    """A Local API on loopback, with one microservice that shares the host's network."""
    made = LocalApiSite(tmp_path)
    made.microservices.configs = {"own": '{"a":1}'}
    made.microservices.on_host = {"own"}
    with made.running() as found:
        yield found
