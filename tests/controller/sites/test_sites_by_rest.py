"""The list of sites, and the strips of one, of a running controller that agents report to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.agent_socket import agent_socket
from tests.controller.topology.mtr_reports import ping
from tests.running import ControllerProcess, Person, until

TARGET = "198.18.0.7"


def sites(person: Person, workspace: int, query: str = "") -> Any:
    return person.call("GET", f"/workspaces/{workspace}/sites{query}")


def test_a_list_says_of_every_site_how_it_is_and_how_it_was(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent, silent = person.agent(workspace, "edge"), person.agent(workspace, "silent")
    place = {"location": "Lisbon", "labels": {"customer": "acme"}}
    person.call("PATCH", f"/workspaces/{workspace}/agents/{agent.id}", place)
    pinged = person.probe(agent, type="PING", targets=[TARGET, "198.18.0.8"])
    person.probe(silent, type="PING", targets=[TARGET])
    now = datetime.now(UTC)
    with agent_socket(controller, agent) as socket:
        for hours in (5, 3):
            at = now - timedelta(hours=hours)
            loss = 100.0 if hours == 3 else 0.0
            socket.post("PING", ping(20.0, loss), probe_id=pinged, target=TARGET, at=at)
        socket.post("PING", ping(20.0, 20.0), probe_id=pinged, target=TARGET)
        socket.post("PING", ping(12.5), probe_id=pinged, target="198.18.0.8")
        found = until(lambda: (one := sites(person, workspace))["is_whole"] and one, 20)
        assert sites(person, workspace)["data"][0]["connected"]
        health = person.call("GET", f"/workspaces/{workspace}/health")
        strips = person.call("GET", f"/workspaces/{workspace}/agents/{agent.id}/strips")
    edge, other = found["data"]
    assert (edge["id"], edge["name"], edge["location"]) == (agent.id, "edge", "Lisbon")
    assert edge["labels"] == {"customer": "acme"}
    assert edge["verdict"] == health["agents"][0]["verdict"]
    assert edge["verdict"]["status"] == "degraded"
    worst = edge["worst"]
    assert (worst["probe_id"], worst["type"], worst["target"]) == (pinged, "PING", TARGET)
    assert worst["figure"] == {"words": "20 ms, 20 % lost", "value": 20.0, "unit": "ms"}
    assert (worst["status"], worst["reason"]) == ("degraded", f"{TARGET}: 20 % lost")
    states, losses = edge["strip"]["states"], edge["strip"]["loss_pct"]
    assert (len(states), len(losses)) == (48, 48)
    assert states.strip(".").replace(".", "") == "odw"
    assert (losses[states.index("d")], losses[-1]) == (100.0, 10.0)
    assert edge["loss_pct"] == 30.0
    assert edge["rtt_ms"] == 18.125  # between 20, and 16.25 in the last quarter of an hour
    assert (edge["bytes_in"], edge["spool"], edge["clock"]) == (None, None, None)
    assert (other["connected"], other["probes"], other["worst"]) == (False, 1, None)
    assert other["strip"]["states"] == "." * 48
    assert other["verdict"] == health["agents"][1]["verdict"]

    of_target = {one["target"]: one for one in strips["data"]}
    assert set(of_target) == {TARGET, "198.18.0.8"}
    one = of_target["198.18.0.8"]
    assert one["figure"] == {"words": "12.5 ms", "value": 12.5, "unit": "ms"}
    assert one["spark"] == [None] * 47 + [12.5]
    assert one["strip"]["states"] == "." * 47 + "o"
    assert one["age_sec"] < 60
    assert one["verdict"]["status"] == "degraded"


def test_figures_are_those_of_their_type(controller: ControllerProcess, person: Person) -> None:
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    web = person.probe(agent, type="TLS", targets=["example.com:443"])
    page = person.probe(agent, type="HTTP", targets=["https://u:pw@example.com/?key=x"])
    with agent_socket(controller, agent) as socket:
        tls = {"tls_version": "TLS 1.3", "days_until_expiry": 61.2, "tcp_connect_ms": 3}
        socket.post("TLS", tls, probe_id=web, target="example.com:443")
        http = {"status_code": 503, "total_ms": 120.4, "final_url": "", "error": "status 503"}
        socket.post("HTTP", http, probe_id=page, target="https://u:pw@example.com/?key=x")
        found = person.call("GET", f"/workspaces/{workspace}/agents/{agent.id}/strips?cells=24")
    said = {one["type"]: one for one in found["data"]}
    assert said["TLS"]["figure"]["words"] == "61.2 days"
    assert said["TLS"]["spark"] == [None] * 23 + [61.2]
    assert said["HTTP"]["figure"]["words"] == "120 ms"
    assert said["HTTP"]["strip"]["states"] == "." * 23 + "w"
    assert "pw" not in said["HTTP"]["target"]
    assert "key=x" not in said["HTTP"]["target"]


def test_what_is_no_whole_quarter_of_an_hour_is_refused(person: Person) -> None:
    workspace = person.workspace("w")
    path = f"/workspaces/{workspace}/sites"
    refused = person.call("GET", f"{path}?hours=1&cells=48", status=400)
    assert refused["error"] == "cells: a cell is a whole number of quarters of an hour"
    assert sites(person, workspace, "?hours=12&cells=48")["data"] == []
    person.call("GET", f"{path}?hours=25", status=400)


def test_a_restart_knows_the_day_before(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "c").start()
    try:
        person = process.person()
        workspace = person.workspace("w")
        agent = person.agent(workspace)
        pinged = person.probe(agent, type="PING", targets=[TARGET], interval_sec=300)
        page = person.probe(agent, type="HTTP", targets=["http://198.18.0.7/"])
        now = datetime.now(UTC)
        with agent_socket(process, agent) as socket:
            for minutes in range(600, 0, -60):
                at = now - timedelta(minutes=minutes)
                loss = 100.0 if minutes == 300 else 20.0 if minutes == 180 else 0.0
                socket.post("PING", ping(20.0, loss), probe_id=pinged, target=TARGET, at=at)
                refused = {"status_code": 0, "error": "refused" if minutes < 200 else ""}
                fine = {"status_code": 200, "total_ms": 5.0}
                body = refused if minutes < 200 else fine
                socket.post("HTTP", body, probe_id=page, target="http://198.18.0.7/", at=at)
            before = until(lambda: (one := sites(person, workspace))["is_whole"] and one, 20)
        process.kill()
        process.start()
        after = until(lambda: (one := sites(person, workspace))["is_whole"] and one, 20)
        keys = ("strip", "loss_pct", "rtt_ms", "worst")
        assert [{k: one[k] for k in keys} for one in after["data"]] == [
            {k: one[k] for k in keys} for one in before["data"]
        ]
        assert before["data"][0]["strip"]["states"].replace(".", "").startswith("oooood")
    finally:
        process.end()
