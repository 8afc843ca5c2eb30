"""The same on the other database: SQL that only SQLite understands shows here."""

from collections.abc import Iterator

import pytest

from tests.controller.workloads.test_microservices import (
    test_labels_say_for_whom_it_is_and_move_it as labels_move_it,
)
from tests.controller.workloads.test_microservices import (
    test_made_given_reported_changed_and_removed as made_and_removed,
)
from tests.controller.workloads.test_rollout import (
    test_a_bad_one_goes_back_everywhere as goes_back,
)
from tests.controller.workloads.test_workload_talk import (
    test_an_agent_that_leaves_is_let_in_no_more as leaves,
)
from tests.postgres import Postgres
from tests.running import DATABASE_URL, ControllerProcess

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def on_postgresql(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("on-postgresql"))
    process.env[DATABASE_URL] = postgres.database()
    process.start()
    yield process
    process.end()


@pytest.mark.parametrize("what", [made_and_removed, labels_move_it, goes_back, leaves])
def test_workloads_on_postgresql(on_postgresql: ControllerProcess, what: object) -> None:
    assert callable(what)
    what(on_postgresql, on_postgresql.person(f"{id(what)}@example.com", "a good password"))
