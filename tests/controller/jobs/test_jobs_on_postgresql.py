"""The same on the other database: SQL that only SQLite understands shows here."""

from collections.abc import Iterator

import pytest

from tests.controller.jobs.test_folders import (
    test_a_distribution_is_complete_when_all_have_everything as distribution,
)
from tests.controller.jobs.test_folders import (
    test_a_folder_has_one_run_and_its_members_know_each_other as folder,
)
from tests.controller.jobs.test_job_talk import (
    test_what_agents_begin_by_themselves_is_one_run as scheduled,
)
from tests.controller.jobs.test_job_talk import (
    test_what_has_not_the_form_is_refused as hostile,
)
from tests.controller.jobs.test_kept_runs import (
    test_an_agent_that_is_removed_has_lost_its_runs as removed,
)
from tests.controller.jobs.test_kept_runs import (
    test_what_failed_is_tried_again_and_nothing_else as tried_again,
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


@pytest.mark.parametrize("what", [tried_again, removed, hostile, scheduled, folder, distribution])
def test_jobs_on_postgresql(on_postgresql: ControllerProcess, what: object) -> None:
    assert callable(what)
    what(on_postgresql, on_postgresql.person(f"{id(what)}@example.com", "a good password"))
