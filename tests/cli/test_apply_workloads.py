"""Microservices and registries in the document of `forepost apply` and `forepost export`."""

from pathlib import Path

import pytest

from tests.cli.test_apply import Shell
from tests.controller.conftest import controller, person
from tests.running import Person

__all__ = ["controller", "person"]

SITE = """\
forepost: 1
agents:
  - {id: office, name: Office}
registries:
  - {id: ours, name: ours, url: hub.example, username: robot, password: s3cret-1}
microservices:
  - id: sensor
    name: sensor
    image: hub.example/sensor:1
    registry: ours
    cmd: [run, --password=s3cret-2]
    env: {TOKEN: s3cret-3, MODE: quick}
    limits: {memory_mb: 64}
    health: {test: [curl, s3cret-4], interval: 10}
    config: {key: s3cret-5, list: [1, {deep: true}]}
    agents: [office]
    rollout: {waves: [10, 100], gate_sec: 5}
  - {id: everywhere, name: everywhere, image: "hub.example/x:1", labels: {edge: true}}
"""


@pytest.fixture
def shell(tmp_path: Path, person: Person) -> Shell:
    made = Shell(tmp_path, person)
    made.site.write_text(SITE)
    return made


def steps(shell: Shell, *more: str) -> list[tuple[str, str, list[str]]]:
    found = shell.apply(*more)["steps"]
    return [(one["verb"], f"{one['kind']} {one['id']}", one["fields"]) for one in found]


def test_what_is_applied_is_there_and_a_second_time_nothing_is_done(
    shell: Shell, person: Person
) -> None:
    assert [one for _, one, _ in steps(shell)] == [
        "agent office",
        "registry ours",
        "microservice sensor",
        "microservice everywhere",
    ]
    assert steps(shell) == []
    path = f"/workspaces/{shell.workspace}/microservices"
    everywhere, sensor = person.call("GET", path)["data"]
    assert (sensor["name"], sensor["registry"], len(sensor["agent_ids"])) == ("sensor", "ours", 1)
    assert everywhere["labels"] == {"edge": True}

    exported = shell("export")
    assert exported.returncode == 0, exported.stderr
    assert "s3cret" not in exported.stdout
    assert "password" not in exported.stdout.replace("--password", "")
    shell.site.write_text(exported.stdout)
    assert steps(shell) == []

    changed = exported.stdout.replace("sensor:1", "sensor:2").replace("quick", "slow")
    shell.site.write_text(changed.replace("memory_mb: 64", "memory_mb: 32"))
    assert steps(shell) == [("change", "microservice sensor", ["image", "limits"])]
    found = person.call("GET", f"{path}/{sensor['id']}")
    assert (found["image"], found["env"]["TOKEN"]) == ("hub.example/sensor:2", "s3cret-3")
    assert found["config"] == {"key": "s3cret-5", "list": [1, {"deep": True}]}


def test_secrets_are_set_again_when_that_is_asked_for(shell: Shell, person: Person) -> None:
    shell.apply()
    assert steps(shell, "--secrets") == [("change", "registry ours", ["password"])]
    moved = SITE.replace("url: hub.example", "url: hub2.example")
    shell.site.write_text(moved.replace(", password: s3cret-1", ""))
    refused = shell("apply", "-f", str(shell.site))
    assert refused.returncode == 1
    assert "password: has to be said again for another url" in refused.stderr
    shell.site.write_text(moved)
    assert steps(shell) == [("change", "registry ours", ["url", "password"])]


def test_what_is_hidden_makes_nothing_new_and_prune_takes_what_is_not_wanted(
    shell: Shell, person: Person
) -> None:
    shell.site.write_text(SITE.replace("s3cret-3", "'***'"))
    refused = shell("apply", "-f", str(shell.site))
    assert refused.returncode == 2
    assert "is hidden in the document" in refused.stderr
    shell.site.write_text(SITE)
    shell.apply()
    shell.site.write_text("forepost: 1\nagents: [{id: office, name: Office}]\n")
    assert [one for _, one, _ in steps(shell, "--prune")] == [
        "microservice everywhere",
        "microservice sensor",
        "registry ours",
    ]
    shell.site.write_text("forepost: 1\nmicroservices: [{id: a, name: a, agents: [nobody]}]\n")
    refused = shell("apply", "-f", str(shell.site))
    assert "microservice a: agents: there is no agent 'nobody'" in refused.stderr
