"""What is changed at the controller is done by a running agent at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until


@pytest.fixture
def person(controller: ControllerProcess) -> Person:
    return controller.person()


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


@pytest.fixture
def process(
    controller: ControllerProcess, agent: NewAgent, tmp_path: Path
) -> Iterator[AgentProcess]:
    made = AgentProcess(tmp_path / "agent", controller.url, agent)
    made.start()
    until(made.drained, 10, lambda: made.output)
    yield made
    made.end()


def test_a_probe_is_added_edited_disabled_and_deleted(
    process: AgentProcess, person: Person, agent: NewAgent
) -> None:
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1)
    until(lambda: person.results(agent, probe), 10, lambda: process.output)
    person.call("PATCH", f"{path}/{probe}", {"count": 3, "replaceTargets": ["::1"]})

    def edited() -> bool:
        last = person.results(agent, probe)[-1]
        return bool(last["payload"]["packets_sent"] == 3 and last["target"] == "::1")

    until(edited, 10, lambda: process.output)
    person.call("PATCH", f"{path}/{probe}", {"enabled": False})
    until(lambda: process.status()["probes"] == 2, 5, lambda: str(process.status()))
    person.call("PATCH", f"{path}/{probe}", {"enabled": True})
    until(lambda: process.status()["probes"] == 3, 5, lambda: str(process.status()))
    person.call("DELETE", f"{path}/{probe}")
    until(lambda: process.status()["probes"] == 2, 5, lambda: str(process.status()))


def test_a_type_that_the_agent_cannot_run_costs_nothing_else(
    process: AgentProcess, person: Person, agent: NewAgent, controller: ControllerProcess
) -> None:
    strange = person.probe(agent, type="WEB", targets=["127.0.0.1"])
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1)
    until(lambda: person.results(agent, probe), 10, lambda: process.output)
    until(
        lambda: f"document probes: ['probe {strange}: type WEB']" in controller.output,
        5,
        lambda: controller.output,
    )


def test_a_name_that_nobody_knows_is_a_result_with_a_reason(
    process: AgentProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=["nobody.invalid"], interval_sec=1)
    row = until(lambda: person.results(agent, probe), 15, lambda: process.output)[0]
    assert row["payload"]["packets_sent"] == 0
    assert row["payload"]["error"]


def test_what_every_agent_says_of_its_host_is_there_without_a_probe(
    process: AgentProcess, person: Person, agent: NewAgent
) -> None:
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}"

    def both() -> list[Any]:
        found = [person.ask("GET", f"{path}/{kind}").json() for kind in ("sysinfo", "netinfo")]
        return found if all("payload" in row for row in found) else []

    sysinfo, netinfo = until(both, 15, lambda: process.output)
    for row, kind in ((sysinfo, "SYSINFO"), (netinfo, "NETINFO")):
        assert (row["probe_id"], row["agent_id"], row["type"]) == (0, agent.id, kind)
    assert sysinfo["payload"]["memoryInfo"]["total_bytes"] > 0
    assert netinfo["payload"]["public_address"] == "127.0.0.1"
    assert netinfo["payload"]["source"] == "controller"
