"""A controller that moves: its agents follow it, and nobody else."""

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_join import made
from tests.free_ports import free_port
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, forepost, until
from tests.tls_front import Front

pytestmark = pytest.mark.timeout(180)


class House:
    """A controller with one agent that measures, and where that keeps its things."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.controller = ControllerProcess(folder / "controller").start()
        self.person = self.controller.person()
        self.agent = self.person.agent(self.person.workspace("w"))
        self.probe = self.person.probe(
            self.agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1
        )
        self.process = AgentProcess(folder / "agent", self.controller.url, self.agent)

    def again(self, **env: str) -> None:
        """The agent with other settings."""
        self.process.end()
        self.process.env |= env
        self.process.start()

    def arrives(self, at: "Person | None" = None) -> None:
        """What is measured from now on."""
        person = at or self.person
        before = len(person.results(self.agent, self.probe))
        until(
            lambda: len(person.results(self.agent, self.probe)) > before + 1,
            25,
            lambda: f"{self.process.status()}\n{self.process.output}",
        )

    @property
    def identity(self) -> dict[str, Any]:
        text = (self.process.folder / "identity.json").read_text().splitlines()[-1]
        found: dict[str, Any] = json.loads(text)
        return found

    @property
    def at(self) -> str:
        return str((self.process.status() or {}).get("controller"))

    def problems(self) -> str:
        status = self.process.status()
        return str(status["problems"]) if status else ""

    def says(self, words: str) -> None:
        until(lambda: words in self.problems(), 25, lambda: f"{self.problems()!r}: no {words!r}")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    yield found
    found.process.end()
    found.controller.end()


def restarted(controller: ControllerProcess, port: int = 0, **env: str) -> None:
    controller.end()
    if port:
        controller.port = port
        controller.env["FOREPOST_HTTP__LISTEN"] = f"127.0.0.1:{port}"
    controller.env |= env
    controller.start()


def test_another_address_in_the_settings_needs_no_pin(house: House, tmp_path: Path) -> None:
    house.process.start()
    house.arrives()
    restarted(house.controller, free_port())
    house.again(FOREPOST_UPLINK__URL=house.controller.url)
    house.arrives()
    assert (house.identity["url"], house.identity["psk"]) == (house.controller.url, house.agent.psk)
    front = Front(tmp_path)
    with front.before(house.controller.port) as port:
        there = f"https://127.0.0.1:{port}"
        house.again(FOREPOST_UPLINK__URL=there, FOREPOST_UPLINK__PIN_SHA256=front.pin)
        house.arrives()
        assert (house.identity["url"], house.identity["psk"]) == (there, house.agent.psk)
        house.process.end()


def test_a_controller_that_does_not_know_it_says_so_and_nothing_is_lost(
    house: House, tmp_path: Path
) -> None:
    house.process.start()
    house.arrives()
    before = house.identity
    other = ControllerProcess(tmp_path / "other").start()
    try:
        person = other.person()
        house.again(FOREPOST_UPLINK__URL=other.url)
        words = f"the controller at {other.url} does not know this agent: issue a PIN"
        house.says(words)
        assert "forepost join" in house.problems()
        assert house.identity == before
        until(lambda: house.process.status()["spool"]["pending"] > 1, 20)
        house.again(FOREPOST_UPLINK__URL=house.controller.url)
        house.arrives()
        assert house.identity == before
        # And with a PIN of the other one, while the agent waits.
        house.again(FOREPOST_UPLINK__URL=other.url)
        house.says(words)
        workspace = person.workspace("w")
        assert workspace == house.agent.workspace
        number, pin = made(person, workspace)
        assert number == house.agent.id
        joined = forepost(
            *("join", other.url, "--workspace", str(workspace), "--agent", str(number)),
            *("--pin", pin, "--state-dir", str(house.process.folder)),
            *("--config", str(tmp_path / "agent.toml")),
        )
        assert joined.returncode == 0, joined.stderr
        until(lambda: house.process.status()["connected"], 60, house.problems)
        assert house.identity["url"] == other.url
    finally:
        house.process.end()
        other.end()


def test_an_agent_follows_its_controller_and_comes_back(house: House, tmp_path: Path) -> None:
    """http:// on loopback, then https:// with an authority of the house, told by the controller."""
    front = Front(tmp_path)
    old = house.controller.url
    with front.before(house.controller.port) as port:
        new = f"https://127.0.0.1:{port}"
        restarted(house.controller, FOREPOST_UPLINK__MOVE_TO=new)
        house.again(FOREPOST_UPLINK__CA_FILE=str(front.ca_file))
        until(lambda: house.identity["url"] == new, 25, house.problems)
        house.arrives()
        assert house.process.status()["controller"] == new
        assert house.identity["home"] == old
        assert house.identity["psk"] == house.agent.psk
        house.again()  # its settings still say the old one
        house.arrives()
        assert house.process.status()["controller"] == new
    # The new address is gone, the old one is still there.
    until(lambda: house.at == old, 40, house.problems)
    house.says("going on at")
    house.arrives()
    assert (house.identity["url"], house.identity["home"]) == (old, "")
    with front.before(house.controller.port, at=port):
        house.again()
        until(lambda: house.at == new, 50, lambda: f"{house.problems()}\n{house.process.output}")
        house.again(FOREPOST_UPLINK__MAY_MOVE="false")  # the site has the last word
        until(lambda: house.at == old, 25, house.problems)
        house.arrives()
        house.process.end()


@pytest.mark.parametrize("where", ["nobody", "stranger", "unknown authority", "far and plain"])
def test_an_address_that_does_not_work_changes_nothing(
    house: House, tmp_path: Path, where: str
) -> None:
    other, front = ControllerProcess(tmp_path / "other"), Front(tmp_path)
    with front.before(house.controller.port) as port:
        to, words = {
            "nobody": ("http://127.0.0.1:9", "refused"),
            "stranger": (other.url, "it does not know this agent"),
            "unknown authority": (f"https://127.0.0.1:{port}", "unable to get local issuer"),
            "far and plain": ("http://198.18.0.9:80", "is not encrypted"),
        }[where]
        try:
            if where == "stranger":
                other.start()
                other.person()
            restarted(house.controller, FOREPOST_UPLINK__MOVE_TO=to)
            before = house.identity
            del house.process.env["FOREPOST_UPLINK__ALLOW_PLAIN"]
            house.process.start()
            house.says(words)
            house.arrives()
            assert house.identity == before
            assert house.process.status()["controller"] == house.controller.url
        finally:
            house.process.end()
            other.end()


def test_a_restored_controller_gives_no_number_twice_and_forgets_no_agent_in_silence(
    house: House, tmp_path: Path
) -> None:
    data = Path(house.controller.env["FOREPOST_DATA__DIR"])

    def command(verb: str) -> None:
        done = forepost(verb, str(tmp_path / "copy.tar"), "--data", str(data))
        assert done.returncode == 0, done.stderr

    command("backup")
    late = house.person.agent(house.agent.workspace, "late")
    probe = house.person.probe(late, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1)
    process = AgentProcess(tmp_path / "late", house.controller.url, late).start()
    try:
        until(lambda: house.person.results(late, probe), 20, lambda: process.output)
        house.controller.end()
        command("restore")
        house.controller.start()
        house.person = house.controller.person()
        words = f"the controller at {house.controller.url} does not know this agent"
        until(lambda: words in str(process.status()["problems"]), 40, lambda: process.output)
        assert "forepost join" in str(process.status()["problems"])
        assert process.status()["probes"] > 0  # it measures on
        assert (process.folder / "identity.json").exists()
        newer = house.person.agent(late.workspace, secrets.token_hex(4))
        made_probe = house.person.probe(newer, type="PING", targets=["127.0.0.1"])
        assert newer.id > late.id + 1_000
        assert made_probe > probe + 1_000
        assert process.child is not None
        assert process.child.poll() is None
    finally:
        process.end()
        shutil.rmtree(tmp_path / "late", ignore_errors=True)


def test_a_new_key_is_taken_up_without_a_restart(house: House, tmp_path: Path) -> None:
    house.process.start()
    house.arrives()
    one = f"/workspaces/{house.agent.workspace}/agents/{house.agent.id}"
    pin = house.person.call("POST", f"{one}/regenerate")["pin"]
    house.says("does not know this agent: issue a PIN")
    agent = NewAgent(house.agent.workspace, house.agent.id, "")
    joined = forepost(
        *("join", house.controller.url, "--workspace", str(agent.workspace)),
        *("--agent", str(agent.id), "--pin", pin, "--state-dir", str(house.process.folder)),
        *("--config", str(tmp_path / "agent.toml")),
    )
    assert joined.returncode == 0, joined.stderr
    house.arrives()
