"""Registries that images come from: passwords go to agents that need them, and nowhere else."""

import sqlite3
from pathlib import Path

import pytest

from tests.controller.workloads.ours import workloads_agent
from tests.running import ControllerProcess, Person, until

pytestmark = pytest.mark.timeout(240)

SECRET = "of-the-robot-and-nobody-else"


def test_a_password_is_written_given_to_who_needs_it_and_never_read(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path).start()
    try:
        person = controller.person()
        workspace = person.workspace("w")
        agent, other = person.agent(workspace, "a"), person.agent(workspace, "b")
        base = f"/workspaces/{workspace}"
        body = {"name": "ours", "url": "hub.example:5000", "username": "robot", "password": SECRET}
        made = person.call("POST", f"{base}/registries", body, status=201)
        one = f"{base}/registries/{made['id']}"
        unused = person.call("POST", f"{base}/registries", body | {"name": "b"}, status=201)
        assert (made["has_password"], made["username"]) == (True, "robot")
        sensor = {"name": "m", "image": "hub.example:5000/m:1", "registry": "ours"}
        person.call("POST", f"{base}/microservices", sensor | {"agents": [agent.id]}, status=201)
        plain = {"name": "n", "image": "n:1", "registry": "from_cache", "agents": [other.id]}
        person.call("POST", f"{base}/microservices", plain, status=201)
        with workloads_agent(controller, other) as without:
            without.takes()
            assert without.registries == []
        with workloads_agent(controller, agent) as ours:
            ours.takes()
            assert ours.registries == [body]
            person.call("PATCH", one, {"password": SECRET + "2"})
            ours.takes()
            assert ours.registries == [body | {"password": SECRET + "2"}]
            assert person.call("PATCH", one, {"username": "r2"})["revision"] == 3
            ours.takes()
            assert ours.registries[0]["username"] == "r2"

        for path in (
            one,
            f"{base}/registries",
            f"{base}/microservices",
            f"{base}/audit",
            "/metrics",
        ):
            assert SECRET not in person.ask("GET", path).text, path
        assert SECRET not in controller.output
        for patch, status, wrong in (
            ({"url": "elsewhere.example"}, 400, "password: has to be said again"),
            ({"url": "robot:pw@hub.example"}, 400, "url: "),
            ({"url": "a b"}, 400, "url: "),
            ({"name": "other"}, 409, "the microservice 'm' names this registry"),
            ({"name": "from_cache"}, 400, "name: "),
            ({"name": "b"}, 409, ""),
            ({"name": "x\n"}, 400, "name: "),
            ({"password": "x" * 4_001}, 400, "password: "),
        ):
            error = person.call("PATCH", one, patch, status=status)["error"]
            assert error.startswith(wrong), error
            assert SECRET not in error
        assert person.call("DELETE", one, status=409)["error"].startswith("the microservice 'm'")
        person.call("DELETE", f"{base}/registries/{unused['id']}")
        taken = person.call("POST", f"{base}/registries", body, status=409)
        assert taken["error"].startswith("name: ")
        cached = body | {"name": "from_cache"}
        person.call("POST", f"{base}/registries", cached, status=400)
        moved = {"url": "elsewhere.example", "password": ""}
        assert person.call("PATCH", one, moved)["has_password"] is False
    finally:
        controller.end()


def test_a_workspace_has_so_many_and_who_may_not_administer_writes_none(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    path = f"/workspaces/{workspace}/registries"
    for n in range(50):
        body = {"name": f"r{n}", "url": "hub.example"}
        person.call("POST", path, body, status=201)
    more = person.call("POST", path, {"name": "x", "url": "hub.example"}, status=409)
    assert more["error"].startswith("registries: this workspace has 50")
    found = person.call("GET", f"{path}?limit=2&offset=1")
    assert (found["total"], found["limit"], found["offset"]) == (50, 2, 1)
    assert [one["name"] for one in found["data"]] == ["r1", "r10"]
    user = controller.person("user-of-registries@example.com", "a good password")
    person.admit(user, workspace, "USER")
    assert user.call("GET", path)["total"] == 50
    user.call("POST", path, {"name": "x", "url": "hub.example"}, status=403)


def test_the_place_of_a_deleted_workspace_keeps_no_password(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path).start()
    try:
        person = controller.person()
        workspace = person.workspace("w")
        path = f"/workspaces/{workspace}/registries"
        body = {"name": "r", "url": "hub.example", "password": SECRET}
        person.call("POST", path, body, status=201)
        person.call("POST", path.replace("registries", "microservices"), {"name": "m"}, status=201)
        person.call("DELETE", f"/workspaces/{workspace}")
        # What is too old is dropped at each start, and every hour.
        controller.stop()
        controller.start()

        def is_gone() -> bool:
            folder = Path(controller.env["FOREPOST_DATA__DIR"])
            return not _rows(folder / "meta.sqlite")

        until(is_gone, 40, lambda: controller.output)
    finally:
        controller.end()


def _rows(path: Path) -> list[object]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return [
            *connection.execute("SELECT id FROM image_registries"),
            *connection.execute("SELECT id FROM microservices"),
        ]
