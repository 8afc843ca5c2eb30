"""Microservices from a REST call to a container and back, on a real engine."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.container_engine import IMAGE, ContainerEngine, running
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, forepost, until

pytestmark = pytest.mark.timeout(300)
LONG_SEC = 60
ASKS = """
printf 'GET /v2/control/socket/id/%s HTTP/1.1\\r\\nHost: iofog:54321\\r\\nUpgrade: websocket\\r\\n\
Connection: Upgrade\\r\\nSec-WebSocket-Version: 13\\r\\n\
Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n' "$SELFNAME" > /tmp/hello
(cat /tmp/hello; sleep 600) | nc iofog 54321 > /tmp/said &
trap exit TERM
while true; do
  config=$(wget -q -O - --header 'Content-Type: application/json' \
    --post-data "{\\"id\\": \\"$SELFNAME\\"}" http://iofog:54321/v2/config/get 2>&1)
  told=$(tail -c 3 /tmp/said | od -An -tx1)
  [ "$config$told" = "$before" ] || echo "$config told$told"
  before="$config$told"
  sleep 0.2 & wait $!
done
"""
"""A microservice that says what its configuration is, and what its control socket said last."""


@dataclass
class Place:
    engine: ContainerEngine
    controller: ControllerProcess
    person: Person
    workspace: int
    agent: NewAgent
    process: AgentProcess

    def deploy(self, **body: Any) -> Any:
        wanted = {"image": IMAGE, "agents": [self.agent.id], **body}
        return self.person.call("POST", self.path(), wanted, status=201)

    def path(self, *parts: object) -> str:
        return "/".join(map(str, [f"/workspaces/{self.workspace}/microservices", *parts]))

    def logs(self, uuid: str) -> list[str]:
        """What its container wrote, as the engine has it."""
        for one in self.engine.containers(f"org.forepost.microservice={uuid}"):
            params = {"stdout": "1", "stderr": "1"}
            text = self.engine.ask("GET", f"/containers/{one['Id']}/logs", params=params)
            return [line[8:] for line in str(text).splitlines()]
        return []

    def state(self, number: int) -> Any:
        [found] = self.person.call("GET", self.path(number))["agents"]
        return found

    def is_current(self, number: int) -> bool:
        return bool(self.state(number)["state"] == "current")

    def told(self) -> str:
        return json.dumps(self.person.call("GET", self.path())) + self.process.output[-3_000:]


@pytest.fixture(scope="module")
def engine() -> Iterator[ContainerEngine]:
    with running() as engine:
        yield engine


@pytest.fixture
def place(
    engine: ContainerEngine, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Place]:
    """Parameters are settings of the agent."""
    with engine.place.inside():
        controller = ControllerProcess(tmp_path / "controller").start()
        person = controller.person()
        workspace = person.workspace("w")
        agent = person.agent(workspace)
        process = AgentProcess(
            tmp_path / "agent",
            controller.url,
            agent,
            FOREPOST_WORKLOADS__ENGINE="docker",
            FOREPOST_WORKLOADS__DOCKER_URL=engine.url,
            **getattr(request, "param", {}),
        ).start()
        try:
            yield Place(engine, controller, person, workspace, agent, process)
        finally:
            process.end()
            controller.end()
            engine.clear()


def test_a_container_gets_its_config_is_told_of_a_change_and_reads_the_new_one(
    place: Place,
) -> None:
    made = place.deploy(name="asks", cmd=["sh", "-c", ASKS], config={"k": 1})
    number, uuid = made["id"], made["uuid"]
    until(lambda: place.is_current(number), LONG_SEC, place.told)
    first = json.dumps({"status": "okay", "config": '{"k":1}'}, separators=(",", ":"))
    until(lambda: any(first in line for line in place.logs(uuid)), LONG_SEC, place.told)
    before = {one["Id"] for one in place.engine.containers()}
    place.person.call("PATCH", place.path(number), {"config": {"k": 2}})
    second = first.replace("1}", "2}")
    until(
        lambda: any(second in line and "82 01 0c" in line for line in place.logs(uuid)),
        LONG_SEC,
        lambda: "\n".join(place.logs(uuid)),
    )
    assert {one["Id"] for one in place.engine.containers()} == before
    place.person.call("DELETE", place.path(number))
    until(lambda: place.engine.containers() == [], LONG_SEC, place.told)


@pytest.mark.parametrize("place", [{"FOREPOST_LOCAL_API__CONTAINERS": "token"}], indirect=True)
def test_where_tokens_count_each_container_has_its_own(place: Place) -> None:
    script = """
    asks() { wget -q -O - --header 'Content-Type: application/json' "$@" 2>&1 \\
      --post-data "{\\"id\\": \\"$SELFNAME\\"}" http://iofog:54321/v2/config/get; echo; }
    asks --header "Authorization: $FOREPOST_TOKEN"
    asks
    sleep 1000
    """
    made = place.deploy(name="asks", cmd=["sh", "-c", script], config={"k": 1})
    until(lambda: len(place.logs(made["uuid"])) >= 2, LONG_SEC, place.told)
    first, second = [line for line in place.logs(made["uuid"]) if line][:2]
    assert '"config":"{\\"k\\":1}"' in first
    assert "401" in second


def test_after_a_reboot_without_a_controller_it_is_back(place: Place) -> None:
    made = place.deploy(name="stays")
    until(lambda: place.is_current(made["id"]), LONG_SEC, place.told)
    place.controller.stop()
    place.process.kill()
    place.engine.lose_power()
    place.engine.start()
    place.process.start()

    def runs() -> bool:
        return [one["State"] for one in place.engine.containers()] == ["running"]

    until(runs, LONG_SEC, lambda: place.process.output[-3_000:])


def test_a_list_that_is_lost_is_not_taken_for_an_empty_one(place: Place) -> None:
    """What was wanted is damaged on disk, and there is no controller to say it again."""
    made = place.deploy(name="stays")
    until(lambda: place.is_current(made["id"]), LONG_SEC, place.told)
    before = place.engine.containers()
    place.controller.stop()
    place.process.stop()
    (place.process.folder / "wanted-workloads.json").write_bytes(b"spoilt")
    place.process.start()
    until(lambda: "not known whether it is wanted" in says(place, "ms", "ls", "--json"), LONG_SEC)
    assert [one["Id"] for one in place.engine.containers()] == [before[0]["Id"]]
    place.controller.start()
    until(lambda: place.is_current(made["id"]), LONG_SEC, place.told)
    assert [one["Id"] for one in place.engine.containers()] == [before[0]["Id"]]


def test_what_the_site_does_not_allow_is_refused_and_says_why(place: Place) -> None:
    made = place.deploy(name="root", privileged=True)

    def is_refused() -> bool:
        found = place.state(made["id"])
        return found["state"] == "refused" and "workloads.allow_privileged" in found["reason"]

    until(is_refused, LONG_SEC, place.told)
    assert place.engine.containers() == []


def test_an_agent_that_is_deprovisioned_runs_nothing_of_its_controller(place: Place) -> None:
    made = place.deploy(name="goes", volumes=[{"source": "kept", "target": "/kept"}])
    until(lambda: place.is_current(made["id"]), LONG_SEC, place.told)
    own = {"uuid": "own", "image": IMAGE}
    (place.process.folder / "workloads.d/own.json").write_text(json.dumps(own))
    until(lambda: len(place.engine.containers()) == 2, LONG_SEC, place.told)
    says(place, "deprovision")
    assert "not told that this agent leaves" not in place.process.output

    def labels() -> list[str]:
        found = place.engine.containers()
        return [one["Labels"]["org.forepost.microservice"] for one in found]

    until(lambda: labels() == ["own"], LONG_SEC, place.told)
    volumes = place.engine.ask("GET", "/volumes")["Volumes"]
    assert "kept" in {one["Name"] for one in volumes}
    path = f"/workspaces/{place.workspace}/agents/{place.agent.id}"
    key = place.person.call("POST", f"{path}/provisioning-key", {})["key"]
    until((place.process.folder / "control.sock").exists, LONG_SEC, place.told)
    assert "provisioned as" in says(place, "provision", key, "--url", place.controller.url)
    until(lambda: set(labels()) == {"own", made["uuid"]}, LONG_SEC, place.told)


def says(place: Place, *words: str) -> str:
    """What `forepost` prints, once the agent that begins anew answers."""
    where = ("--state-dir", str(place.process.folder))
    done: list[subprocess.CompletedProcess[str]] = []

    def answers() -> bool:
        done[:] = [forepost(*words, *where)]
        return done[0].returncode == 0

    until(answers, LONG_SEC, lambda: f"{done[0].stderr}\n{place.process.output[-3_000:]}")
    return done[0].stdout
