"""AGENT probes on a running controller: pairs, addresses, copies, and what agents are sent."""

from typing import Any

import pytest

from tests.agent_socket import agent_socket
from tests.running import ControllerProcess, NewAgent, Person, until


@pytest.fixture
def pair(person: Person) -> tuple[NewAgent, NewAgent]:
    workspace = person.workspace("w")
    return person.agent(workspace, "a"), person.agent(workspace, "b")


def of(agent: NewAgent) -> str:
    return f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"


def probes(person: Person, agent: NewAgent) -> list[Any]:
    found: list[Any] = person.call("GET", of(agent))["data"]
    return found


def netinfo(public: str, private: str) -> dict[str, Any]:
    return {
        "local_address": private.partition("/")[0],
        "public_address": public,
        "interfaces": [{"name": "eth0", "index": 2, "ipv4": [private], "is_default": True}],
        "routes": [],
    }


def test_a_bidirectional_probe_is_two_and_both_or_none_are_made(
    person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    body = {"type": "AGENT", "agent_targets": [b.id], "bidirectional": True}
    first = person.call("POST", of(a), body, status=201)
    assert (first["bidirectional"], first["direction"]) == (True, "forward")
    (back,) = probes(person, b)
    assert (back["type"], back["direction"], back["reverse_of"]) == (
        "AGENT",
        "reverse",
        first["id"],
    )
    assert [t["agent_id"] for t in back["targets"]] == [a.id]
    reverse = person.call("GET", of(a) + "/reverse")["data"]
    assert [(r["probe"]["id"], r["owner_agent_name"]) for r in reverse] == [(back["id"], "b")]

    refused = person.ask("POST", of(a), json={**body, "agent_targets": [b.id, 999_999]})
    assert refused.status_code == 400
    assert refused.json() == {"error": "agent_targets: no agent 999999 in this workspace"}
    assert (len(probes(person, a)), len(probes(person, b))) == (1, 1)

    c = person.agent(a.workspace, "c")
    person.call("PATCH", f"{of(a)}/{first['id']}", {"replaceAgentTargets": [c.id]})
    assert probes(person, b) == []
    assert [p["reverse_of"] for p in probes(person, c)] == [first["id"]]
    person.call("DELETE", f"{of(a)}/{first['id']}")
    assert probes(person, c) == []


def test_one_that_measures_the_other_way_already_keeps_its_probe(
    person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    own = person.probe(b, type="AGENT", agent_targets=[a.id])
    person.probe(a, type="AGENT", agent_targets=[b.id], bidirectional=True)
    assert [p["id"] for p in probes(person, b)] == [own]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"type": "PING", "targets": ["198.18.0.1"], "bidirectional": True},
            "bidirectional: only a probe of type AGENT has another way",
        ),
        (
            {"type": "AGENT", "targets": ["198.18.0.1"]},
            "agent_targets: a probe of type AGENT measures towards agents, at least one",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    person: Person, pair: tuple[NewAgent, NewAgent], body: Any, error: str
) -> None:
    assert person.ask("POST", of(pair[0]), json=body).json() == {"error": error}


def test_an_agent_is_measured_where_it_was_last_and_followed_when_it_moves(
    controller: ControllerProcess, person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    probe = person.probe(a, type="AGENT", agent_targets=[b.id], bidirectional=True)
    with agent_socket(controller, a) as at_a:
        assert probe not in [p["id"] for p in at_a.probes()]
        with agent_socket(controller, b) as at_b:
            at_b.post("NETINFO", netinfo("203.0.113.2", "192.0.2.2/24"))
        moved = at_a.pushed()
        assert {(p["type"], p["targets"][0]["target"]) for p in moved if p["id"] == probe} == {
            ("MTR", "203.0.113.2"),
            ("PING", "203.0.113.2"),
        }
        # b is away now, and is still measured towards.
        assert [p["type"] for p in at_a.probes() if p["id"] == probe] == ["MTR", "PING"]

    one_nat = person.call("GET", f"/workspaces/{a.workspace}/agents/{b.id}")
    assert one_nat["id"] == b.id
    with agent_socket(controller, a) as at_a, agent_socket(controller, b) as at_b:
        at_a.post("NETINFO", netinfo("203.0.113.2", "192.0.2.1/24"))

        def private() -> bool:
            found = [t["target"] for p in at_a.probes() if p["id"] == probe for t in p["targets"]]
            return found == ["192.0.2.2", "192.0.2.2"]

        until(private, 5)
        body = {"trafficsim_enabled": True, "trafficsim_port": 5005}
        person.call("PATCH", f"/workspaces/{a.workspace}/agents/{b.id}", body)

        def traffic() -> bool:
            return "192.0.2.2:5005" in [t["target"] for p in at_a.probes() for t in p["targets"]]

        until(traffic, 5)
        servers = [p for p in at_b.probes() if p["server"]]
        # a serves nobody: the way back is measured over its own client's socket.
        assert [[t["agent_id"] for t in p["targets"]] for p in servers] == [[a.id], [None, a.id]]
        (back,) = probes(person, b)
        assert servers[0]["metadata"]["trafficsim"]["client_probe_id"] == back["id"]


def test_results_of_an_agent_probe_say_where_to(
    controller: ControllerProcess, person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    """NetWatcher's MTR carries neither target nor target agent."""
    a, b = pair
    probe = person.probe(a, type="AGENT", agent_targets=[b.id])
    with agent_socket(controller, a) as socket:
        socket.post("MTR", {"report": {"hops": []}}, probe_id=probe)
    (row,) = person.results(a, probe)
    assert (row["agent_id"], row["probe_agent_id"], row["target_agent"]) == (a.id, a.id, b.id)


def test_copies(person: Person, pair: tuple[NewAgent, NewAgent]) -> None:
    a, b = pair
    c = person.agent(a.workspace, "c")
    ping = person.probe(a, type="PING", targets=["198.18.0.1"], interval_sec=30)
    agent = person.probe(a, type="AGENT", agent_targets=[b.id])
    body = {
        "source_agent_id": a.id,
        "dest_agent_ids": [b.id, c.id, 999_999],
        "workspace_id": a.workspace,
        "probe_ids": [],
        "probe_types": [],
        "match_targets": False,
        "skip_duplicates": True,
    }
    outcome = person.call("POST", of(a) + "/copy", body)
    assert (outcome["created"], outcome["skipped"], outcome["errors"]) == (3, 1, 2)
    by_place = {(r["source_probe_id"], r["dest_agent_id"]): r for r in outcome["results"]}
    assert by_place[agent, b.id]["skip_reason"] == "would measure towards its own agent"
    assert by_place[ping, 999_999]["error"] == "no such agent in this workspace"
    copied = person.call("GET", f"{of(c)}/{by_place[ping, c.id]['new_probe_id']}")
    assert (copied["interval_sec"], copied["targets"][0]["target"]) == (30, "198.18.0.1")

    again = person.call("POST", of(a) + "/copy", body)
    assert (again["created"], again["skipped"], again["errors"]) == (0, 4, 2)
    assert {r["skip_reason"] for r in again["results"] if r.get("skipped")} == {
        "duplicate exists",
        "would measure towards its own agent",
    }
    chosen = {**body, "probe_ids": [ping], "skip_duplicates": False, "dest_agent_ids": [c.id]}
    other_path = f"/workspaces/{a.workspace}/probes/copy"
    assert person.call("POST", other_path, chosen)["created"] == 1
    by_match = {**body, "match_targets": True, "dest_agent_ids": [b.id, c.id]}
    results = person.call("POST", other_path, by_match)["results"]
    assert {r["source_probe_id"] for r in results} == {agent}
    none = person.call("POST", other_path, {**body, "probe_ids": [999_999]})
    assert none["errors"] == 3
    matching = f"/workspaces/{a.workspace}/probes/matching?source={a.id}&dest={b.id}"
    assert [p["id"] for p in person.call("GET", matching)["data"]] == [ping]
    person.call("DELETE", of(c))
    assert probes(person, c) == []


def test_external_ids_are_unique_in_a_workspace(
    person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    body = {"type": "PING", "targets": ["198.18.0.1"], "external_id": "gw"}
    made = person.call("POST", of(a), body, status=201)
    assert made["external_id"] == "gw"
    taken = {"error": "external_id: taken by another one of this workspace"}
    assert person.call("POST", of(b), body, status=409) == taken
    agents = f"/workspaces/{a.workspace}/agents"
    person.call("PATCH", f"{agents}/{a.id}", {"external_id": "site-1"})
    assert person.call("PATCH", f"{agents}/{b.id}", {"external_id": "site-1"}, status=409) == taken
    person.call("DELETE", f"{agents}/{a.id}")
    person.call("PATCH", f"{agents}/{b.id}", {"external_id": "site-1"})


def test_probes_towards_a_deleted_agent_alone_go_with_it(
    person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    c = person.agent(a.workspace, "c")
    alone = person.probe(a, type="AGENT", agent_targets=[b.id], bidirectional=True)
    both = person.probe(a, type="MTR", agent_targets=[b.id, c.id])
    named = person.probe(a, type="PING", agent_targets=[b.id], targets=["198.18.0.1"])
    person.call("DELETE", f"/workspaces/{b.workspace}/agents/{b.id}")
    left = {probe["id"]: probe["targets"] for probe in probes(person, a)}
    assert set(left) == {both, named}
    assert alone not in left
    assert [target["agent_id"] for target in left[both]] == [c.id]
    assert [target["target"] for target in left[named]] == ["198.18.0.1"]


def test_the_way_back_is_found_under_either_probe(
    controller: ControllerProcess, person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    there = person.probe(a, type="AGENT", agent_targets=[b.id], bidirectional=True)
    (back,) = probes(person, b)
    with agent_socket(controller, b) as socket:
        socket.post("PING", {"avg_rtt": 7_000_000, "packets_sent": 1}, probe_id=back["id"])
    for probe in (there, back["id"]):
        path = f"/workspaces/{a.workspace}/probe-data/latest"
        asked = {"type": "PING", "agentId": b.id, "probeId": probe}
        found = person.ask("GET", path, params=asked)
        assert (found.status_code, found.json()["payload"]["avg_rtt"]) == (200, 7_000_000)
        nothing = person.ask("GET", path, params={**asked, "agentId": a.id})
        assert (nothing.status_code, nothing.json()) == (404, {"error": "no data"})


def test_rperf_is_refused_with_what_there_is_instead(
    person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    body = {"type": "RPERF", "targets": ["198.18.0.1"]}
    refused = person.call("POST", of(pair[0]), body, status=400)
    assert refused["error"].startswith("type: no agent measures RPERF; for packets between agents")
