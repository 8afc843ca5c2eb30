"""The line to the controller: not in the clear unless it is said, and to the key that is pinned."""

import json
from pathlib import Path

import pytest

from tests.cli.test_join import made
from tests.running import AgentProcess, ControllerProcess, NewAgent, forepost, until
from tests.tls_front import Front

WHERE = ("--workspace", "1", "--agent", "1", "--pin", "123456")


def test_a_key_goes_over_no_plain_line_unless_it_is_said(tmp_path: Path) -> None:
    files = ("--config", str(tmp_path / "agent.toml"), "--state-dir", str(tmp_path / "state"))
    refused = forepost("join", "http://198.18.0.1:9", *WHERE, *files)
    assert refused.returncode == 2
    assert "set uplink.allow_plain = true (--allow-plain)" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    wrong = forepost("join", "https://198.18.0.1:9", *WHERE, *files, "--pin-sha256", "abc")
    assert wrong.returncode == 2
    assert "is not the SHA-256 of a public key" in wrong.stderr
    assert not (tmp_path / "agent.toml").exists()


def test_an_agent_keeps_silent_on_a_plain_line_and_says_so(tmp_path: Path) -> None:
    agent = AgentProcess(tmp_path / "agent", "http://198.18.0.1:9", NewAgent(1, 1, "secret"))
    del agent.env["FOREPOST_UPLINK__ALLOW_PLAIN"]
    agent.start()
    try:
        status = until(agent.status, 10, lambda: agent.output)
        until(lambda: "uplink" in agent.status()["problems"], 5)
        status = agent.status()
        assert "set uplink.allow_plain = true" in status["problems"]["uplink"]
        assert status["plain"] is True
        shown = forepost("status", "--state-dir", str(agent.folder))
        assert "not encrypted" in " ".join(shown.stdout.split())
        assert agent.output.count("allow_plain") == 1
    finally:
        agent.end()


@pytest.mark.timeout(240)
def test_a_controller_is_known_by_its_pinned_key(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "controller").start()
    true, false = Front(tmp_path, "true"), Front(tmp_path, "false")
    try:
        person = controller.person()
        workspace = person.workspace("w")
        agent, pin = made(person, workspace)
        config, state = tmp_path / "agent.toml", tmp_path / "state"
        with true.before(controller.port) as port:
            url = f"https://127.0.0.1:{port}"
            told = (
                *("join", url, "--workspace", str(workspace), "--agent", str(agent)),
                *("--pin", pin, "--config", str(config), "--state-dir", str(state)),
            )
            unknown = forepost(*told)
            assert unknown.returncode == 1
            assert "of an authority that this host does not know" in unknown.stderr
            assert "--ca-file FILE" in unknown.stderr
            other = forepost(*told, "--pin-sha256", false.pin)
            assert other.returncode == 1
            assert "not the pinned one" in other.stderr
            joined = forepost(*told, "--pin-sha256", true.pin.upper())
            assert joined.returncode == 0, joined.stderr
            assert f'pin_sha256 = "{true.pin}"' in config.read_text()
            kept = (state / "identity.json").read_bytes().splitlines()[-1]  # after its checksum
            assert json.loads(kept)["pin_sha256"] == true.pin
            process = AgentProcess(state, url, NewAgent(workspace, agent, ""))
            process.arguments = ["-m", "forepost.agent", str(config)]
            process.env = {}
            process.start()
            until(process.drained, 10, lambda: process.output)
            assert process.status()["plain"] is False
        try:
            with false.before(controller.port, at=port):
                until(lambda: "not the pinned one" in str(process.status()["problems"]), 15)
                assert not process.status()["connected"]
            with true.before(controller.port, at=port):
                until(lambda: process.status()["connected"], 20, lambda: process.output)
        finally:
            process.end()
    finally:
        controller.end()
