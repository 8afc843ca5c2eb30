"""What real agents tell of conflicts, and of what their sites begin, as the controller shows it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import forepost, until
from tests.whole.test_jobs_by_rest import LONG_SEC, JobSite, Sites, sites

__all__ = ["sites"]
pytestmark = pytest.mark.timeout(300)


def command(site: JobSite, *words: str) -> str:
    done = forepost(*words, "--state-dir", str(site.process.folder))
    done.check_returncode()
    return done.stdout


def test_a_conflict_reaches_the_controller_and_the_command(sites: Sites) -> None:
    for site, text in ((sites.one, "of one"), (sites.two, "of two")):
        site.files.mkdir()
        (site.files / "a").write_text(text)
    job = sites.job(name="f", type="folder", agents=[sites.at(sites.one), sites.at(sites.two)])
    path = sites.path("jobs", job, "events")

    def conflicts() -> list[Any]:
        found = sites.person.call("GET", path)["data"]
        return [one for one in found if one["kind"] == "conflict"]

    until(conflicts, LONG_SEC, lambda: sites.person.call("GET", path))
    first = conflicts()[0]
    assert "a" in first["text"]
    site = sites.one if first["agent_id"] == sites.one.agent.id else sites.two
    assert f"conflict {first['text']}" in command(site, "jobs", "logs", "f")
    count = len(conflicts())
    sites.controller.end()
    site.process.end()
    sites.controller.start()
    site.process.start()
    until(site.process.drained, LONG_SEC)
    assert len(conflicts()) == count
    assert f"conflict {first['text']}" in command(site, "jobs", "logs", "f")


def test_what_a_site_begins_is_seen_and_the_controller_has_no_run_of_it(
    sites: Sites, tmp_path: Path
) -> None:
    sites.one.files.mkdir()
    file = tmp_path / "own.json"
    own = {"name": "own", "type": "script", "path": str(sites.one.files)}
    file.write_text(json.dumps(own | {"script": {"command": "echo secret; exit 4"}}))
    until(sites.one.process.drained, LONG_SEC)
    command(sites.one, "jobs", "run", str(file))
    path = sites.path("agents", sites.one.agent.id, "runs")

    def states() -> list[str]:
        return [one["state"] for one in sites.person.call("GET", path)["data"]]

    until(lambda: states() == ["error"], LONG_SEC, lambda: sites.person.call("GET", path))
    [run] = sites.person.call("GET", path)["data"]
    assert (run["name"], run["type"], run["by"], run["exit_code"]) == (
        "own",
        "script",
        "command",
        4,
    )
    assert "secret" not in str(run)
    assert sites.person.call("GET", sites.path("runs"))["total"] == 0
