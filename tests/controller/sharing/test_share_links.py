"""Share links: one agent, without an account."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.agent_socket import agent_socket
from tests.running import ControllerProcess, NewAgent, Person


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"), "Office")


def links(agent: NewAgent) -> str:
    return f"/workspaces/{agent.workspace}/agents/{agent.id}/share-links"


def made(person: Person, agent: NewAgent, **body: Any) -> Any:
    return person.call("POST", links(agent), body, status=201)


def test_a_link_shows_its_agent_and_nothing_else(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    other = person.agent(agent.workspace, "Other")
    own = person.probe(agent, type="PING", targets=["198.18.0.1"])
    towards = person.probe(other, type="AGENT", agent_targets=[agent.id])
    private = person.probe(other, type="PING", targets=["198.18.0.2"])
    with agent_socket(controller, agent) as socket:
        payload = {"packets_sent": 1, "packets_recv": 1, "avg_rtt": 1_000_000, "packet_loss": 0}
        socket.post("PING", payload, probe_id=own, target="198.18.0.1")
    link = made(person, agent)
    assert link["share_link"]["has_password"] is False
    base = f"{controller.url}/share/{link['token']}"
    shared = httpx.get(base).json()
    assert shared["agent"]["name"] == "Office"
    assert "labels" not in shared["agent"]
    assert [probe["id"] for probe in shared["probes"]] == [own]
    assert [probe["id"] for probe in shared["reverse_probes"]] == [towards]
    rows = httpx.get(f"{base}/probe-data/{own}").json()["data"]
    assert [row["payload"]["packets_sent"] for row in rows] == [1]
    (line,) = httpx.get(f"{base}/chart/{own}").json()["lines"]
    assert line["points"][0]["rtt_p50_ms"] == pytest.approx(1.0, rel=0.1)
    for probe in (private, 0, -1, 10**30):
        assert httpx.get(f"{base}/probe-data/{probe}").status_code == 404
    listed = person.call("GET", links(agent))
    assert (listed["total"], listed["items"][0]["access_count"]) == (1, 1)
    assert "token" not in listed["items"][0]
    person.call("DELETE", f"{links(agent)}/{link['share_link']['id']}")
    assert httpx.get(base).json() == {"error": "share link not found"}


def test_a_password_is_asked_for(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    link = made(person, agent, password="open sesame", expires_in_seconds=3600)
    base = f"{controller.url}/share/{link['token']}"
    info = httpx.get(base + "/info").json()
    assert (info["has_password"], info["expired"]) == (True, False)
    needed = httpx.get(base)
    assert needed.status_code == 401
    assert needed.json() == {"error": "password required", "requires_password": True}
    wrong = httpx.get(base, params={"password": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid password")
    assert httpx.get(base, params={"password": "open sesame"}).status_code == 200
    assert httpx.get(base, headers={"X-Share-Password": "open sesame"}).status_code == 200
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    assert httpx.get(f"{base}/probe-data/{probe}").status_code == 401


def test_a_link_ends_with_its_agent(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    link = made(person, agent)
    person.call("DELETE", f"/workspaces/{agent.workspace}/agents/{agent.id}")
    assert httpx.get(f"{controller.url}/share/{link['token']}").status_code == 404
    assert httpx.get(f"{controller.url}/share/nonsense/info").status_code == 404
    long = {"expires_in_seconds": 31 * 86_400}
    person.call("POST", links(agent), long, status=400)


def test_a_link_of_one_probe_shows_it_and_no_other(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    shown = person.probe(agent, type="PING", targets=["198.18.0.1"])
    other = person.probe(agent, type="PING", targets=["198.18.0.2"])
    link = made(person, agent, probe_id=shown)
    assert link["share_link"]["probe_id"] == shown
    base = f"{controller.url}/share/{link['token']}"
    shared = httpx.get(base).json()
    assert ([one["id"] for one in shared["probes"]], shared["probe_id"]) == ([shown], shown)
    assert httpx.get(f"{base}/chart/{shown}").status_code == 200
    for what in ("chart", "probe-data"):
        assert httpx.get(f"{base}/{what}/{other}").status_code == 404
    stranger = person.agent(agent.workspace, "Other")
    private = person.probe(stranger, type="PING", targets=["198.18.0.3"])
    person.call("POST", links(agent), {"probe_id": private}, status=404)
    person.call("DELETE", f"/workspaces/{agent.workspace}/agents/{agent.id}/probes/{shown}")
    assert httpx.get(base).status_code == 404
    assert person.call("GET", links(agent))["total"] == 0


def test_a_snapshot_shows_its_part_of_time_and_nothing_after(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    payload = {"packets_sent": 1, "packets_recv": 1, "avg_rtt": 1_000_000, "packet_loss": 0}
    now = datetime.now(UTC).replace(microsecond=0)
    with agent_socket(controller, agent) as socket:
        for ago_sec in (7_200, 1_800, 0):
            at = now - timedelta(seconds=ago_sec)
            socket.post("PING", payload, probe_id=probe, target="198.18.0.1", at=at)
    half, hour = now - timedelta(minutes=20), now - timedelta(hours=1)
    window = {"shown_from": hour.isoformat(), "shown_to": half.isoformat()}
    base = f"{controller.url}/share/{made(person, agent, probe_id=probe, **window)['token']}"
    shared = httpx.get(base).json()
    assert datetime.fromisoformat(shared["shown_to"]) == half
    wide: dict[str, str] = {"from": "-7d", "to": "now"}
    for asked in ({}, wide):
        rows = httpx.get(f"{base}/probe-data/{probe}", params=asked).json()["data"]
        assert len(rows) == 1
        chart = httpx.get(f"{base}/chart/{probe}", params=asked).json()
        assert [sum(p["count"] for p in line["points"]) for line in chart["lines"]] == [1]
    beside = httpx.get(f"{base}/chart/{probe}", params={"from": "-10m"})
    assert (beside.status_code, "nothing else" in beside.json()["error"]) == (400, True)
    for wrong in ({"shown_from": hour.isoformat()}, {**window, "shown_from": now.isoformat()}):
        assert "shown_from" in person.call("POST", links(agent), wrong, status=400)["error"]


def test_all_links_of_a_workspace_are_in_one_list(person: Person, agent: NewAgent) -> None:
    other = person.agent(agent.workspace, "Other")
    ids = [made(person, one)["share_link"]["id"] for one in (agent, other)]
    found = person.call("GET", f"/workspaces/{agent.workspace}/share-links")
    assert [(one["id"], one["agent_id"]) for one in found["items"]] == [
        (ids[1], other.id),
        (ids[0], agent.id),
    ]
    person.call("DELETE", f"/workspaces/{agent.workspace}/agents/{other.id}")
    assert person.call("GET", f"/workspaces/{agent.workspace}/share-links")["total"] == 1
