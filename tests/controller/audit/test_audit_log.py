"""The audit log of a running controller: who did what, durable before the answer."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from forepost.controller.access.actor import Actor, acts
from forepost.controller.access.guard import needs
from forepost.controller.access.peer import Peers
from forepost.controller.audit.store import AuditLog, Entry
from forepost.controller.audit.trail import Trail
from forepost.controller.db.engine import Database
from tests.fakes.clock import FakeClock
from tests.metadata import sqlite_url
from tests.running import ControllerProcess, Person

PASSWORD = "a good password"


def rows(person: Person, workspace: int, **query: Any) -> list[dict[str, Any]]:
    answer = person.ask("GET", f"/workspaces/{workspace}/audit", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def actions(found: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(row["action"], row["object_id"]) for row in found]


@pytest.fixture
def workspace(person: Person) -> int:
    return person.workspace("w")


def test_every_change_leaves_its_row(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    other = controller.person("audit-other@example.com", PASSWORD)
    base = f"/workspaces/{workspace}"
    member = person.admit(other, workspace)
    agent = person.agent(workspace)
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    one = f"{base}/agents/{agent.id}/probes/{probe}"
    person.call("PATCH", one, {"count": 3})
    person.call("GET", one)
    person.call("DELETE", one)
    person.call("PATCH", base, {"name": "renamed"})
    person.call("PATCH", f"{base}/members/{member}", {"role": "ADMIN"})
    other.call("DELETE", f"{base}/agents/{agent.id}")
    found = rows(person, workspace)
    assert actions(found) == [
        ("agents.delete", agent.id),
        ("members.update", member),
        ("workspaces.update", workspace),
        ("probes.delete", probe),
        ("probes.update", probe),
        ("probes.create", probe),
        ("agents.enrol", agent.id),
        ("agents.create", agent.id),
        ("members.accept", member),
        ("members.create", member),
        ("workspaces.create", workspace),
    ]
    email = person.call("GET", "/auth/me")["email"]
    assert found[0]["actor"] == "audit-other@example.com"
    assert (found[0]["user_id"], found[0]["api_key_id"]) == (other.user_id, None)
    assert found[1] == {
        "id": found[1]["id"],
        "at": found[1]["at"],
        "workspace_id": workspace,
        "user_id": person.user_id,
        "api_key_id": None,
        "agent_id": None,
        "actor": email,
        "action": "members.update",
        "object_kind": "member",
        "object_id": member,
        "address": "127.0.0.1",
        "status": 200,
        "detail": "",
    }
    enrolled = found[6]
    assert (enrolled["user_id"], enrolled["agent_id"], enrolled["actor"]) == (
        None,
        agent.id,
        "edge",
    )


def test_what_is_refused_leaves_none_but_logins_and_pins(person: Person, workspace: int) -> None:
    base = f"/workspaces/{workspace}"
    person.call("POST", base + "/agents", {"name": ""}, status=400)
    person.call("DELETE", base + "/agents/999999", status=404)
    person.call("DELETE", "/workspaces/999999", status=404)
    agent = person.agent(workspace)
    body = {"workspace_id": workspace, "agent_id": agent.id}
    person.call("POST", "/agent", {**body, "pin": "000000000"}, status=401)
    person.call("POST", "/agent", {**body, "psk": agent.psk})
    person.call("POST", "/agent", {**body, "psk": "wrong"}, status=401)
    person.call("POST", "/agent", {**body, "agent_id": 999_999, "pin": "1"}, status=401)
    found = rows(person, workspace)
    assert [(row["action"], row["status"]) for row in found] == [
        ("agents.enrol", 401),
        ("agents.enrol", 200),
        ("agents.create", 201),
        ("workspaces.create", 201),
    ]
    assert (found[0]["agent_id"], found[0]["actor"]) == (agent.id, "edge")


def test_events_of_an_account(controller: ControllerProcess, person: Person) -> None:
    email = person.call("GET", "/auth/me")["email"]

    def login(password: str) -> httpx.Response:
        body = {"email": f" {email.upper()}", "password": password}
        return httpx.post(f"{controller.url}/auth/login", json=body, verify=False)

    assert login("not this one").status_code == 401
    other = Person(controller, login(PASSWORD).json()["token"], person.user_id)
    other.call("POST", "/auth/logout")
    wrong = {"old_password": "not this one", "new_password": "a better password"}
    person.call("PUT", "/auth/me/password", wrong, status=401)
    found = person.call("GET", "/auth/audit")["data"]
    assert [(row["action"], row["status"]) for row in found] == [
        ("accounts.change-password", 401),
        ("accounts.logout", 200),
        ("accounts.login", 200),
        ("accounts.login", 401),
        ("accounts.register", 200),
    ]
    assert {row["actor"] for row in found} == {email}
    assert {row["user_id"] for row in found} == {person.user_id}
    assert "password" not in json.dumps([{**row, "action": ""} for row in found])
    only = person.call("GET", "/auth/audit?action=accounts.logout")
    assert (only["total"], len(only["data"])) == (1, 1)


def test_keys_are_named(person: Person, workspace: int) -> None:
    path = f"/workspaces/{workspace}/api-keys"
    made = person.call("POST", path, {"name": "robot", "role": "USER"}, status=201)
    key = made["api_key"]["id"]
    httpx.post(
        f"{person.controller.url}/workspaces/{workspace}/agents",
        headers={"X-API-Key": made["secret"]},
        json={"name": "by a key"},
        verify=False,
    ).raise_for_status()
    by_key, making, _ = rows(person, workspace)
    assert (by_key["action"], by_key["actor"]) == ("agents.create", "robot")
    assert (by_key["api_key_id"], by_key["user_id"]) == (key, None)
    assert (making["action"], making["object_id"]) == ("api-keys.create", key)


def test_the_log_is_searched_a_page_at_a_time(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    path = f"/workspaces/{workspace}/audit"
    for n in range(4):
        person.call("POST", f"/workspaces/{workspace}/agents", {"name": f"{n}"}, status=201)
    page = person.call("GET", f"{path}?limit=2&offset=1")
    assert (page["total"], page["limit"], page["offset"], len(page["data"])) == (5, 2, 1, 2)
    everything = rows(person, workspace)
    assert page["data"] == everything[1:3]
    assert len(rows(person, workspace, action="agents.create")) == 4
    assert rows(person, workspace, action="agents") == []
    assert len(rows(person, workspace, userId=person.user_id)) == 5
    assert rows(person, workspace, userId=person.user_id + 10**6) == []
    at = everything[2]["at"]
    assert rows(person, workspace, **{"from": at}) == everything[:3]
    assert rows(person, workspace, to=at) == everything[3:]
    refused = person.call("GET", path + "?from=yesterday", status=400)
    assert refused["error"].startswith("from: ")
    person.call("GET", path + "?userId=0", status=400)
    person.call("GET", path + "?action=%00", status=400)


def test_a_row_is_durable_when_the_answer_is_there(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "controller").start()
    try:
        person = process.person()
        workspace = person.workspace("w")
        agents = [
            person.call("POST", f"/workspaces/{workspace}/agents", {"name": "x"}, status=201)
            for _ in range(5)
        ]
        process.kill()
        process.start()
        found = rows(person, workspace, action="agents.create")
        assert [row["object_id"] for row in found] == [
            made["agent"]["id"] for made in reversed(agents)
        ]
    finally:
        process.end()


class BrokenLog(AuditLog):
    async def add(self, entry: Entry) -> None:
        raise OSError("the disk is full")


class Route:
    opt = needs("USER", "things.create")

    def resolve_tags(self) -> list[str]:
        return ["things"]


@pytest.mark.anyio
async def test_a_change_without_a_row_is_a_fault(tmp_path: Path) -> None:
    db = Database.at(f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}")
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope.update(route_handler=Route(), path_params={}, path_template="/things")
        acts(scope, Actor(name="a@example.com", user_id=1))
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b'{"id":7', "more_body": True})
        await send({"type": "http.response.body", "body": b"}"})

    async def send(message: Any) -> None:
        sent.append(message)

    for method, status in (("POST", 500), ("GET", 201)):
        sent.clear()
        trail = Trail(BrokenLog(db), Peers(), FakeClock())
        scope = {"method": method, "path": "/things", "client": ("192.0.2.1", 1), "headers": []}
        await trail.around(app)(scope, None, send)  # type: ignore[arg-type]
        assert sent[0]["status"] == status
    await db.close()


@pytest.mark.anyio
async def test_old_rows_are_dropped_and_no_others(tmp_path: Path) -> None:
    from datetime import timedelta

    db = Database.at(sqlite_url(tmp_path))
    log, clock = AuditLog(db), FakeClock()
    for days in range(4):
        entry = Entry(
            at=clock.now() - timedelta(days=days),
            workspace_id=1,
            actor=Actor(name="x" * 300),
            action="things.create",
            object_kind="things",
            object_id=days,
            address="",
            status=200,
        )
        await log.add(entry)
    await log.forget(clock.now() - timedelta(days=2))
    from forepost.controller.audit.store import AuditQuery

    found, total = await log.of_workspace(1, AuditQuery(), 50, 0)
    assert ([row.object_id for row in found], total) == ([0, 1, 2], 3)
    assert found[0].actor == "x" * 254
    await db.close()
