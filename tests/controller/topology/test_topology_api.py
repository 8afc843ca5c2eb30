"""Map, matrix and health of a running controller that NetWatcher's agents report to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.agent_socket import agent_socket
from tests.controller.topology.mtr_reports import ping, report
from tests.running import ControllerProcess, NewAgent, Person, until

TARGET = "203.0.113.9"
HOPS = [("192.0.2.1", 1.0, 0.0), ("", 0.0, 100.0), ("192.0.2.3", 9.0, 60.0), (TARGET, 20.0, 0.0)]


def network_map(person: Person, workspace: int, lookback: int = 15) -> Any:
    return person.call("GET", f"/workspaces/{workspace}/network-map?lookback={lookback}")


def health(person: Person, workspace: int) -> Any:
    return person.call("GET", f"/workspaces/{workspace}/health")


def by_id(things: list[Any]) -> dict[Any, Any]:
    return {thing["id"]: thing for thing in things}


def test_a_path_is_drawn_and_follows_the_next_report(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent, silent = person.agent(workspace, "edge"), person.agent(workspace, "silent")
    mtr = person.probe(agent, type="MTR", targets=[TARGET])
    pinged = person.probe(agent, type="PING", targets=[TARGET, "198.18.0.7"])
    with agent_socket(controller, agent) as socket:
        socket.post("MTR", report(HOPS), probe_id=mtr)
        socket.post("PING", ping(22.0), probe_id=pinged, target=TARGET)
        socket.post("PING", ping(5.0, 50.0), probe_id=pinged, target="198.18.0.7")
        found = network_map(person, workspace)
        assert found["workspace_id"] == workspace
        nodes = by_id(found["nodes"])
        path_id = f"{agent.id}:{mtr}:{TARGET}"
        assert set(nodes) == {
            f"agent:{agent.id}",
            f"agent:{silent.id}",
            "hop:192.0.2.1",
            "hop:192.0.2.3",
            f"dest:{TARGET}",
            "dest:198.18.0.7",
        }
        here = nodes[f"agent:{agent.id}"]
        assert (here["type"], here["layer"], here["is_online"]) == ("agent", 0, True)
        assert nodes[f"agent:{silent.id}"]["status"] == "unknown"
        assert nodes["hop:192.0.2.3"] == {
            "id": "hop:192.0.2.3",
            "type": "hop",
            "label": "192.0.2.3",
            "agent_id": 0,
            "ip": "192.0.2.3",
            "hostname": "",
            "hop_number": 3,
            "avg_latency": 9.0,
            "packet_loss": 0.0,  # what it does not answer itself, it lets through
            "path_count": 1,
            "is_online": True,
            "layer": 3,
            "status": "healthy",
            "shared_agents": [agent.id],
            "path_ids": [path_id],
        }
        there = nodes[f"dest:{TARGET}"]
        assert (there["avg_latency"], there["layer"], there["status"]) == (21.0, 100, "healthy")
        assert nodes["dest:198.18.0.7"]["status"] == "critical"
        assert {(e["source"], e["target"]) for e in found["edges"]} == {
            (f"agent:{agent.id}", "hop:192.0.2.1"),
            ("hop:192.0.2.1", "hop:192.0.2.3"),
            ("hop:192.0.2.3", f"dest:{TARGET}"),
            (f"agent:{agent.id}", "dest:198.18.0.7"),
        }
        (place,) = [d for d in found["destinations"] if d["target"] == TARGET]
        assert (place["hop_count"], place["agent_count"]) == (4, 1)
        assert place["probe_types"] == ["MTR", "PING"]
        assert place["endpoints"] == ["edge"]
        assert place["endpoint_ips"] == [TARGET]
        assert len(place["expanded_endpoints"]) == 2

        socket.post("MTR", report([("192.0.2.9", 2.0, 0.0), HOPS[3]]), probe_id=mtr)
        until(lambda: "hop:192.0.2.9" in by_id(network_map(person, workspace)["nodes"]), 5)
        nodes = by_id(network_map(person, workspace)["nodes"])
        assert [n for n in nodes if n.startswith("hop:")] == ["hop:192.0.2.9"]
        shorter = by_id(network_map(person, workspace, lookback=1)["nodes"])
        assert set(shorter) == set(nodes)


def test_agents_that_measure_each_other_are_nodes_once_with_an_edge_each_way(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    one, other = person.agent(workspace, "one"), person.agent(workspace, "other")
    there = person.probe(one, type="MTR", agent_targets=[other.id])
    back = person.probe(other, type="MTR", agent_targets=[one.id])
    with agent_socket(controller, one) as first, agent_socket(controller, other) as second:
        hops = [("192.0.2.1", 1.0, 0.0), ("203.0.113.2", 5.0, 0.0)]
        first.post("MTR", report(hops, "203.0.113.2"), probe_id=there)
        second.post("MTR", report([("203.0.113.1", 6.0, 0.0)], "203.0.113.1"), probe_id=back)
        found = network_map(person, workspace)
    nodes = by_id(found["nodes"])
    assert set(nodes) == {f"agent:{one.id}", f"agent:{other.id}", "hop:192.0.2.1"}
    assert {(e["source"], e["target"], e["avg_latency"]) for e in found["edges"]} == {
        (f"agent:{one.id}", "hop:192.0.2.1", 1.0),
        ("hop:192.0.2.1", f"agent:{other.id}", 5.0),
        (f"agent:{other.id}", f"agent:{one.id}", 6.0),
    }
    assert {d["target"]: d["has_bidirectional"] for d in found["destinations"]} == {
        f"agent:{one.id}": True,
        f"agent:{other.id}": True,
    }
    cells = person.call("GET", f"/workspaces/{workspace}/connectivity-matrix")
    assert {(e["source_agent_id"], e["target_id"], e["target_name"]) for e in cells["entries"]} == {
        (one.id, f"agent:{other.id}", "other"),
        (other.id, f"agent:{one.id}", "one"),
    }


def test_the_matrix_has_every_pair_and_what_each_type_says(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent, away = person.agent(workspace, "edge"), person.agent(workspace, "away")
    pinged = person.probe(agent, type="PING", targets=[TARGET])
    person.probe(agent, type="PING", targets=["198.18.0.7"])
    person.probe(away, type="MTR", targets=[TARGET])
    with agent_socket(controller, agent) as socket:
        for rtt in (90.0, 130.0):
            socket.post("PING", ping(rtt), probe_id=pinged, target=TARGET)
        found = person.call("GET", f"/workspaces/{workspace}/connectivity-matrix")
    assert set(found) == {
        "source_agents",
        "target_labels",
        "entries",
        "generated_at",
        "workspace_id",
    }
    assert found["source_agents"] == [
        {"id": agent.id, "name": "edge", "is_online": True},
        {"id": away.id, "name": "away", "is_online": True},  # it enrolled just now
    ]
    assert {"id": TARGET, "name": TARGET, "type": "destination"} in found["target_labels"]
    entries = {(e["source_agent_id"], e["target_id"]): e for e in found["entries"]}
    assert set(entries) == {(agent.id, TARGET), (agent.id, "198.18.0.7"), (away.id, TARGET)}
    (said,) = entries[agent.id, TARGET]["probe_status"]
    assert (said["type"], said["status"]) == ("PING", "degraded")
    assert (said["avg_latency"], said["packet_loss"]) == (110.0, 0.0)
    assert said["last_updated"].endswith("Z")
    (nothing,) = entries[away.id, TARGET]["probe_status"]
    assert (nothing["type"], nothing["status"], nothing["last_updated"]) == ("MTR", "unknown", None)


def test_health_says_why_it_does_not_know(controller: ControllerProcess, person: Person) -> None:
    workspace = person.workspace("w")
    agent = person.agent(workspace, "edge")
    made = person.call("POST", f"/workspaces/{workspace}/agents", {"name": "new"}, status=201)
    new = NewAgent(workspace, made["agent"]["id"], "")
    good = person.probe(agent, type="PING", targets=[TARGET])
    silent = person.probe(agent, type="PING", targets=["198.18.0.1"])
    off = person.probe(agent, type="PING", targets=["198.18.0.2"], enabled=False)
    asked = person.probe(agent, type="DNS", targets=["example.com"])
    lonely = person.probe(new, type="PING", targets=[TARGET])
    with agent_socket(controller, agent) as socket:
        socket.post("PING", ping(20.0), probe_id=good, target=TARGET)
        old = datetime.now(UTC) - timedelta(minutes=20)
        socket.post("PING", ping(20.0), probe_id=silent, target="198.18.0.1", at=old)
        socket.post("DNS", {"query_time_ms": 3}, probe_id=asked, target="example.com")
        found = health(person, workspace)
        brief = person.call("GET", f"/workspaces/{workspace}/health?brief=true")
        strips = person.call("GET", f"/workspaces/{workspace}/agents/{agent.id}/strips")
    assert brief["counts"] == found["counts"]
    assert brief["agents"] == [one | {"probes": []} for one in found["agents"]]
    agents = by_id(found["agents"])
    of_probe = {one["probe_id"]: one for one in agents[agent.id]["probes"]}
    for line in strips["data"]:
        shown = of_probe[line["probe_id"]]
        assert line["verdict"] == {name: shown[name] for name in ("status", "reason", "since")}
    assert (agents[agent.id]["status"], agents[new.id]["status"]) == ("online", "unknown")
    assert agents[new.id]["last_seen_at"] is None
    probes = {p["probe_id"]: p for a in found["agents"] for p in a["probes"]}
    assert (probes[good]["status"], probes[good]["reason"]) == ("healthy", "")
    assert probes[good]["avg_latency"] == 20.0
    assert {p: probes[p]["reason"] for p in (silent, off, asked, lonely)} == {
        silent: "no result in the last 15 min",
        off: "the probe is switched off",
        asked: "its results do not say how it is",
        lonely: "the agent was never heard of",
    }
    assert found["counts"] == {
        "agents": {"online": 1, "offline": 0, "unknown": 1},
        "probes": {"healthy": 1, "degraded": 0, "critical": 0, "unknown": 4},
        "not_tracked": 0,
    }


def test_what_is_deleted_is_gone_at_once(controller: ControllerProcess, person: Person) -> None:
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    mtr = person.probe(agent, type="MTR", targets=[TARGET])
    with agent_socket(controller, agent) as socket:
        socket.post("MTR", report(HOPS), probe_id=mtr)
        assert len(network_map(person, workspace)["nodes"]) == 4
        person.call("DELETE", f"/workspaces/{workspace}/agents/{agent.id}/probes/{mtr}")
        assert len(network_map(person, workspace)["nodes"]) == 1
        person.call("PATCH", f"/workspaces/{workspace}/agents/{agent.id}", {"name": "renamed"})
        assert network_map(person, workspace)["nodes"][0]["label"] == "renamed"
    person.call("DELETE", f"/workspaces/{workspace}/agents/{agent.id}")
    assert network_map(person, workspace)["nodes"] == []
    assert health(person, workspace)["agents"] == []


def test_a_wrong_lookback_is_refused(person: Person) -> None:
    workspace = person.workspace("w")
    for path in ("network-map", "connectivity-matrix", "health"):
        for wrong in (0, 10**9, "x"):
            url = f"/workspaces/{workspace}/{path}?lookback={wrong}"
            refused = person.call("GET", url, status=400)
            assert refused["error"].startswith("lookback: ")


def test_it_is_known_again_after_a_restart(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path).start()
    try:
        person = process.person()
        workspace = person.workspace("w")
        agent = person.agent(workspace)
        mtr = person.probe(agent, type="MTR", targets=[TARGET])
        with agent_socket(process, agent) as socket:
            socket.post("MTR", report(HOPS), probe_id=mtr)
        before = network_map(person, workspace)
        process.kill()
        process.start()
        after = network_map(process.person(), workspace)
    finally:
        process.end()
    assert len(before["edges"]) == 3
    for part in ("nodes", "edges", "destinations"):
        assert after[part] == before[part]
