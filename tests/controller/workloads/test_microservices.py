"""Microservices of a workspace over REST: made, changed, refused, removed, given to agents."""

from typing import Any

import pytest

from tests.controller.workloads.ours import standing, workloads_agent
from tests.running import ControllerProcess, Person, until

pytestmark = pytest.mark.timeout(240)


def paths(person: Person) -> tuple[int, str]:
    workspace = person.workspace("w")
    return workspace, f"/workspaces/{workspace}/microservices"


def test_made_given_reported_changed_and_removed(
    controller: ControllerProcess, person: Person
) -> None:
    workspace, path = paths(person)
    agent = person.agent(workspace)
    body = {
        "name": "sensor",
        "image": "hub.example/sensor:1",
        "env": {"TOKEN": "of mine"},
        "ports": [{"internal": 80, "external": 8080}],
        "limits": {"memory_mb": 64},
        "config": {"rate": 3},
        "agents": [agent.id],
        "externalId": "sensor-1",
    }
    made = person.call("POST", path, body, status=201)
    one = f"{path}/{made['id']}"
    assert made["external_id"] == "sensor-1"
    assert (len(made["uuid"]), made["revision"]) == (32, 1)
    assert made["agent_ids"] == [agent.id]
    assert made["config"] == {"rate": 3}
    (row,) = made["agents"]
    assert (row["state"], row["status"]) == ("waiting", None)
    with workloads_agent(controller, agent) as ours:
        given = ours.takes()["sensor"]
        assert given["uuid"] == made["uuid"]
        assert given["env"] == {"TOKEN": "of mine"}
        assert given["config"] == {"rate": 3}
        assert {"agents", "external_id", "labels"}.isdisjoint(given)
        is_on_its_way = ("waiting", "the agent has not said yet what became of it")
        until(lambda: standing(person, one, agent) == is_on_its_way, 40)
        ours.reports(ours.status("sensor", state="PULLING", running="", percent=41.7))
        until(lambda: standing(person, one, agent) == ("waiting", "pulling (42 %)"), 40)
        ours.reports(ours.status("sensor", health="starting"))
        until(lambda: standing(person, one, agent) == ("waiting", "starting"), 40)
        ours.runs_all()
        until(lambda: standing(person, one, agent) == ("current", ""), 40)
        assert person.call("GET", one)["counts"] == {
            "current": 1,
            "waiting": 0,
            "refused": 0,
            "failing": 0,
        }

        changed = person.call("PATCH", one, {"config": {"rate": 4}})
        assert (changed["revision"], changed["env"]) == (2, {"TOKEN": "of mine"})
        assert changed["fingerprint"] == made["fingerprint"]
        assert ours.takes()["sensor"]["config"] == {"rate": 4}
        until(lambda: standing(person, one, agent) == ("current", ""), 40)

        person.call("PATCH", one, {"image": "hub.example/sensor:2"})
        ours.takes()
        until(lambda: standing(person, one, agent)[0] == "waiting", 40)
        problem = "no space on the device"
        ours.reports(ours.status("sensor", running="older", refused=True, problem=problem))
        until(lambda: standing(person, one, agent) == ("refused", problem), 40)
        (listed,) = person.call("GET", path)["data"]
        assert {"env", "cmd", "config"}.isdisjoint(listed)
        assert listed["counts"] == {"current": 0, "waiting": 0, "refused": 1, "failing": 0}

        documents = person.call("GET", f"/workspaces/{workspace}/documents?document=workloads")
        (row,) = documents["data"]
        assert (row["state"], row["revision"]) == ("current", ours.revision)
        person.call("DELETE", one)
        assert ours.takes() == {}
        person.call("GET", one, status=404)


def test_away_is_not_current_and_a_restart_forgets_nothing(tmp_path: Any) -> None:
    controller = ControllerProcess(tmp_path).start()
    try:
        person = controller.person()
        workspace, path = paths(person)
        agent = person.agent(workspace)
        made = person.call("POST", path, {"name": "a", "agents": [agent.id]}, status=201)
        one = f"{path}/{made['id']}"
        with workloads_agent(controller, agent) as ours:
            ours.takes()
            ours.runs_all()
            until(lambda: standing(person, one, agent) == ("current", ""), 40)
            revision = ours.revision
        away = ("waiting", "the agent is not connected")
        until(lambda: standing(person, one, agent) == away, 40)
        assert controller.stop() == 0
        controller.start()
        person = controller.person()
        assert standing(person, one, agent) == away
        (row,) = person.call("GET", one)["agents"]
        assert row["status"]["state"] == "RUNNING"
        with workloads_agent(controller, agent, has=revision):
            until(lambda: standing(person, one, agent) == ("current", ""), 40)
    finally:
        controller.end()


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"name": ""}, "name: "),
        ({"name": "a\nb"}, "name: "),
        ({"name": "a\0b"}, "body: has a NUL character"),
        ({"image": "a b"}, "image: "),
        ({"env": {"A=B": "1"}}, "env"),
        ({"env": {"A": 1}}, "env"),
        ({"ports": [{"internal": 0, "external": 1}]}, "ports[0].internal: "),
        ({"ports": [{"internal": 1, "external": 1, "ip": "0.0.0.0"}]}, "ports[0]: "),
        ({"ports": [{"internal": 1, "external": 1}] * 2}, "ports: two have"),
        ({"volumes": [{"source": "v", "target": "relative"}]}, "volumes[0].target: "),
        ({"limits": {"cpus": -1}}, "limits.cpus: "),
        ({"health": {"interval": 0}}, "health.interval: "),
        ({"privilegd": True}, "privilegd: did you mean privileged?"),
        ({"host_network": True}, "body: object contains unknown field `host_network`"),
        ({"uuid": "mine"}, "body: object contains unknown field `uuid`"),
        ({"config": {"a": "x" * (257 << 10)}}, "config: longer than"),
        ({"agents": [999_999]}, "agents: no agent 999999 in this workspace"),
        ({"agents": ["all"]}, "agents[0]: "),
        ({"labels": {"site": 1.5}}, "labels"),
        ({"labels": {"site": ["a"]}}, "labels"),
        ({"labels": {"site": "a"}, "agents": [1]}, "labels: either agents or labels"),
        ({"registry": "private"}, "registry: this workspace has no registry 'private'"),
        ({"rollout": {"waves": [50, 20, 100]}}, "rollout: waves: each is more than"),
        ({"rollout": {"waves": [50]}}, "rollout: waves: the last is 100"),
        ({"rollout": {"waves": []}}, "rollout.waves: "),
        ({"rollout": {"gate": 1}}, "rollout: "),
        ({"external_id": "x" * 201}, "external_id: "),
    ],
)
def test_what_is_wrong_is_named(
    controller: ControllerProcess, more: dict[str, Any], wrong: str
) -> None:
    person = controller.person("wrong-manifests@example.com", "a good password")
    found = person.call("GET", "/workspaces")["data"]
    workspace = found[0]["id"] if found else person.workspace("w")
    path = f"/workspaces/{workspace}/microservices"
    error = person.call("POST", path, {"name": "a", **more}, status=400)["error"]
    assert wrong in error, error
    first, second, *_ = f"{error}: ".split(": ")
    assert first != second, error
    assert person.call("GET", path)["total"] == 0


def test_a_patch_is_checked_as_a_whole(person: Person) -> None:
    _, path = paths(person)
    made = person.call("POST", path, {"name": "a", "external_id": "x"}, status=201)
    one = f"{path}/{made['id']}"
    for patch, wrong in (
        ({"ports": [{"internal": 1, "external": 1}] * 2}, "ports: two have"),
        ({"cap_add": ["net_raw"]}, "cap_add[0]: "),
        ({"image": "a b"}, "image: "),
        ({"stop_sec": 10_000}, "stop_sec: "),
        ({"env": {"A": "x" * (33 << 10)}}, "env"),
        ({"privilegd": True}, "privilegd: did you mean privileged?"),
        ({"agents": [999_999]}, "agents: no agent"),
    ):
        error = person.call("PATCH", one, patch, status=400)["error"]
        assert wrong in error, error
    assert person.call("GET", one)["revision"] == 1
    person.call("POST", path, {"name": "a"}, status=409)
    person.call("POST", path, {"name": "b", "external_id": "x"}, status=409)
    other = person.call("POST", path, {"name": "b"}, status=201)
    person.call("PATCH", f"{path}/{other['id']}", {"name": "a"}, status=409)


def test_of_another_workspace_there_is_nothing(
    controller: ControllerProcess, person: Person
) -> None:
    _, path = paths(person)
    stranger = controller.person("stranger-workloads@example.com", "a good password")
    elsewhere = stranger.workspace("elsewhere")
    theirs = stranger.agent(elsewhere)
    made = person.call("POST", path, {"name": "a"}, status=201)
    registry = {"name": "r", "url": "hub.example", "password": "s3cret"}
    theirs_too = f"/workspaces/{elsewhere}/microservices/{made['id']}"
    for method, more in (("GET", ""), ("DELETE", ""), ("DELETE", "/rollout"), ("POST", "/restart")):
        stranger.call(method, theirs_too + more, status=404)
        stranger.call(method, f"{path}/{made['id']}{more}", status=404)
    stranger.call("PATCH", theirs_too, {"name": "b"}, status=404)
    stranger.call("GET", f"{theirs_too}/logs?agent={theirs.id}", status=404)
    person.call("POST", path, {"name": "b", "agents": [theirs.id]}, status=400)
    kept = person.call("POST", path.replace("microservices", "registries"), registry, status=201)
    stranger.call("GET", f"/workspaces/{elsewhere}/registries/{kept['id']}", status=404)
    stranger.call("PATCH", f"/workspaces/{elsewhere}/registries/{kept['id']}", {}, status=404)
    body = {"name": "c", "registry": "r"}
    stranger.call("POST", f"/workspaces/{elsewhere}/microservices", body, status=400)


def test_a_viewer_sees_no_secrets_and_changes_nothing(
    controller: ControllerProcess, person: Person
) -> None:
    workspace, path = paths(person)
    viewer = controller.person("viewer-workloads@example.com", "a good password")
    person.admit(viewer, workspace, "VIEWER")
    body = {
        "name": "a",
        "env": {"PASSWORD": "s3cret"},
        "cmd": ["--password=s3cret"],
        "config": {"password": "s3cret"},
        "health": {"test": ["curl", "http://u:s3cret@localhost"]},
    }
    made = person.call("POST", path, body, status=201)
    one = f"{path}/{made['id']}"
    seen = viewer.ask("GET", one)
    assert "s3cret" not in seen.text
    assert (seen.json()["env"], seen.json()["config"]) == ({"PASSWORD": "***"}, "***")
    assert "s3cret" not in viewer.ask("GET", path).text
    for method, where in (("POST", path), ("PATCH", one), ("DELETE", one)):
        viewer.call(method, where, {"name": "b"}, status=403)
    viewer.call("POST", f"{one}/restart", status=403)
    viewer.call("GET", f"{one}/logs?agent=1", status=403)


def test_labels_say_for_whom_it_is_and_move_it(
    controller: ControllerProcess, person: Person
) -> None:
    workspace, path = paths(person)
    north, south = (person.agent(workspace, name) for name in ("north", "south"))
    agents = f"/workspaces/{workspace}/agents"
    person.call("PATCH", f"{agents}/{north.id}", {"labels": {"site": "north", "edge": True}})
    body = {"name": "a", "labels": {"site": "north", "edge": True}}
    one = f"{path}/{person.call('POST', path, body, status=201)['id']}"
    assert [row["agent_id"] for row in person.call("GET", one)["agents"]] == [north.id]
    with workloads_agent(controller, south) as ours:
        assert ours.takes() == {}
        person.call("PATCH", f"{agents}/{south.id}", {"labels": {"site": "north", "edge": 1}})
        person.call("PATCH", f"{agents}/{south.id}", {"labels": {"site": "north", "edge": True}})
        assert set(ours.takes()) == {"a"}
        person.call("PATCH", f"{agents}/{south.id}", {"labels": {}})
        assert ours.takes() == {}
        wrong = person.call("PATCH", one, {"agents": [south.id]}, status=400)["error"]
        assert wrong.startswith("labels: either agents or labels")
        person.call("PATCH", one, {"agents": [south.id], "labels": {}})
        assert set(ours.takes()) == {"a"}


def test_one_agent_has_so_many_and_no_more(controller: ControllerProcess, person: Person) -> None:
    workspace, path = paths(person)
    agent, other = person.agent(workspace, "a"), person.agent(workspace, "b")
    for n in range(200):
        person.call("POST", path, {"name": f"m{n}", "agents": [agent.id]}, status=201)
    wrong = person.call("POST", path, {"name": "x", "agents": [agent.id]}, status=400)["error"]
    assert wrong == (
        f"agents: agent {agent.id} has 200 microservices, and no more can be given to one agent"
    )
    made = person.call("POST", path, {"name": "x", "agents": [other.id]}, status=201)
    one = f"{path}/{made['id']}"
    both = {"agents": [agent.id, other.id]}
    assert person.call("PATCH", one, both, status=400)["error"].startswith("agents: agent ")
    everywhere = {"agents": [], "labels": {"all": True}}
    person.call("PATCH", one, everywhere)
    # Labels of an agent that change later are nobody's mistake: what is too much waits there.
    labelled = {"labels": {"all": True}}
    person.call("PATCH", f"/workspaces/{workspace}/agents/{agent.id}", labelled)
    reason = "this agent is to have more than 200 microservices"
    assert standing(person, one, agent) == ("refused", reason)
    with workloads_agent(controller, agent) as ours:
        assert len(ours.takes()) == 200


def test_a_removed_agent_takes_its_place_in_lists_along(
    controller: ControllerProcess, person: Person
) -> None:
    workspace, path = paths(person)
    agent, other = person.agent(workspace, "a"), person.agent(workspace, "b")
    body = {"name": "m", "agents": [agent.id, other.id]}
    one = f"{path}/{person.call('POST', path, body, status=201)['id']}"
    with workloads_agent(controller, agent) as ours:
        ours.takes()
        ours.runs_all()
        until(lambda: standing(person, one, agent) == ("current", ""), 40)
    person.call("DELETE", f"/workspaces/{workspace}/agents/{agent.id}")
    found = person.call("GET", one)
    assert found["agent_ids"] == [other.id]
    assert [row["agent_id"] for row in found["agents"]] == [other.id]


def test_a_large_manifest_is_bounded(person: Person) -> None:
    _, path = paths(person)
    most = {f"E{n}": "x" * (30 << 10) for n in range(15)}
    person.call("POST", path, {"name": "a", "env": most}, status=201)
    more = {f"E{n}": "x" * (30 << 10) for n in range(20)}
    person.call("POST", path, {"name": "b", "env": more}, status=413)
    many = {"name": "c", "routes": ["a"] * 200, "cmd": ["x"] * 300}
    assert person.call("POST", path, many, status=400)["error"].startswith("cmd: ")
