"""The site's own folder of jobs: seen without a restart; what is spoilt ends nothing."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from forepost.agent.jobs.local_jobs import SUBJECT, read_job
from forepost.kit.errors import Invalid
from tests.fakes.jobs_site import LONG_SEC, JobsSite
from tests.running import until


@pytest.fixture
def site(tmp_path: Path) -> Iterator[JobsSite]:
    with JobsSite(tmp_path).running() as made:
        yield made


def count(site: JobsSite, name: str = "count") -> int:
    path = site.folder / name
    return path.read_text().count("x") if path.exists() else 0


def states(site: JobsSite) -> list[str]:
    return site.portal.call(lambda: [one.state for one in site.slice.runs.all])


def test_a_file_is_one_run_and_its_removal_ends_it(site: JobsSite) -> None:
    (site.folder / "stays").write_text("")
    path = site.script("a.json", "echo x >> count; sleep 1000", "a")
    site.until_status("a", "executing script")
    until(lambda: count(site) == 1, LONG_SEC)
    path.unlink()
    found = site.until_status("a", "error")
    assert found["errors"][0]["code_str"] == "SE_OPERATION_ABORTED"
    assert (site.folder / "stays").exists()


@pytest.mark.parametrize("path", ["srv", "/srv/../etc", "%HOME%/../x"])
def test_a_path_that_can_be_none_is_refused_before_anything_ends(path: str) -> None:
    script = {"type": "script", "name": "a", "script": {"command": "true"}}
    with pytest.raises(Invalid, match=r"^path: "):
        read_job(json.dumps({**script, "path": path}).encode())
    folder = {"type": "consolidation", "name": "a", "path": "/all", "permission": "ro"}
    peers = [{"deviceid": "A" * 32}, {"deviceid": "B" * 32, "path": path}]
    with pytest.raises(Invalid, match=r"^peers\[1\]\.path: "):
        read_job(json.dumps({**folder, "peers": peers}).encode())
    assert read_job(json.dumps({**script, "path": "%HOME%/x"}).encode()).path == "%HOME%/x"


def test_a_script_that_has_ended_is_not_run_again_by_a_restart(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    made.script("a.json", "echo x >> count", "a")
    for _ in range(3):
        with made.running():
            made.until_status("a", "successfully finished")
            until(lambda: made.slice.runs.knows_files, LONG_SEC)
    assert count(made) == 1
    (tmp_path / "state/local-jobs.json").write_bytes(b"nonsense")
    (tmp_path / "state/job-numbers.json").write_bytes(b"nonsense")
    with made.running():
        until(lambda: made.slice.runs.knows_files, LONG_SEC)
        made.until_status("a", "successfully finished")
    for path in (tmp_path / "state/runs").glob("*.json"):
        path.write_bytes(path.read_bytes()[:-3])
    with made.running():
        until(lambda: made.slice.runs.knows_files, LONG_SEC)
        made.script("b.json", "echo x >> second", "b")
        made.until_status("b", "successfully finished")
    assert count(made) == 1


def test_the_same_text_written_anew_is_another_wish(site: JobsSite) -> None:
    path = site.script("a.json", "echo x >> count", "a")
    until(lambda: count(site) == 1, LONG_SEC)
    os.utime(path, (1, 1))
    until(lambda: count(site) == 2, LONG_SEC)


def test_an_edited_file_replaces_what_runs(site: JobsSite) -> None:
    site.script("a.json", "echo x >> count; sleep 1000", "a")
    until(lambda: count(site) == 1, LONG_SEC)
    site.script("a.json", "echo x >> second", "a")
    until(lambda: count(site, "second") == 1, LONG_SEC)
    until(lambda: sorted(states(site)) == ["canceled", "finished"], LONG_SEC, lambda: states(site))


def test_a_wrong_file_is_told_by_name_and_what_it_said_goes_on(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    with made.running():
        made.job("f.json", name="f", type="folder", path="/data/f")
        made.say("job:f", "synced")
        made.until_status("f", "synced")
        (made.jobs / "f.json").write_text('{"name": "f", "type": "folder", "pth": "/data/f"}')
        until(lambda: SUBJECT in made.health.problems, LONG_SEC)
        assert "f.json: " in made.health.problems[SUBJECT]
        assert "pth" in made.health.problems[SUBJECT]
        assert made.status("f") == "synced"
    with made.running():
        until(lambda: "job:f" in made.engine.tasks, LONG_SEC)
        made.job("f.json", name="f", type="folder", path="/data/g")
        until(lambda: SUBJECT not in made.health.problems, LONG_SEC)
        until(lambda: made.engine.tasks["job:f"].path == "/data/g", LONG_SEC)
        assert made.engine.given_up == []


def test_what_went_while_the_agent_was_off_ends(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    path = made.job("f.json", name="f", type="folder", path="/data/f")
    with made.running():
        until(lambda: "job:f" in made.engine.tasks, LONG_SEC)
    path.unlink()
    with made.running():
        until(lambda: states(made) == ["canceled"], LONG_SEC, lambda: states(made))
        assert made.engine.tasks == {}


def test_a_folder_that_cannot_be_read_ends_nothing(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    made.job("f.json", name="f", type="folder", path="/data/f")
    with made.running():
        until(lambda: "job:f" in made.engine.tasks, LONG_SEC)
        away = made.jobs.rename(tmp_path / "away")
        until(lambda: SUBJECT in made.health.problems, LONG_SEC)
        assert "job:f" in made.engine.tasks
    with made.running():
        until(lambda: "job:f" in made.engine.tasks, LONG_SEC)
        away.rename(made.jobs)
        until(lambda: SUBJECT not in made.health.problems, LONG_SEC)
        assert "job:f" in made.engine.tasks


def test_of_two_files_with_one_name_the_first_counts(site: JobsSite) -> None:
    site.script("b.json", "echo x >> second", "a")
    site.script("a.json", "echo x >> count", "a")
    until(lambda: SUBJECT in site.health.problems, LONG_SEC)
    until(lambda: count(site) == 1, LONG_SEC)
    assert site.health.problems[SUBJECT] == "b.json: name: a is that of a.json, which counts"


def test_a_scheduled_file_runs_at_its_moments_and_not_before(site: JobsSite) -> None:
    site.job(
        "s.json", name="s", type="script", path=str(site.folder),
        script={"command": "echo x >> count"}, schedule={"type": "daily", "at": [0]},
    )  # fmt: skip
    until(lambda: list(site.slice.scheduled) != [], LONG_SEC)
    assert states(site) == []
    show = site.built.verbs["jobs.show"]
    with pytest.raises(Invalid, match=r"^s: it has not run yet; next at 20"):
        site.portal.call(show.run, msgspec.Raw(b'{"run": "s"}'), _nobody)
    with pytest.raises(Invalid, match=r"^t: there is no such run here"):
        site.portal.call(show.run, msgspec.Raw(b'{"run": "t"}'), _nobody)


async def _nobody(_: object) -> None:
    return


def test_what_is_not_a_job_file_is_passed_over(site: JobsSite) -> None:
    (site.jobs / ".hidden.json").write_text("nonsense")
    (site.jobs / "notes.txt").write_text("nonsense")
    (site.jobs / "folder.json").mkdir()
    until(lambda: SUBJECT in site.health.problems, LONG_SEC)
    assert site.health.problems[SUBJECT] == "folder.json: is no regular file"
