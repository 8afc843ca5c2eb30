"""The disk of the agent's files is full: nothing runs twice, ends are kept, the agent goes on."""

import json
from pathlib import Path

import pytest

from tests.lab.small_disk import fill, mounted
from tests.running import until
from tests.whole.test_jobs_of_a_site import LONG_SEC, JobsHost

pytestmark = pytest.mark.timeout(240)


def test_a_script_ends_and_none_begins_while_the_disk_is_full(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with mounted(tmp_path / "disk") as disk:
        host = JobsHost(disk)
        host.folder = work
        host.begin()
        try:
            one = host.run("one", "echo x >> one; until [ -e go ]; do sleep 0.1; done; echo said")
            until(lambda: host.count("one") == 1, LONG_SEC)
            other = fill(disk)
            assert "cannot be kept" in host.command(
                "jobs", "run", "-", status=1,
                stdin='{"name": "two", "type": "script", "script": {"command": "true"}}',
            )  # fmt: skip
            (work / "go").touch()
            host.until_state(one, "finished")
            host.agent.kill()
            host.begin()
            assert host.state(one) == "finished"
            assert host.command("jobs", "logs", one) == "said\n"
            more = fill(disk, "more")
            assert host.ask("PATCH", "/api/v3/client?paused=true")["message"]
            assert host.ask("GET", "/api/v3/client")["paused"] is False
            other.unlink()
            more.unlink()
            host.until_state(host.run("two", "echo x >> two"), "finished")
            assert (host.count("one"), host.count("two")) == (1, 1)
        finally:
            host.agent.end()


def test_job_files_wait_for_room_and_run_once(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with mounted(tmp_path / "disk") as disk:
        host = JobsHost(disk)
        host.folder = work
        host.begin()
        try:
            path = disk / "jobs.d/a.json"
            script = {"command": "echo x >> a"}
            job = {"name": "a", "type": "script", "path": str(work), "script": script}
            path.write_text(json.dumps(job))
            until(lambda: host.count("a") == 1, LONG_SEC)
            (disk / "jobs.d/b.json").write_text(json.dumps({**job, "name": "b"}))
            other = fill(disk)
            until(
                lambda: host.count("a") == 2 or "  queued" in host.command("jobs", "ls"), LONG_SEC
            )
            host.agent.kill()
            host.begin()
            other.unlink()
            until(lambda: host.count("a") == 2, LONG_SEC)
            host.until_state("b", "finished")
            host.until_state("a", "finished")
            assert host.count("a") == 2
        finally:
            host.agent.end()
