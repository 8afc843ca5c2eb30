"""What changed, as a running controller has it from what agents report."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.agent_socket import AgentSocket, agent_socket
from tests.controller.topology.mtr_reports import ping, report
from tests.running import ControllerProcess, NewAgent, Person, until

TARGET = "203.0.113.9"
ONE = [("192.0.2.1", 1.0, 0.0), ("", 0.0, 100.0), (TARGET, 20.0, 0.0)]
OTHER = [("192.0.2.1", 1.0, 0.0), ("198.51.100.7", 5.0, 0.0), (TARGET, 20.0, 0.0)]


def changes(person: Person, workspace: int, **query: Any) -> list[Any]:
    answer = person.ask("GET", f"/workspaces/{workspace}/changes", params=query)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["data"]
    return found


def kinds(person: Person, workspace: int) -> list[str]:
    return [one["kind"] for one in changes(person, workspace)]


class Site:
    def __init__(self, person: Person) -> None:
        self.person, self.workspace = person, person.workspace("w")
        self.agent: NewAgent = person.agent(self.workspace)
        self.mtr = person.probe(self.agent, type="MTR", targets=[TARGET])
        self.tls = person.probe(self.agent, type="TLS", targets=["example.com:443"])
        self.now = datetime.now(UTC) - timedelta(minutes=30)

    def goes(self, socket: AgentSocket, hops: Any, fingerprint: str, minute: int) -> None:
        payload = {**report(hops), "fingerprint": fingerprint}
        at = self.now + timedelta(minutes=minute)
        socket.post("MTR", payload, probe_id=self.mtr, target=TARGET, at=at)

    def shows(self, socket: AgentSocket, fingerprint: str, days: float, minute: int) -> None:
        payload = {
            "tls_version": "TLS 1.3",
            "cert_fingerprint": fingerprint,
            "days_until_expiry": days,
        }
        at = self.now + timedelta(minutes=minute)
        socket.post("TLS", payload, probe_id=self.tls, target="example.com:443", at=at)

    def is_at(self, socket: AgentSocket, address: str, minute: int) -> None:
        payload = {"local_address": "192.168.1.2", "public_address": address}
        socket.post("NETINFO", payload, at=self.now + timedelta(minutes=minute))


def test_what_changed_is_said_once_and_stays_so_over_a_kill(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "c").start()
    try:
        site = Site(process.person())
        person, workspace = site.person, site.workspace
        with agent_socket(process, site.agent) as socket:
            for minute in range(3):
                site.goes(socket, ONE, "aa", minute)
                site.shows(socket, "f1", 3.0, minute)
                site.is_at(socket, "203.0.113.5", minute)
            assert kinds(person, workspace) == ["controller"]
            site.goes(socket, OTHER, "bb", 4)
            site.goes(socket, ONE, "aa", 3)  # out of a spool: it was before
            site.shows(socket, "f2", 89.0, 5)
            site.is_at(socket, "203.0.113.6", 6)
            until(lambda: len(changes(person, workspace)) == 4, 10)
        by_kind = {one["kind"]: one for one in changes(person, workspace)}
        route = by_kind["route"]
        assert (route["before"], route["after"]) == ("aa", "bb")
        assert (route["agent_id"], route["probe_id"]) == (site.agent.id, site.mtr)
        assert route["text"] == (
            f"the route was 192.0.2.1 → * → {TARGET}, and is 192.0.2.1 → 198.51.100.7 → {TARGET}"
        )
        assert by_kind["certificate"]["text"] == (
            "another certificate: valid for 89 days more; the one before: valid for 3 days more"
        )
        address = by_kind["address"]
        assert (address["before"], address["after"]) == ("203.0.113.5", "203.0.113.6")
        before = [one for one in changes(person, workspace) if one["kind"] != "controller"]

        process.kill()
        process.start()
        with agent_socket(process, site.agent) as socket:
            for minute in (7, 8):
                site.goes(socket, OTHER, "bb", minute)
                site.shows(socket, "f2", 89.0, minute)
                site.is_at(socket, "203.0.113.6", minute)
            site.goes(socket, ONE, "aa", 9)
            until(lambda: kinds(person, workspace).count("route") == 2, 10)
        after = changes(person, workspace)
        assert [one for one in after if one["kind"] == "controller"][1:]
        assert [one for one in after if one["kind"] != "controller"][1:] == before
    finally:
        process.end()


def test_they_are_asked_for_by_what_they_are_of_and_page_by_page(
    controller: ControllerProcess, person: Person
) -> None:
    site = Site(person)
    other = person.agent(site.workspace, "other")
    rule = {
        "name": "loss",
        "metric": "packet_loss",
        "operator": ">",
        "threshold": 50,
        "severity": "critical",
        "for_count": 1,
        "of_count": 1,
    }
    person.call("POST", f"/workspaces/{site.workspace}/alert-rules", rule, status=201)
    pinged = person.probe(site.agent, type="PING", targets=[TARGET])
    with agent_socket(controller, site.agent) as socket:
        for minute in range(5):
            site.goes(socket, ONE if minute % 2 else OTHER, f"{minute % 2}", minute)
        socket.post("PING", ping(5.0, 100.0), probe_id=pinged, target=TARGET)
        socket.post("PING", ping(5.0), probe_id=pinged, target=TARGET)
    until(lambda: "alert_ended" in kinds(person, site.workspace), 15)
    until(lambda: kinds(person, site.workspace).count("route") == 4, 10)
    path = f"/workspaces/{site.workspace}/changes"
    found: list[Any] = []
    cursor = ""
    while True:
        page = person.call("GET", f"{path}?limit=2&cursor={cursor}")
        assert len(page["data"]) <= 2
        found += page["data"]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert found == changes(person, site.workspace)
    times = [one["at"] for one in found]
    assert times == sorted(times, reverse=True)
    assert len({one["id"] for one in found}) == len(found)
    assert changes(person, site.workspace, agentId=other.id) == []
    assert len(changes(person, site.workspace, probeId=site.mtr)) == 4
    began = changes(person, site.workspace, probeId=pinged)
    assert [one["kind"] for one in began] == ["alert_ended", "alert_began"]
    assert began[1]["after"] == "critical"
    incidents = person.call("GET", f"/workspaces/{site.workspace}/incidents?open=false")["data"]
    assert began[1]["about_id"] == incidents[0]["id"]
    assert {one["kind"] for one in changes(person, site.workspace, kind="route")} == {"route"}
    late = (site.now + timedelta(minutes=2, seconds=30)).timestamp()
    assert len(changes(person, site.workspace, kind="route", **{"from": late})) == 2
    assert person.ask("GET", f"{path}?cursor=nonsense").status_code == 400
    assert person.ask("GET", f"{path}?kind=nonsense").status_code == 400


def test_an_agent_of_another_version_is_a_change(
    controller: ControllerProcess, person: Person
) -> None:
    site = Site(person)
    for version in ("20260101-a", "20260101-a", "20260202-b"):
        with agent_socket(controller, site.agent) as socket:
            socket.say("version", {"version": version})
            socket.probes()
    until(lambda: "version" in kinds(person, site.workspace), 10)
    (one,) = changes(person, site.workspace, kind="version")
    assert one["about_id"] is None
    assert (one["before"], one["after"]) == ("20260101-a", "20260202-b")


def test_runs_and_rollouts_are_of_the_agents_that_they_concern(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    here, beside, labelled = (person.agent(workspace, name) for name in ("a", "b", "c"))
    base = f"/workspaces/{workspace}"
    job: dict[str, Any] = {"name": "tidy", "type": "script", "script": {"command": "true"}}
    job["agents"] = [{"agent_id": here.id, "path": "/srv"}]
    made = person.call("POST", f"{base}/jobs", job, status=201)
    person.call("POST", f"{base}/jobs/{made['id']}/runs", {}, status=201)
    (run,) = changes(person, workspace, agentId=here.id)
    assert (run["kind"], run["text"], run["about_id"]) == ("run_began", "run of tidy", made["id"])
    assert changes(person, workspace, agentId=beside.id) == []
    person.call("PATCH", f"{base}/agents/{labelled.id}", {"labels": {"site": "c"}})
    for name, chosen in (("named", {"agents": [here.id]}), ("any", {"labels": {"site": "c"}})):
        service = {"name": name, "image": "a:1", "rollout": {"waves": [50, 100]}, **chosen}
        service_id = person.call("POST", f"{base}/microservices", service, status=201)["id"]
        person.call("PATCH", f"{base}/microservices/{service_id}", {"image": "a:2"})

    def rolled(agent: NewAgent) -> set[str]:
        found = changes(person, workspace, agentId=agent.id, kind="rollout_began")
        return {one["text"] for one in found}

    assert rolled(here) == {"roll-out of named", "roll-out of any"}
    assert rolled(beside) == rolled(labelled) == {"roll-out of any"}
