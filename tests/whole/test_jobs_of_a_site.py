"""Jobs of an agent that runs, without a controller: the command, kill -9, restarts, the API."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.free_ports import free_port
from tests.lonely import LonelyAgent
from tests.running import forepost, until

pytestmark = pytest.mark.timeout(240)
LONG_SEC = 60


class JobsHost:
    def __init__(self, folder: Path, **more: str) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "jobs.d").mkdir()
        self.agent = LonelyAgent(
            folder / "agent",
            FOREPOST_JOBS__DIR=str(folder / "jobs.d"),
            FOREPOST_JOBS__ALLOW_SCRIPTS="true",
            FOREPOST_AGENT_API__CLIENT_API_ENABLED="true",
            FOREPOST_AGENT_API__CLIENT_API_PORT=str(self.port),
        )
        self.agent.env |= more

    def command(self, *words: str, status: int = 0, stdin: str = "") -> str:
        state_dir = ("--state-dir", str(self.agent.folder / "state"))
        done = forepost(*words, *state_dir, typed=stdin)
        assert done.returncode == status, (words, done.stdout, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def run(self, name: str, command: str, **script: Any) -> str:
        job = {
            "name": name, "type": "script", "path": str(self.folder),
            "script": {"command": command, **script},
        }  # fmt: skip
        return self.command("jobs", "run", "-", stdin=json.dumps(job, indent=2)).strip()

    def state(self, run: str) -> str:
        return str(json.loads(self.command("jobs", "show", run, "--json"))["state"])

    def until_state(self, run: str, state: str) -> None:
        until(lambda: self.state(run) == state, LONG_SEC, self.agent.log.read_text)

    def ask(self, method: str, path: str, body: str | None = None) -> Any:
        """None: it begins anew."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request("GET", "/api/v3/token")
            token = json.loads(line.getresponse().read())["token"]
            line.request(method, f"{path}{'&' if '?' in path else '?'}token={token}", body)
            return json.loads(line.getresponse().read())
        except OSError:
            return None
        finally:
            line.close()

    def begin(self) -> None:
        self.agent.start()
        until(lambda: self.ask("GET", "/api/v3/client"), LONG_SEC, self.agent.log.read_text)

    @property
    def sleeps(self) -> list[int]:
        found = []
        for one in psutil.process_iter():
            try:
                if one.name() == "sleep" and one.cwd() == str(self.folder):
                    found.append(one.pid)
            except psutil.Error:
                continue
        return found

    def count(self, name: str) -> int:
        path = self.folder / name
        return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture
def host(tmp_path: Path) -> Iterator[JobsHost]:
    made = JobsHost(tmp_path)
    made.begin()
    try:
        yield made
    finally:
        made.agent.end()


def test_an_agent_that_is_killed_in_the_middle_of_a_script(host: JobsHost) -> None:
    once = host.run("once", "echo x >> once; setsid sleep 1000 & sleep 1000")
    again = host.run("again", "echo x >> again; test -e go || sleep 1000", again=True)
    until(lambda: host.count("once") == host.count("again") == 1, LONG_SEC)
    until(lambda: len(host.sleeps) == 3, LONG_SEC)
    host.agent.kill()
    until(lambda: host.sleeps == [], LONG_SEC)
    (host.folder / "go").touch()
    host.begin()
    host.until_state(once, "interrupted")
    host.until_state(again, "finished")
    assert (host.count("once"), host.count("again")) == (1, 2)


def test_an_agent_that_ends_in_order_takes_its_scripts_along(host: JobsHost) -> None:
    run = host.run("a", "echo x >> a; setsid sleep 1000 & sleep 1000")
    until(lambda: len(host.sleeps) == 2, LONG_SEC)
    assert host.agent.stop() == 0
    assert host.sleeps == []
    host.begin()
    host.until_state(run, "interrupted")
    assert host.count("a") == 1


def test_the_command(host: JobsHost) -> None:
    first = host.run("a", "echo begun; sleep 1000")
    host.until_state(first, "started")
    second = host.run("a", "echo $TAG_SITE; exit 4")
    assert int(second) == int(first) + 1
    host.until_state(first, "canceled")
    host.until_state(second, "error")
    assert host.command("jobs", "logs", first) == "begun\n"
    assert host.command("tag", "SITE=north") == "SITE=north\n"
    third = host.command("jobs", "retry", second).strip()
    host.until_state(third, "error")
    assert host.command("jobs", "logs", "-f", "a") == "north\n"
    shown = host.command("jobs", "show", third)
    assert "reason: exit code 4" in shown
    listed = host.command("jobs", "ls")
    assert listed.startswith("deviceid ")
    assert listed.count("exit code 4") == 2
    assert json.loads(host.command("jobs", "ls", "--json"))["paused"] is False
    assert "no such run" in host.command("jobs", "show", "nope", status=1)
    assert "it is over" in host.command("jobs", "cancel", third, status=1)
    assert "nothing holds it" in host.command("jobs", "confirm", third, status=1)
    assert "name" in host.command("jobs", "run", "-", status=1, stdin='{"type": "script"}')
    assert "not JSON" in host.command("jobs", "run", "-", status=1, stdin="{")
    for job, reason in (
        ({"type": "folder", "path": "/srv/%NOWHERE%"}, "path: this agent has no tag or macro"),
        ({"type": "folder", "path": str(host.agent.folder / "state")}, "path: "),
        ({"script": {"command": "true", "user": "no-such-user"}}, "user: there is no no-such-user"),
        ({"type": "mirror"}, "type: invalid enum value 'mirror': not one of consolidation,"),
    ):
        wrong = json.dumps({"name": "wrong", "type": "script", **job})
        assert reason in host.command("jobs", "run", "-", status=1, stdin=wrong)
    assert '"wrong"' not in host.command("jobs", "ls", "--json")
    assert "NAME=VALUE" in host.command("tag", "SITE", status=1)
    assert "name" in host.command("tag", "site=1", status=1)
    status = json.loads(host.command("status", "--json"))["jobs"]
    assert (status["ended"], status["paused"], status["under_way"]) == (3, False, 0)
    host.agent.stop()
    host.command("jobs", "ls", status=3)


def test_what_is_followed_comes_as_it_is_written(host: JobsHost) -> None:
    run = host.run("a", "echo one; until [ -e go ]; do sleep 0.1; done; echo two")
    state_dir = str(host.agent.folder / "state")
    follower = subprocess.Popen(
        [sys.executable, "-m", "forepost.cli.main", "jobs", "logs", "-f", run,
         "--state-dir", state_dir],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert follower.stdout is not None
    assert follower.stdout.readline() == "one\n"
    (host.folder / "go").touch()
    assert follower.communicate(timeout=LONG_SEC)[0] == "two\n"


def test_a_pause_survives_kill_and_restart_and_begins_no_script(host: JobsHost) -> None:
    host.command("jobs", "pause", "--for", "3600")
    host.agent.kill()
    host.begin()
    assert host.ask("GET", "/api/v3/client")["paused"] is True
    run = host.run("a", "echo x >> a")
    assert "paused until" in host.command("jobs", "ls")
    assert host.ask("PATCH", "/api/v3/client", '{"restart": true}') == {}
    pid = host.agent.pid
    assert host.agent.child is not None
    until(lambda: host.ask("GET", "/api/v3/client") is not None, LONG_SEC)
    assert psutil.pid_exists(pid)
    assert host.ask("GET", "/api/v3/client")["paused"] is True
    assert host.state(run) == "queued"
    assert host.count("a") == 0
    host.command("jobs", "resume")
    host.until_state(run, "finished")


def test_a_run_that_was_taken_is_made_whatever_comes(host: JobsHost) -> None:
    host.command("jobs", "pause")
    run = host.run("a", "echo x >> a")
    host.agent.kill()
    host.begin()
    host.command("jobs", "resume")
    host.until_state(run, "finished")
    host.agent.kill()
    host.begin()
    assert host.state(run) == "finished"
    assert host.count("a") == 1
