"""An agent that finds its files damaged says so, and does what it can without them."""

from collections.abc import Callable
from pathlib import Path

from forepost.kit.state_file import sealed
from tests.running import AgentProcess, ControllerProcess, NewAgent, until


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)


def test_a_damaged_list_is_set_aside_and_given_again(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1)
    process = AgentProcess(tmp_path / "agent", controller.url, agent)
    process.start()
    try:
        until(running(process), 15, lambda: process.output)
        process.stop()
        controller.kill()
        damage(process.folder / "wanted-probes.json")
        process.start()
        until(process.status, 10, lambda: process.output)
        assert process.status()["probes"] == 0
        assert (
            "set aside as wanted-probes.json.damaged"
            in process.status()["problems"]["wanted-probes.json"]
        )
        controller.start()
        until(running(process), 90, lambda: process.output)
        until(lambda: "wanted-probes.json" not in process.status()["problems"], 15)
    finally:
        process.end()


def running(process: AgentProcess) -> Callable[[], bool]:
    return lambda: bool((status := process.status()) and status["probes"])


def test_an_agent_that_lost_its_identity_never_enrols_by_itself(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    workspace = person.workspace("w")
    body = {"name": "edge", "pinTTLSeconds": 600}
    made = person.call("POST", f"/workspaces/{workspace}/agents", body, status=201)
    agent = NewAgent(workspace, made["agent"]["id"], "0" * 64)
    process = AgentProcess(
        tmp_path / "agent", controller.url, agent, FOREPOST_UPLINK__PIN=made["pin"]
    )
    path = process.folder / "identity.json"
    path.write_bytes(sealed(path.read_bytes()))
    damage(path)
    before = path.read_bytes()
    process.start()
    try:
        status = until(
            lambda: (found := process.status()) and found["problems"].get("uplink"),
            10,
            lambda: process.output,
        )
        assert "enrols nowhere by itself" in status
        assert "issue-pin" in status
        assert path.read_bytes() == before
        assert "Traceback" not in process.output
    finally:
        process.end()


def test_a_list_that_cannot_be_written_is_run_all_the_same(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1)
    process = AgentProcess(tmp_path / "agent", controller.url, agent)
    (process.folder / "wanted-probes.json" / "x").mkdir(parents=True)
    (process.folder / "wanted-probes.json.damaged").write_text("of before")
    process.start()
    try:
        until(running(process), 15, lambda: process.output)
        until(
            lambda: "cannot be written" in process.status()["problems"]["wanted-probes.json"],
            15,
            lambda: process.output,
        )
        (process.folder / "wanted-probes.json.damaged").unlink()
        (process.folder / "wanted-probes.json" / "x").rmdir()
        (process.folder / "wanted-probes.json").rmdir()
        until(lambda: "wanted-probes.json" not in process.status()["problems"], 12)
        assert (process.folder / "wanted-probes.json").is_file(), "when it can be, it is kept"
        until(process.drained, 15, lambda: f"{process.status()}\n{process.output}")
    finally:
        process.end()
