"""Every death between a PIN and its key: the same `forepost join` again ends with one agent."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.cli.test_join import made
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, forepost, until

DYING = """
import os, re, signal, sys
what, where = sys.argv[1], re.compile(sys.argv[2])
def hook(event, given):
    if event == what and any(where.search(str(one)) for one in given[:2]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
sys.argv = ["forepost", *sys.argv[3:]]
from forepost.cli.main import main
main()
"""
"""`forepost`, killed as it begins to do this with a file of this name."""
BEFORE_THE_WRITE = ("open", r"/\.identity\.json\.\d+\.new$")
BEFORE_THE_RENAME = ("os.rename", r"/\.identity\.json\.\d+\.new$")
AFTER_THE_KEY = ("os.remove", r"/enrolment\.json$")
BEFORE_THE_SETTINGS = ("open", r"/\.agent\.toml\.\d+\.new$")


class Place:
    """A host that is to be an agent."""

    def __init__(self, controller: ControllerProcess, person: Person, folder: Path) -> None:
        self.controller, self.person = controller, person
        self.workspace = person.workspace(folder.name)
        self.agent, self.pin = made(person, self.workspace)
        self.config, self.state = folder / "agent.toml", folder / "state"

    def told(self, url: str = "", pin: str = "") -> list[str]:
        where = ["--workspace", str(self.workspace), "--agent", str(self.agent)]
        files = ["--config", str(self.config), "--state-dir", str(self.state)]
        return ["join", url or self.controller.url, *where, "--pin", pin or self.pin, *files]

    @property
    def identity(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads((self.state / "identity.json").read_text().split("\n")[1])
        return kept

    def is_joined(self) -> bool:
        """The key that is kept is the agent's, of which there is one."""
        listed = self.person.call("GET", f"/workspaces/{self.workspace}/agents")
        assert [one["id"] for one in listed["data"]] == [self.agent]
        assert listed["data"][0]["identity_conflict"] is None
        ids = {"workspace_id": self.workspace, "agent_id": self.agent}
        answer = httpx.post(
            f"{self.controller.url}/agent", json={**ids, "psk": self.identity["psk"]}, verify=False
        )
        return answer.status_code == 200 and self.config.exists()


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    yield process
    process.end()


@pytest.fixture
def place(controller: ControllerProcess, tmp_path: Path) -> Place:
    return Place(controller, controller.person(), tmp_path)


def pass_on(outer: socket.socket, asked: bytes, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as inner:
        inner.sendall(asked)
        while True:
            for ready in select.select([outer, inner], [], [], 15)[0] or [outer]:
                data = ready.recv(65_536)
                if not data:
                    return
                (inner if ready is outer else outer).sendall(data)


@contextmanager
def losing(port: int, *, after_the_answer: bool) -> Iterator[tuple[int, threading.Event]]:
    """A line whose far end has the PIN (or has answered it), and of which nothing comes back from
    then on; its port, and when it is so.
    """
    reached, over = threading.Event(), threading.Event()

    def trade(outer: socket.socket, asked: bytes) -> None:
        while b"nonce" not in asked and (data := outer.recv(65_536)):
            asked += data
        if after_the_answer:
            with socket.create_connection(("127.0.0.1", port)) as inner:
                inner.sendall(asked)
                got = b""
                while b'"psk"' not in got:
                    got += inner.recv(65_536)
        reached.set()
        over.wait(15)

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while not over.is_set():
                with suppress(OSError), listening.accept()[0] as outer:
                    asked = outer.recv(65_536)
                    if asked.startswith(b"POST"):
                        trade(outer, asked)
                    else:
                        pass_on(outer, asked, port)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1], reached
        finally:
            over.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("after_the_answer", [False, True])
def test_killed_while_the_answer_is_on_its_way(place: Place, *, after_the_answer: bool) -> None:
    with losing(place.controller.port, after_the_answer=after_the_answer) as (port, reached):
        child = subprocess.Popen(
            [sys.executable, "-m", "forepost.cli.main", *place.told(f"http://127.0.0.1:{port}")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert reached.wait(15)
        finally:
            child.kill()
            child.wait()
    assert not (place.state / "identity.json").exists()
    again = forepost(*place.told())
    assert again.returncode == 0, again.stderr
    assert place.is_joined()
    assert not (place.state / "enrolment.json").exists()


def test_a_line_that_breaks_is_said_and_tried_again(place: Place) -> None:
    with losing(place.controller.port, after_the_answer=True) as (port, reached):
        child = subprocess.Popen(
            [sys.executable, "-m", "forepost.cli.main", *place.told(f"http://127.0.0.1:{port}")],
            stderr=subprocess.PIPE,
            text=True,
        )
        was = reached.wait(15)
    _, said = child.communicate(timeout=45)
    assert was
    assert child.returncode == 1
    assert len(said.splitlines()) == 1
    assert forepost(*place.told()).returncode == 0
    assert place.is_joined()


@pytest.mark.parametrize(
    ("death", "disk"),
    [
        (BEFORE_THE_WRITE, "as it was"),
        (BEFORE_THE_RENAME, "as it was"),
        (BEFORE_THE_RENAME, "lost"),
        (BEFORE_THE_RENAME, "empty"),
        (AFTER_THE_KEY, "as it was"),
        (BEFORE_THE_SETTINGS, "as it was"),
    ],
)
def test_killed_while_the_key_is_written(place: Place, death: tuple[str, str], disk: str) -> None:
    """`disk`: what of files that were not synced is there after the power comes back."""
    child = [sys.executable, "-c", DYING, *death, *place.told()]
    killed = subprocess.run(child, capture_output=True, text=True, check=False, timeout=45)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    unsynced = [p for p in place.state.iterdir() if re.search(BEFORE_THE_RENAME[1], str(p))]
    assert bool(unsynced) == (death is BEFORE_THE_RENAME)
    for path in unsynced:
        if disk == "lost":
            path.unlink()
        elif disk == "empty":
            os.truncate(path, 0)
            path.replace(place.state / "identity.json")  # as some file systems leave it
    again = forepost(*place.told())
    assert again.returncode == 0, again.stderr
    assert place.is_joined()
    third = forepost(*place.told())
    assert third.returncode == 0
    assert "already, and no PIN was used" in third.stdout


def test_an_agent_whose_answer_was_lost_gets_its_key_by_itself(place: Place) -> None:
    """It has the PIN in its settings, and tries again."""
    agent = NewAgent(place.workspace, place.agent, "")
    with losing(place.controller.port, after_the_answer=True) as (port, reached):
        process = AgentProcess(
            place.state, f"http://127.0.0.1:{port}", agent, FOREPOST_UPLINK__PIN=place.pin
        )
        (place.state / "identity.json").unlink()
        process.start()
        try:
            assert reached.wait(15)
        finally:
            process.kill()
    process.env["FOREPOST_UPLINK__URL"] = place.controller.url
    process.start()
    try:
        until(process.drained, 20, lambda: process.output)
    finally:
        process.end()


def test_another_host_with_the_pin_gets_nothing(place: Place, tmp_path: Path) -> None:
    assert forepost(*place.told()).returncode == 0
    place.state = tmp_path / "other"
    refused = forepost(*place.told())
    assert refused.returncode == 1
    assert "is the PIN right" in refused.stderr


def test_no_pin_is_sent_where_the_key_or_the_settings_have_no_place(place: Place) -> None:
    place.state.mkdir()
    config, place.config = place.config, place.state.parent / "file" / "agent.toml"
    place.config.parent.touch()
    refused = forepost(*place.told())
    assert refused.returncode == 1
    assert "file" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    place.config = config
    (place.state / "identity.json").mkdir()  # nothing can take its place
    (place.state / "identity.json" / "x").touch()
    assert forepost(*place.told()).returncode == 1
    (place.state / "identity.json" / "x").unlink()
    (place.state / "identity.json").rmdir()
    assert not config.exists()
    assert forepost(*place.told()).returncode == 0
    assert place.is_joined()
