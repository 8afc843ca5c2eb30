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
from tests.controller.jobs.test_site_words import (
    test_events_are_kept_once_and_shown_to_who_may_see_the_job as events,
)
from tests.controller.jobs.test_site_words import (
    test_runs_of_a_site_are_seen_and_their_ends_may_be_forgotten_then as site_runs,
)
from tests.controller.jobs.test_site_words import (
    test_what_is_held_is_counted_as_held as held,
)
from tests.controller.jobs.test_tags import (
    test_a_tag_goes_to_its_agent_and_is_shown_as_the_agent_says_it as tags,
)
from tests.postgres import Postgres
from tests.running import DATABASE_URL, ControllerProcess

pytestmark = pytest.mark.timeout(240)


WHAT = [
    *(tried_again, removed, hostile, scheduled, folder, distribution),
    *(site_runs, held, tags, events),
]


@pytest.fixture(scope="module")
def on_postgresql(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("on-postgresql"))
    process.env[DATABASE_URL] = postgres.database()
    process.start()
    yield process
    process.end()


@pytest.mark.parametrize("what", WHAT)
def test_jobs_on_postgresql(on_postgresql: ControllerProcess, what: object) -> None:
    assert callable(what)
    what(on_postgresql, on_postgresql.person(f"{id(what)}@example.com", "a good password"))
