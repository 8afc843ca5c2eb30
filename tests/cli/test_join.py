"""`forepost join`, and an agent that enrols by the PIN of its settings."""

import os
from pathlib import Path

import pytest

from tests.free_ports import free_port
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, forepost, until


@pytest.fixture
def controller(tmp_path: Path) -> ControllerProcess:
    return ControllerProcess(tmp_path / "controller")


def made(person: Person, workspace: int) -> tuple[int, str]:
    body = {"name": "edge", "pinTTLSeconds": 600}
    answer = person.call("POST", f"/workspaces/{workspace}/agents", body, status=201)
    return answer["agent"]["id"], answer["pin"]


def test_a_host_joins_and_its_agent_runs(controller: ControllerProcess, tmp_path: Path) -> None:
    controller.start()
    try:
        person = controller.person()
        workspace = person.workspace("w")
        agent, pin = made(person, workspace)
        config, state = tmp_path / "etc/agent.toml", tmp_path / "state"
        told = ("--workspace", str(workspace), "--agent", str(agent), "--config", str(config))
        wrong = forepost("join", controller.url, *told, "--pin", "000", "--state-dir", str(state))
        assert wrong.returncode == 1
        assert "is the PIN right, unused and not expired?" in wrong.stderr
        assert not config.exists()
        beside = os.path.relpath(state)
        good = forepost("join", controller.url, *told, "--pin", pin, "--state-dir", beside)
        assert good.returncode == 0, good.stderr
        # whoever starts the agent does so from another folder
        assert f'state_dir = "{state}"' in config.read_text()
        assert str(config) in good.stdout
        assert (state / "identity.json").stat().st_mode & 0o777 == 0o600
        again = forepost("join", controller.url, *told, "--pin", pin, "--state-dir", str(state))
        assert again.returncode == 0
        assert (
            f"is agent {agent} of workspace {workspace} at {controller.url} already" in again.stdout
        )
        process = AgentProcess(state, controller.url, NewAgent(workspace, agent, ""))
        process.arguments = ["-m", "forepost.agent", str(config)]
        process.env = {}
        process.start()
        try:
            until(process.drained, 10, lambda: process.output)
            status = forepost("status", "--state-dir", str(state))
            assert status.returncode == 0, status.stderr
            assert "connected" in status.stdout
        finally:
            process.end()
    finally:
        controller.end()
    gone = forepost("status", "--state-dir", str(state))
    assert gone.returncode == 3


def test_an_agent_enrols_by_the_pin_of_its_settings_and_keeps_trying(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    controller.start()
    try:
        person = controller.person()
        workspace = person.workspace("w")
        agent, pin = made(person, workspace)
        state = tmp_path / "state"
        process = AgentProcess(
            state, controller.url, NewAgent(workspace, agent, ""), FOREPOST_UPLINK__PIN="000000"
        )
        (state / "identity.json").unlink()
        process.start()
        try:
            until(lambda: "is the PIN right" in process.output, 10, lambda: process.output)
            assert process.status()["problems"]["uplink"]
            process.stop()
            process.env["FOREPOST_UPLINK__PIN"] = pin
            process.start()
            until(process.drained, 10, lambda: process.output)
            assert (state / "identity.json").stat().st_mode & 0o777 == 0o600
        finally:
            process.end()
    finally:
        controller.end()


def test_an_agent_whose_key_was_ended_measures_on_and_joins_again(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    """The operator's button loses nothing: what is measured meanwhile comes with the new key."""
    controller.start()
    try:
        person = controller.person()
        agent = person.agent(person.workspace("w"))
        probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1)
        state = tmp_path / "state"
        process = AgentProcess(state, controller.url, agent)
        process.start()
        try:
            until(lambda: person.results(agent, probe), 10, lambda: process.output)
            one = f"/workspaces/{agent.workspace}/agents/{agent.id}"
            pin = person.call("POST", f"{one}/regenerate")["pin"]
            until(lambda: not process.status()["connected"], 5)
            before = len(person.results(agent, probe))
            until(lambda: process.status()["spool"]["pending"] >= 2, 10)
            assert "invalid psk" in process.status()["problems"]["controller"]
            assert len(person.results(agent, probe)) == before
            told = ("--workspace", str(agent.workspace), "--agent", str(agent.id), "--pin", pin)
            files = ("--config", str(tmp_path / "agent.toml"), "--state-dir", str(state))
            joined = forepost("join", controller.url, *told, *files)
            assert joined.returncode == 0, joined.stderr
            process.stop()
            process.start()
            until(lambda: len(person.results(agent, probe)) >= before + 2, 10)
            assert until(process.status, 10)["spool"]["lost"] == 0
        finally:
            process.end()
    finally:
        controller.end()


def test_an_agent_that_is_deleted_stops_and_keeps_its_files(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    controller.start()
    try:
        person = controller.person()
        agent = person.agent(person.workspace("w"))
        process = AgentProcess(tmp_path / "state", controller.url, agent)
        process.start()
        try:
            until(process.drained, 10, lambda: process.output)
            person.call("DELETE", f"/workspaces/{agent.workspace}/agents/{agent.id}")
            until(lambda: not process.status()["probes"], 10, lambda: process.output)
            told = until(lambda: process.status()["problems"].get("controller"), 10)
            assert "has removed this agent" in told
            assert (process.folder / "identity.json.retired").exists()
            assert (process.folder / "spool").is_dir()
        finally:
            process.end()
    finally:
        controller.end()


def test_a_host_that_becomes_another_agent_forgets_what_was_wanted_of_the_first(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    """Its results would be taken for those of the other one's probes."""
    controller.start()
    try:
        person = controller.person()
        workspace = person.workspace("w")
        state = tmp_path / "state"
        files = ("--config", str(tmp_path / "agent.toml"), "--state-dir", str(state))
        names = ("wanted-probes.json", "wanted.json", "keys.json")

        def join(agent: int, pin: str) -> list[bool]:
            told = ("--workspace", str(workspace), "--agent", str(agent), "--pin", pin)
            done = forepost("join", controller.url, *told, *files, "--replace")
            assert done.returncode == 0, done.stderr
            return [(state / name).exists() for name in names]

        first, pin = made(person, workspace)
        assert join(first, pin) == [False] * 3
        for name in names:
            (state / name).write_text("[]")
        path = f"/workspaces/{workspace}/agents/{first}/issue-pin"
        again = person.call("POST", path, {})["pin"]
        assert join(first, again) == [True] * 3  # a new key of the same agent
        assert join(*made(person, workspace)) == [False] * 3
    finally:
        controller.end()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["join", "ftp://x", "--workspace", "1", "--agent", "1", "--pin", "1"],
            "is not the address",
        ),
        (["join", "http://x", "--workspace", "0", "--agent", "1", "--pin", "1"], "workspace"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_use(arguments: list[str], said: str, tmp_path: Path) -> None:
    if arguments[0] == "join":
        arguments = [*arguments, "--state-dir", str(tmp_path), "--config", str(tmp_path / "c")]
    found = forepost(*arguments)
    assert found.returncode != 0
    assert said in found.stdout + found.stderr


@pytest.mark.parametrize("verb", ["controller", "agent"])
def test_wrong_settings_are_named_and_end_the_start(verb: str, tmp_path: Path) -> None:
    config = tmp_path / "wrong.toml"
    config.write_text("[node]\nnmae = 1\n[http]\nlisten = 1\n")
    found = forepost(verb, "--config", str(config))
    assert found.returncode == 2
    assert str(config) in found.stderr
    assert "unknown field" in found.stderr


def test_a_first_admin_without_a_password_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "controller.toml"
    config.write_text(
        f'[data]\ndir = "{tmp_path}/data"\n[admin]\nemail = "me@example.com"\n'
        f'[http]\nlisten = "127.0.0.1:{free_port()}"\n'
    )
    found = forepost("controller", "--config", str(config))
    assert found.returncode == 2
    assert "admin.password: needs at least 8 characters" in found.stderr


@pytest.mark.parametrize("size", [0, 31])
def test_a_short_key_of_tokens_is_refused_and_stays(tmp_path: Path, size: int) -> None:
    """An empty one signed tokens that anybody could make."""
    (tmp_path / "data").mkdir(mode=0o700)
    key = tmp_path / "data/jwt.key"
    key.write_bytes(b"k" * size)
    config = tmp_path / "controller.toml"
    listen = f"127.0.0.1:{free_port()}"
    config.write_text(f'[data]\ndir = "{tmp_path}/data"\n[http]\nlisten = "{listen}"\n')
    found = forepost("controller", "--config", str(config))
    assert found.returncode == 2
    assert f"{key}: has {size} bytes, and the key of tokens needs 32" in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
    assert key.read_bytes() == b"k" * size


def test_version() -> None:
    import forepost as package

    assert forepost("version").stdout.strip() == package.__version__
