"""An agent comes to a controller by a key while it runs, and leaves it, on both sides."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.free_ports import free_port
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, forepost, until

LONG_SEC = 60
NO_AGENT = 3
pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    yield process
    process.end()


class LoneAgent:
    """An agent that nobody has told of a controller, with a Local API."""

    def __init__(self, folder: Path) -> None:
        self.process = AgentProcess(folder, "", NewAgent(1, 1, "k"))
        (folder / "identity.json").unlink()
        self.process.env = {
            "FOREPOST_NODE__STATE_DIR": str(folder),
            "FOREPOST_LOCAL_API__ENABLED": "true",
            "FOREPOST_LOCAL_API__LISTEN": f"127.0.0.1:{free_port()}",
        }
        self.process.start()
        until((folder / "control.sock").exists, LONG_SEC, lambda: self.process.output)

    def says(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """What `forepost` answers, once an agent that begins anew is there again."""
        where = ("--state-dir", str(self.process.folder))
        done: list[subprocess.CompletedProcess[str]] = []

        def answers() -> bool:
            done[:] = [forepost(*words, *where)]
            return done[0].returncode != NO_AGENT

        until(answers, LONG_SEC, lambda: self.process.output)
        return done[0]

    def connected(self) -> bool:
        status = self.process.status()
        return bool(status and status["connected"])

    def agent(self) -> tuple[int, int]:
        status = self.process.status()
        return (status["workspace_id"], status["agent_id"]) if status else (0, 0)


@pytest.fixture
def lone(tmp_path: Path) -> Iterator[LoneAgent]:
    agent = LoneAgent(tmp_path / "agent")
    yield agent
    agent.process.end()


def new_agent(person: Person) -> tuple[Any, str]:
    """Its path, and a provisioning key."""
    workspace = person.workspace("w")
    made = person.call("POST", f"/workspaces/{workspace}/agents", {"name": "a"}, status=201)
    number = made["agent"]["id"]
    path = f"/workspaces/{workspace}/agents/{number}"
    return path, f"{workspace}-{number}-{made['pin']}"


def test_a_key_brings_it_there_and_deprovision_away_on_both_sides(
    controller: ControllerProcess, lone: LoneAgent
) -> None:
    person = controller.person()
    path, key = new_agent(person)
    done = lone.says("provision", key, "--url", controller.url)
    assert (done.returncode, done.stdout) == (0, f"provisioned as {key.rpartition('-')[0]}\n")
    until(lone.connected, LONG_SEC, lambda: lone.process.output)
    again = lone.says("provision", key, "--url", controller.url)
    assert again.returncode == 1
    assert "deprovision it first" in again.stderr
    lone.process.kill()
    lone.process.start()
    until(lone.connected, LONG_SEC, lambda: lone.process.output)
    assert lone.says("deprovision").stdout == "deprovisioned\n"
    until(lambda: lone.agent() == (0, 0), LONG_SEC, lambda: lone.process.output)
    assert lone.says("deprovision").returncode == 1
    spent = lone.says("provision", key, "--url", controller.url)
    assert spent.returncode == 1
    pin = person.call("POST", f"{path}/issue-pin", {})["pin"]
    key = f"{key.rpartition('-')[0]}-{pin}"
    assert lone.says("provision", key, "--url", controller.url).returncode == 0
    until(lone.connected, LONG_SEC, lambda: lone.process.output)


def test_what_does_not_work_changes_nothing(
    controller: ControllerProcess, lone: LoneAgent, tmp_path: Path
) -> None:
    for key, url, reason in (
        ("nonsense", controller.url, "Invalid Provisioning Key"),
        ("1-1-123456789", "", "is not set"),
        ("1-1-123456789", controller.url, "is the PIN right"),
        ("1-1-123456789", f"http://127.0.0.1:{free_port()}", "refused"),
    ):
        words = ["provision", key, *(["--url", url] if url else [])]
        refused = lone.says(*words)
        assert refused.returncode == 1, key
        assert reason in refused.stderr.replace("\n", " "), (key, url, refused.stderr)
    assert not (lone.process.folder / "provisioned.json").exists()
    assert json.loads(json.dumps(lone.process.status()))["problems"] == {}
