"""Every example body of the NetWatcher document that this version serves, against a running one."""

import json
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.running import ControllerProcess, NewAgent, Person

REGISTER = {
    "email": "user@example.com",
    "password": "securepassword",
    "name": "John Doe",
    "role": "USER",
    "labels": {},
    "metadata": {},
}
NEW_AGENT = {
    "name": "New Agent",
    "description": "Description here",
    "location": "Seattle, WA",
    "public_ip_override": "",
    "version": "",
    "pinLength": 9,
    "pinTTLSeconds": 3600,
    "labels": {},
    "metadata": {},
}


@pytest.fixture
def workspace(person: Person) -> int:
    return person.workspace("Production")


@pytest.fixture
def agent(person: Person, workspace: int) -> NewAgent:
    return person.agent(workspace)


def keys(example: str) -> set[str]:
    return set(json.loads(example))


def test_post_auth_register_and_login(controller: ControllerProcess) -> None:
    registered = httpx.post(f"{controller.url}/auth/register", json=REGISTER)
    assert registered.status_code == 200
    body = registered.json()
    assert body["token"].count(".") == 2
    user = body["data"]
    assert {"id", "email", "name", "role", "verified", "createdAt", "updatedAt"} <= set(user)
    assert (user["email"], user["name"], user["role"], user["verified"]) == (
        "user@example.com",
        "John Doe",
        "USER",
        False,
    )
    assert user["createdAt"].endswith("Z")
    login = {"email": "user@example.com", "password": "securepassword"}
    again = httpx.post(f"{controller.url}/auth/login", json=login)
    assert again.status_code == 200
    assert again.json()["data"]["id"] == user["id"]
    twice = httpx.post(f"{controller.url}/auth/register", json=REGISTER)
    assert (twice.status_code, twice.json()) == (400, {"error": "email: already in use"})


def test_post_agent_by_pin_and_by_psk(person: Person, workspace: int) -> None:
    made = person.call("POST", f"/workspaces/{workspace}/agents", NEW_AGENT, status=201)
    assert set(made) == {"agent", "pin"}
    assert len(made["pin"]) == 9
    assert made["pin"].isdigit()
    ids = {"workspace_id": workspace, "agent_id": made["agent"]["id"]}
    first = person.call("POST", "/agent", {**ids, "pin": made["pin"]})
    assert set(first) == {"status", "psk", "agent"}
    assert first["status"] == "success"
    assert first["agent"]["initialized"] is True
    second = person.call("POST", "/agent", {**ids, "psk": first["psk"]})
    assert set(second) == {"status", "agent"}
    assert second["status"] == "ok"
    used = person.call("POST", "/agent", {**ids, "pin": made["pin"]}, status=401)
    assert used == {"status": "", "error": "pin_verification_failed"}
    wrong = person.call("POST", "/agent", {**ids, "psk": "0" * 64}, status=401)
    assert wrong == {"status": "", "error": "invalid_psk"}
    none = person.call("POST", "/agent", ids, status=400)
    assert none == {"status": "", "error": "psk_or_pin_required"}


def test_get_whoami_quick_and_time(controller: ControllerProcess, agent: NewAgent) -> None:
    quick = f"{controller.url}/agent/api/whoami?quick=true"
    answer = httpx.get(quick, headers=agent.headers)
    assert set(answer.json()) == {"ip", "timestamp"}
    assert answer.json()["ip"] == "127.0.0.1"
    assert answer.headers["cache-control"] == "no-store"
    time = httpx.get(f"{controller.url}/agent/time", headers=agent.headers).json()
    assert set(time) == {"server_time", "server_unix_ms"}
    assert httpx.get(quick).json() == {"error": "missing auth headers"}
    wrong = httpx.get(quick, headers={**agent.headers, "X-Agent-PSK": "no"})
    assert (wrong.status_code, wrong.json()) == (401, {"error": "invalid_psk"})
    letters = httpx.get(quick, headers={**agent.headers, "X-Agent-ID": "ten"})
    assert (letters.status_code, letters.json()) == (400, {"error": "invalid agent_id"})


def test_workspaces(person: Person) -> None:
    new = {"name": "My Workspace", "description": "Optional description", "settings": {}}
    made = person.call("POST", "/workspaces", new, status=201)
    listed = person.call("GET", "/workspaces?q=works")
    assert {k: listed[k] for k in ("total", "limit", "offset")} == {
        "total": 1,
        "limit": 50,
        "offset": 0,
    }
    example = {"id", "name", "ownerId", "description", "settings", "createdAt", "updatedAt"}
    assert example <= set(listed["data"][0])
    assert listed["data"][0]["ownerId"] == person.user_id
    assert person.call("GET", "/workspaces?q=nothing")["data"] == []
    one = person.call("GET", f"/workspaces/{made['id']}")
    assert one["my_role"] == "OWNER"
    patch = {
        "name": "new-name",
        "description": "Updated description",
        "settings": {"key": "value"},
    }
    changed = person.call("PATCH", f"/workspaces/{made['id']}", patch)
    assert {k: changed[k] for k in patch} == patch
    assert person.call("DELETE", f"/workspaces/{made['id']}") == {"ok": True}
    person.call("GET", f"/workspaces/{made['id']}", status=404)


def test_members(controller: ControllerProcess, person: Person, workspace: int) -> None:
    other = controller.person("newuser@example.com", "another password")
    members = f"/workspaces/{workspace}/members"
    body = {"userId": 0, "email": "newuser@example.com", "role": "USER", "meta": {}}
    made = person.call("POST", members, body, status=201)
    assert (made["email"], made["role"], made["meta"]) == ("newuser@example.com", "USER", {})
    other.call("GET", f"/workspaces/{workspace}", status=404)
    other.call("POST", f"/invite/{made['invite_token']}/accept")
    assert other.call("GET", f"/workspaces/{workspace}")["my_role"] == "USER"
    person.call("PATCH", f"{members}/{made['id']}", {"role": "ADMIN"})
    assert other.call("GET", f"/workspaces/{workspace}")["my_role"] == "ADMIN"
    assert len(person.call("GET", members)["data"]) == 2
    assert person.call("DELETE", f"{members}/{made['id']}")["ok"] is True
    other.call("GET", f"/workspaces/{workspace}", status=404)


def test_agents(person: Person, workspace: int) -> None:
    agents = f"/workspaces/{workspace}/agents"
    made = person.call("POST", agents, NEW_AGENT, status=201)["agent"]
    listed = person.call("GET", agents)
    example = keys(
        '{"id":10,"workspace_id":1,"name":"","description":"","location":"",'
        '"public_ip_override":"","version":"","last_seen_at":"","initialized":true,'
        '"labels":{},"metadata":{}}'
    )
    assert example <= set(listed["data"][0])
    assert listed["total"] == 1
    assert listed["data"][0]["last_seen_at"] == "0001-01-01T00:00:00Z"
    one = f"{agents}/{made['id']}"
    patch = {
        "name": "Updated Name",
        "description": "Updated description",
        "location": "New Location",
        "labels": {"env": "production"},
    }
    changed = person.call("PATCH", one, patch)
    assert {k: changed[k] for k in patch} == patch
    beat = person.call("POST", f"{one}/heartbeat")
    assert beat["ok"] is True
    assert person.call("GET", one)["last_seen_at"] == beat["ts"]
    pin = person.call("POST", f"{one}/issue-pin", {"pinLength": 9, "ttlSeconds": 3600})
    assert len(pin["pin"]) == 9
    assert person.call("DELETE", one) == {"ok": True}
    assert person.call("GET", one, status=404) == {"error": "agent not found"}


def test_probes(person: Person, agent: NewAgent) -> None:
    probes = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"
    new = {
        "workspace_id": agent.workspace,
        "agent_id": agent.id,
        "type": "PING",
        "enabled": True,
        "interval_sec": 60,
        "timeout_sec": 10,
        "count": 5,
        "duration_sec": 0,
        "server": False,
        "targets": ["8.8.8.8", "1.1.1.1"],
        "agent_targets": [],
        "labels": {},
        "metadata": {},
    }
    made = person.call("POST", probes, new, status=201)
    assert [t["target"] for t in made["targets"]] == ["8.8.8.8", "1.1.1.1"]
    same = {k: v for k, v in new.items() if k not in ("targets", "agent_targets")}
    assert {k: made[k] for k in same} == same
    patch = {
        "enabled": False,
        "intervalSec": 120,
        "timeoutSec": 15,
        "labels": {"priority": "high"},
        "replaceTargets": ["8.8.4.4"],
    }
    changed = person.call("PATCH", f"{probes}/{made['id']}", patch)
    assert (changed["enabled"], changed["interval_sec"], changed["timeout_sec"]) == (False, 120, 15)
    assert changed["labels"] == {"priority": "high"}
    assert [t["target"] for t in changed["targets"]] == ["8.8.4.4"]
    assert person.call("GET", f"{probes}/{made['id']}") == changed
    assert [p["id"] for p in person.call("GET", probes)["data"]] == [made["id"]]
    assert person.call("DELETE", f"{probes}/{made['id']}") == {"ok": True}
    assert person.call("GET", probes)["data"] == []


def test_probe_post_find_latest_data_and_panel(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=["8.8.8.8"])
    subscribe = {"type": "subscribe", "workspace_id": agent.workspace, "probe_id": 0}
    post: dict[str, Any] = {
        "probe_id": probe,
        "triggered": False,
        "triggered_reason": "",
        "created_at": "2024-01-01T12:00:00Z",
        "type": "PING",
        "payload": {"packets_recv": 5, "packets_sent": 5, "avg_rtt": 1_000_000},
        "target": "8.8.8.8",
        "target_agent": 0,
    }
    bearer = {"Authorization": f"Bearer {person.token}"}
    with (
        connect(f"{controller.ws}/ws/panel", additional_headers=bearer, proxy=None) as panel,
        connect(f"{controller.ws}/ws", additional_headers=agent.headers, proxy=None) as socket,
    ):
        panel.send(json.dumps(subscribe))
        assert json.loads(panel.recv(5))["type"] == "subscribe_ok"
        socket.send("M")
        assert str(socket.recv(5)).startswith("A")
        socket.send("$17;agent;;_OnNamespaceConnect;0;0;")
        assert socket.recv(5) == "$17;;;;;;"
        socket.send(";agent;;probe_get;0;0;hello")
        kind, given = str(socket.recv(5)).split(";0;0;", 1)
        assert kind == ";agent;;probe_get"
        assert {p["type"] for p in json.loads(given)} == {"PING", "SYSINFO", "NETINFO"}
        socket.send(';agent;;version;0;0;{"version":"1.2.0"}')
        assert socket.recv(5) == ";agent;;version;0;0;ok"
        socket.send(f";agent;;probe_post;0;0;{json.dumps(post)}")
        assert socket.recv(5) == ';agent;;probe_post_ok;0;0;{"ok":true}'
        live = json.loads(panel.recv(5))
    assert {k: live[k] for k in ("type", "workspace_id", "probe_id", "agent_id", "probe_type")} == {
        "type": "probe_data",
        "workspace_id": agent.workspace,
        "probe_id": probe,
        "agent_id": agent.id,
        "probe_type": "PING",
    }
    data = f"/workspaces/{agent.workspace}/probe-data"
    latest = person.call("GET", f"{data}/latest?type=PING&agentId={agent.id}&probeId={probe}")
    assert latest == live["data"]
    assert latest["payload"] == post["payload"]
    assert latest["created_at"] == "2024-01-01T12:00:00Z"
    query = (
        f"type=PING&probeId={probe}&agentId={agent.id}&probeAgentId={agent.id}&targetAgent=0"
        "&targetPrefix=8.8&triggered=false&from=2024-01-01T00:00:00Z&to=1704153600&limit=10&asc=true"
    )
    assert person.call("GET", f"{data}/find?{query}")["data"] == [latest]
    assert person.call("GET", f"{data}/find?triggered=true")["data"] == []
    assert person.call("GET", f"{data}/probes/{probe}/data")["data"] == [latest]
    agent_now = person.call("GET", f"/workspaces/{agent.workspace}/agents/{agent.id}")
    assert agent_now["version"] == "1.2.0"


def test_netinfo_and_sysinfo(person: Person, agent: NewAgent) -> None:
    for kind in ("netinfo", "sysinfo"):
        path = f"/workspaces/{agent.workspace}/agents/{agent.id}/{kind}"
        assert person.call("GET", path, status=404) == {"error": "no data"}


def test_get_healthz(controller: ControllerProcess) -> None:
    assert httpx.get(f"{controller.url}/healthz").json() == {"ok": True}
