"""The slice as a whole: what the site forbids, what a tag changes, files that cannot be opened."""

import json
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.jobs.build import AGAIN_SEC, SUBJECT_OF_JOBS, build
from tests.fakes.clock import FakeClock
from tests.fakes.jobs_site import LONG_SEC, JobsSite, serve, site_of
from tests.running import until

UID = "ab" * 16


def wants(site: JobsSite, *runs: Any, scheduled: Any = ()) -> list[str]:
    (document,) = site.built.documents
    part = msgspec.Raw(json.dumps({"runs": runs, "scheduled": scheduled}).encode())
    return list(site.portal.call(document.apply, [part]))


def folder(path: str) -> Any:
    job = {"name": "f", "type": "folder", "path": path}
    return {"run_id": 5, "uid": UID, "job_id": 5, "job": job}


def state(site: JobsSite, uid: str = UID) -> str:
    found = site.portal.call(lambda: site.slice.runs.get(uid))
    return found.state if found is not None else ""


def test_what_the_site_forbids_from_now_on_ends_at_the_next_start(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    with made.running():
        wants(made, folder("/data/f"))
        until(lambda: f"job:{UID}" in made.engine.tasks, LONG_SEC)
    made.section["allow_paths"] = ("/elsewhere",)
    with made.running():
        wants(made, folder("/data/f"))
        until(lambda: state(made) == "error", LONG_SEC)
        assert made.engine.tasks == {}


def test_a_tag_moves_no_folder_and_the_controller_may(tmp_path: Path) -> None:
    made = JobsSite(tmp_path, tags={"SITE": "north"})
    with made.running():
        wants(made, folder("/data/%SITE%"))
        until(lambda: f"job:{UID}" in made.engine.tasks, LONG_SEC)
        made.call("PATCH", "/api/v3/tags", {"tags": [{"name": "SITE", "value": "south"}]})
    with made.running():
        wants(made, folder("/data/%SITE%"))
        until(lambda: f"job:{UID}" in made.engine.tasks, LONG_SEC)
        assert made.engine.tasks[f"job:{UID}"].path == "/data/north"
        wants(made, folder("/other/%SITE%"))
        until(lambda: made.engine.tasks[f"job:{UID}"].path == "/other/south", LONG_SEC)


def test_the_agent_is_called_what_its_controller_calls_it(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    with made.running():
        host = made.call("GET", "/api/v3/client").body["name"]
        part = {"runs": [folder("/data/%AGENT_NAME%")], "agent_name": "north-1"}
        (document,) = made.built.documents
        made.portal.call(document.apply, [msgspec.Raw(json.dumps(part).encode())])
        until(lambda: f"job:{UID}" in made.engine.tasks, LONG_SEC)
        assert made.engine.tasks[f"job:{UID}"].path == "/data/north-1"
        assert made.call("GET", "/api/v3/client").body["name"] == "north-1"
        made.portal.call(document.apply, [msgspec.Raw(b"{}")])
        assert made.call("GET", "/api/v3/client").body["name"] == host


def test_a_controller_that_is_not_heard_ends_nothing_after_a_restart(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    with made.running():
        wants(made, folder("/data/f"))
        until(lambda: f"job:{UID}" in made.engine.tasks, LONG_SEC)
    with made.running():
        until(lambda: f"job:{UID}" in made.engine.tasks, LONG_SEC)
        wants(made)
        until(lambda: state(made) == "canceled", LONG_SEC)


def test_a_run_whose_schedule_is_gone_does_not_begin(tmp_path: Path) -> None:
    import time

    made = JobsSite(tmp_path)
    with made.running():
        made.call("PATCH", "/api/v3/client", paused="true")
        job = {
            "name": "s", "type": "script", "script": {"command": "true"},
            "schedule": {"type": "once", "start": int(time.time())},
        }  # fmt: skip
        wants(made, scheduled=[{"job_id": 9, "uid": "ef" * 16, "job": job}])
        until(lambda: made.portal.call(lambda: len(made.slice.runs.all)) == 1, LONG_SEC)
        wants(made)
        made.call("PATCH", "/api/v3/client", paused="false")
        (one,) = made.portal.call(lambda: made.slice.runs.all)
        until(lambda: state(made, one.uid) == "canceled", LONG_SEC)


def test_what_was_held_is_confirmed_once(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    with made.running():
        made.job("f.json", name="f", type="folder", path="/data/f")
        made.say("job:f", "error", held="more than half is gone")
        until(lambda: made.status("f") == "error", LONG_SEC)
        verb = made.built.verbs["jobs.confirm"]

        async def say(_: object) -> None:
            """Nothing is said."""

        made.portal.call(verb.run, msgspec.Raw(b'{"run": "f"}'), say)
        until(lambda: made.engine.tasks["job:f"].held_ok, LONG_SEC)
        made.say("job:f", "synced")
        until(lambda: not made.engine.tasks["job:f"].held_ok, LONG_SEC)


@pytest.mark.anyio
async def test_files_that_cannot_be_opened_stop_no_agent_which_begins_anew_when_they_can(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    site = site_of(tmp_path, clock)
    (tmp_path / "runs").write_text("in the way")
    built = await build(site)
    assert "no job runs" in site.health.problems[SUBJECT_OF_JOBS]
    assert built.restart_wanted is not None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve, built.services["jobs"])
        await clock.advance(AGAIN_SEC + 1)
        assert not built.restart_wanted.is_set()
        (tmp_path / "runs").unlink()
        await clock.advance(AGAIN_SEC + 1)
        assert built.restart_wanted.is_set()
        tasks.cancel_scope.cancel()
