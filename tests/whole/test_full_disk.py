"""A full disk: results wait in the spool of their agent, and who comes to free it gets in."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from forepost.agent.edges.walk.stages import Walk
from tests.agent_socket import agent_socket
from tests.lab.small_disk import fill, mounted
from tests.running import ADMIN, AgentProcess, ControllerProcess, until


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk") as disk:
        yield disk


def ballast(disk: Path) -> Path:
    return disk / "c" / "data" / "ballast"


@pytest.mark.timeout(240)
def test_results_wait_and_the_operator_gets_in(small_disk: Path, tmp_path: Path) -> None:
    controller = ControllerProcess(small_disk / "c").start()
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, timeout_sec=1)
    process = AgentProcess(tmp_path / "agent", controller.url, agent).start()
    try:
        until(lambda: person.results(agent, probe), 15)
        assert ballast(small_disk).stat().st_size > 0
        other = fill(small_disk)
        until(lambda: "disk" in ready(controller), 5, lambda: str(ready(controller)))
        assert ready(controller)["disk"].endswith("results wait in the spools of their agents")
        kept = len(person.results(agent, probe))
        until(lambda: process.status()["spool"]["pending"] > 3, 15, lambda: process.output)
        assert len(person.results(agent, probe)) <= kept + 2, "what was on its way"
        look = Walk(controller.url, headers=agent.headers, step_sec=2).go()
        assert look.why_not.startswith("acknowledgement: no answer within 2 s"), look.why_not
        # Nothing at all is free but what the controller gave up for this.
        login = httpx.post(f"{controller.url}/auth/login", json=ADMIN, verify=False)
        assert login.status_code == 200, login.text
        assert not ballast(small_disk).exists()
        assert person.ask("DELETE", f"/workspaces/{agent.workspace}/agents/9").status_code == 404
        other.unlink()
        until(process.drained, 20, lambda: process.output)
        assert len(person.results(agent, probe)) >= kept + 3
        until(lambda: not ready(controller), 5, lambda: str(ready(controller)))
        assert process.status()["spool"]["lost"] == 0
    finally:
        process.end()
        controller.end()


@pytest.mark.timeout(240)
def test_where_nothing_is_left_the_answer_says_so(small_disk: Path) -> None:
    controller = ControllerProcess(small_disk / "c").start()
    try:
        person = controller.person()
        agent = person.agent(person.workspace("w"))
        fill(small_disk)
        until(lambda: not ballast(small_disk).exists(), 5)
        fill(small_disk, "more")
        large = {"name": "w2", "settings": {"a": "x" * 60_000}}
        answers = [
            person.ask("POST", "/workspaces", json={**large, "name": f"w{n}"}) for n in range(60)
        ]
        assert answers[-1].status_code == 507, answers[-1].text
        assert answers[-1].json()["error"].startswith("the controller's disk is full")
        assert person.call("GET", f"/workspaces/{agent.workspace}")["id"] == agent.workspace
        with agent_socket(controller, agent) as socket:
            assert socket.ask("ping", {}, "pong") == {"ok": True}
        assert "Traceback" not in controller.output, controller.output
    finally:
        controller.end()


def ready(controller: ControllerProcess) -> dict[str, str]:
    problems: dict[str, str] = (
        httpx.get(f"{controller.url}/readyz", verify=False).json().get("problems", {})
    )
    return problems
