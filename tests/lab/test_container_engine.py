"""The engine of the lab is a real one: it can be killed, and nothing of it stays."""

from pathlib import Path

import psutil

from tests.lab.container_engine import BRIDGE, IMAGE, WAITS, ContainerEngine, running
from tests.running import until


def put(engine: ContainerEngine, name: str, *command: str, **host: object) -> str:
    body = {"Image": IMAGE, "Cmd": command or WAITS, "HostConfig": host}
    made = engine.ask("POST", "/containers/create", params={"name": name}, json=body)
    engine.ask("POST", f"/containers/{made['Id']}/start")
    return str(made["Id"])


def test_containers_come_back_after_a_loss_of_power_and_nothing_is_left_at_the_end() -> None:
    with running() as engine:
        put(engine, "one", RestartPolicy={"Name": "unless-stopped"})
        put(engine, "two")
        facts = engine.ask("GET", "/containers/one/json")
        assert facts["NetworkSettings"]["Gateway"] == BRIDGE
        engine.kill()
        assert psutil.pid_exists(facts["State"]["Pid"])
        engine.start()
        assert [one["State"] for one in engine.containers()] == ["exited", "exited"]
        engine.ask("POST", "/containers/one/start")
        engine.lose_power()
        engine.start()

        def runs() -> set[str]:
            found = engine.containers()
            return {name for one in found if one["State"] == "running" for name in one["Names"]}

        until(lambda: runs() == {"/one"}, 30, runs)
        folder, group = engine.folder, engine.group
    assert not folder.exists()
    assert str(folder) not in Path("/proc/self/mounts").read_text()
    assert not list(Path("/sys/fs/cgroup").glob(f"*/{group}"))
    words = [word for one in psutil.process_iter(["cmdline"]) for word in one.info["cmdline"] or ()]
    assert not [word for word in words if str(folder) in word]


def test_an_engine_that_is_cleared_has_no_containers(docker: ContainerEngine) -> None:
    put(docker, "one")
    assert [one["Names"] for one in docker.containers()] == [["/one"]]
    docker.clear()
    assert docker.containers() == []
