"""The ways of the agents of a workspace, and how it was over time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.agent_socket import AgentSocket, agent_socket
from tests.controller.topology.mtr_reports import ping, report
from tests.running import ControllerProcess, NewAgent, Person, until

USUAL = [("192.0.2.1", 1.0, 0.0), ("192.0.2.7", 5.0, 0.0), ("198.18.0.9", 9.0, 0.0)]
OTHER = [("192.0.2.1", 1.0, 0.0), ("203.0.113.7", 25.0, 0.0), ("198.18.0.9", 39.0, 20.0)]


def trace(socket: AgentSocket, probe: int, hops: Any, minutes_ago: int) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    socket.post("MTR", report(hops, "198.18.0.9", "far.example"), probe_id=probe, at=at)


@pytest.fixture
def two(person: Person) -> tuple[NewAgent, NewAgent]:
    workspace = person.workspace("w")
    return person.agent(workspace, "north"), person.agent(workspace, "south")


def test_a_way_that_is_another_one_is_told_with_what_was_before(
    controller: ControllerProcess, person: Person, two: tuple[NewAgent, NewAgent]
) -> None:
    north, south = two
    probes = [person.probe(one, type="MTR", targets=["far.example"]) for one in two]
    with agent_socket(controller, north) as line:
        for minutes in (50, 45, 40, 35):
            trace(line, probes[0], USUAL, minutes)
        for minutes in (20, 15):
            trace(line, probes[0], OTHER, minutes)
    with agent_socket(controller, south) as line:
        trace(line, probes[1], USUAL, 5)
    found = person.call("GET", f"/workspaces/{north.workspace}/analysis/routes?lookback=24")
    assert (found["total_agents"], found["total_routes"]) == (2, 2)
    (changed,), (same,) = (agent["routes"] for agent in found["agents"])
    assert (changed["has_route_change"], same["has_route_change"]) == (True, False)
    assert changed["latest_hops"] == ["192.0.2.1", "203.0.113.7", "198.18.0.9"]
    assert changed["baseline_route_path"] == "192.0.2.1 -> 192.0.2.7 -> 198.18.0.9"
    assert changed["baseline_fingerprint"] == same["latest_signature"]
    assert (changed["trace_count"], changed["route_stability_pct"]) == (6, 66.7)
    assert [hop["latency"] for hop in changed["latest_hops_detail"]] == [1.0, 25.0, 39.0]
    assert [hop["ip"] for hop in changed["intermediate_hops"]] == ["192.0.2.1", "203.0.113.7"]
    (incident,) = found["incidents"]
    assert (incident["type"], incident["agent_name"]) == ("route_change", "north")
    assert (incident["added_hops"], incident["removed_hops"]) == (["203.0.113.7"], ["192.0.2.7"])
    assert incident["jaccard"] == 0.5
    since = datetime.fromisoformat(changed["route_changed_at"])
    assert abs(datetime.now(UTC) - timedelta(minutes=20) - since) < timedelta(minutes=1)


def test_what_several_agents_have_in_common(
    controller: ControllerProcess, person: Person, two: tuple[NewAgent, NewAgent]
) -> None:
    for one, hops in zip(two, (USUAL, OTHER), strict=True):
        probe = person.probe(one, type="MTR", targets=["far.example"])
        with agent_socket(controller, one) as line:
            trace(line, probe, hops, 5)
    found = person.call("GET", f"/workspaces/{two[0].workspace}/analysis/routes")
    ids = [agent.id for agent in two]
    (hop,) = found["shared_hops"]
    assert (hop["hop_ip"], hop["agent_ids"], hop["hop_count"]) == ("192.0.2.1", ids, 2)
    (target,) = found["common_targets"]
    assert (target["target"], target["agent_names"]) == ("far.example", ["north", "south"])
    (place,) = found["shared_destinations"]
    assert (place["target_ip"], place["agent_count"]) == ("198.18.0.9", 2)
    assert (place["has_issues"], place["avg_end_loss_pct"]) == (True, 10.0)
    assert found["shared_asns"] == found["incidents"] == []


def test_an_address_and_a_provider_that_are_others(
    controller: ControllerProcess, person: Person
) -> None:
    agent = person.agent(person.workspace("w"), "north")
    with agent_socket(controller, agent) as line:
        for minutes, address, provider in ((9, "203.0.113.1", "One"), (5, "203.0.113.2", "Two")):
            said = {"public_address": address, "internet_provider": provider}
            said["local_address"] = "198.18.0.5"
            line.post("NETINFO", said, at=datetime.now(UTC) - timedelta(minutes=minutes))
    path = f"/workspaces/{agent.workspace}/analysis/routes"
    until(lambda: person.call("GET", path)["incidents"], 8)
    found = person.call("GET", path)
    assert {one["type"] for one in found["incidents"]} == {"ip_change", "isp_change"}
    (one,) = found["agents"]
    assert (one["public_ip"], one["isp"]) == ("203.0.113.2", "Two")
    assert (one["has_ip_change"], one["has_isp_change"]) == (True, True)


def test_scores_over_time_are_those_of_their_spans(
    controller: ControllerProcess, person: Person
) -> None:
    agent = person.agent(person.workspace("w"), "north")
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    path = f"/workspaces/{agent.workspace}/analysis/history"
    assert person.call("GET", path)["snapshots"] == []
    with agent_socket(controller, agent) as line:
        for minutes, loss in ((90, 0.0), (30, 100.0)):
            at = datetime.now(UTC) - timedelta(minutes=minutes)
            line.post("PING", ping(9.0, loss), probe_id=probe, at=at, target="198.18.0.1")
    found = person.call("GET", f"{path}?limit=48")
    assert found["bucket_sec"] == 1800
    newest, oldest = found["snapshots"]
    assert (found["count"], newest["grade"], newest["status"]) == (2, "critical", "outage")
    assert (oldest["grade"], oldest["status"], oldest["online_agents"]) == (
        *("excellent", "healthy"),
        1,
    )
    assert newest["generated_at"] > oldest["generated_at"]
    hour = "-1h"
    assert person.call("GET", f"{path}?from={hour}")["count"] == 1
    refused = person.call("GET", f"{path}?from=-400d", status=400)
    assert refused == {"error": "from: at most 366 days before to"}
