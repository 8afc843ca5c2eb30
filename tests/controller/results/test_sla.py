"""The route of uptime and SLA reports."""

import csv
import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from forepost.controller import payloads
from forepost.controller.payloads import graded, measures_of
from forepost.controller.series.port import Measured
from tests.agent_socket import agent_socket
from tests.controller.alerts import samples
from tests.metadata import NAME
from tests.running import ControllerProcess, NewAgent, Person

NOW = datetime.now(UTC).replace(microsecond=0)
UP = {"packets_sent": 4, "packets_recv": 4, "packet_loss": 0, "rtts_ns": [1_000_000] * 4}
DOWN = {"packets_sent": 4, "packets_recv": 0, "packet_loss": 100}


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


HOUR = {"from": str((NOW - timedelta(minutes=60)).timestamp()), "to": str(NOW.timestamp())}


def was_made_an_hour_ago(controller: ControllerProcess) -> None:
    """All that there is."""
    at = (NOW - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(controller.folder / "data" / NAME, timeout=30)) as metadata:
        for table in ("agents", "probes"):
            metadata.execute(f"UPDATE {table} SET created_at = ?", (at,))
        metadata.commit()


def post(
    controller: ControllerProcess,
    agent: NewAgent,
    probe: int,
    minutes: dict[int, dict[str, Any]],
    kind: str = "PING",
) -> None:
    """Results of so many minutes ago."""
    with agent_socket(controller, agent) as socket:
        for ago, payload in minutes.items():
            at = NOW - timedelta(minutes=ago)
            socket.post(kind, payload, probe_id=probe, at=at, target="198.18.0.9")


def test_a_report_says_how_long_each_was_up(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=["198.18.0.9"], interval_sec=60)
    silent = person.probe(agent, type="PING", targets=["198.18.0.10"])
    was_made_an_hour_ago(controller)
    # An hour: 20 minutes up, 10 down, 10 up, then the agent is away.
    results = {ago: DOWN if 30 < ago <= 40 else UP for ago in range(60, 20, -1)}
    window = {
        "name": "works",
        "starts_at": (NOW - timedelta(minutes=40)).isoformat(),
        "ends_at": (NOW - timedelta(minutes=35)).isoformat(),
        "probe_ids": [probe],
    }
    person.call("POST", f"/workspaces/{agent.workspace}/maintenance-windows", window, status=201)
    # Late, and not in order.
    post(controller, agent, probe, dict(sorted(results.items())))
    sla = f"/workspaces/{agent.workspace}/sla"
    report = person.ask("GET", sla, params=HOUR).json()
    one, other = report["probes"]
    assert (one["probe_id"], one["type"], one["target"]) == (probe, "PING", "198.18.0.9")
    assert (one["expected_sec"], one["known_sec"], one["unknown_sec"]) == (3_600, 2_400, 1_200)
    assert (one["up_sec"], one["degraded_sec"], one["down_sec"]) == (1_800, 0, 600)
    assert one["availability_pct"] == 75
    assert (one["outages"], one["longest_outage_sec"]) == (1, 600)
    assert datetime.fromisoformat(one["longest_outage_at"]) == NOW - timedelta(minutes=40)
    # The window is known to the minute.
    assert 240 <= one["down_in_maintenance_sec"] <= 300
    assert one["availability_outside_maintenance_pct"] > 80
    assert one["loss_pct"] == 25
    assert one["rtt_p50_ms"] == pytest.approx(1.0, rel=0.02)
    assert (other["probe_id"], other["known_sec"], other["availability_pct"]) == (silent, 0, None)
    (site,) = report["sites"]
    assert (site["agent_id"], site["down_sec"], site["up_sec"]) == (agent.id, 600, 1_800)

    answer = person.ask("GET", sla, params={**HOUR, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["of"] for row in rows] == ["probe", "probe", "site"]
    assert float(rows[0]["availability_pct"]) == 75
    assert rows[1]["availability_pct"] == ""


def test_what_an_agent_probe_measures_seldom_is_known_between_its_results(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    other = person.agent(agent.workspace, "other")
    probe = person.probe(agent, type="AGENT", targets=[], agent_targets=[other.id], interval_sec=10)
    post(controller, agent, probe, dict.fromkeys(range(60, 0, -5), samples.GOOD_PATH), "MTR")
    post(controller, agent, probe, dict.fromkeys(range(60, 30, -1), UP))
    report = person.ask("GET", f"/workspaces/{agent.workspace}/sla", params=HOUR).json()
    by_type = {one["type"]: one for one in report["probes"]}
    assert by_type["MTR"]["known_sec"] == 3_600
    # A line of the same probe that comes every 10 s says nothing for 5 minutes.
    assert by_type["PING"]["known_sec"] == 29 * 60 + 10


def test_a_result_dated_far_back_expects_no_more_than_itself(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=["198.18.0.9"], interval_sec=60)
    post(controller, agent, probe, {20 * 1_440: UP})
    report = person.ask("GET", f"/workspaces/{agent.workspace}/sla", params={"from": "-30d"}).json()
    for one in (*report["probes"], *report["sites"]):
        assert one["known_sec"] == 60
        assert one["expected_sec"] < 1_800


def test_a_disabled_probe_and_one_without_results_name_what_they_would_measure(
    person: Person, agent: NewAgent
) -> None:
    other = person.agent(agent.workspace, "other")
    person.probe(agent, type="PING", targets=["198.18.0.9", "198.18.0.10"], enabled=False)
    person.probe(agent, type="AGENT", targets=[], agent_targets=[other.id])
    person.probe(agent, type="SYSINFO", targets=[])
    report = person.ask("GET", f"/workspaces/{agent.workspace}/sla").json()
    assert [(one["type"], one["target"], one["target_agent"]) for one in report["probes"]] == [
        ("PING", "198.18.0.9", 0),
        ("PING", "198.18.0.10", 0),
        ("AGENT", "", other.id),
        ("SYSINFO", "", 0),
    ]


def test_a_site_that_a_label_names_has_a_report_of_its_own(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    here = f"/workspaces/{agent.workspace}"
    twin = person.agent(agent.workspace, "twin")
    away = person.agent(agent.workspace, "away")
    for one in (agent, twin):
        person.call("PATCH", f"{here}/agents/{one.id}", {"labels": {"site": "berlin"}})
    probes = {
        one.id: person.probe(one, type="PING", targets=["198.18.0.9"]) for one in (agent, twin)
    }
    door = person.probe(away, type="PING", targets=["198.18.0.9"], labels={"site": "door"})
    minutes = range(60, 0, -1)
    post(controller, agent, probes[agent.id], {ago: DOWN if ago > 30 else UP for ago in minutes})
    post(controller, twin, probes[twin.id], {ago: DOWN if ago > 45 else UP for ago in minutes})
    post(controller, away, door, dict.fromkeys(minutes, UP))
    window = {
        "name": "works at one host",
        "starts_at": (NOW - timedelta(minutes=60)).isoformat(),
        "ends_at": NOW.isoformat(),
        "agent_ids": [agent.id],
    }
    person.call("POST", f"{here}/maintenance-windows", window, status=201)
    berlin, other = person.ask("GET", f"{here}/sla", params=HOUR).json()["labelled_sites"]
    assert (berlin["site"], berlin["agent_ids"], berlin["probe_ids"]) == (
        "berlin",
        [agent.id, twin.id],
        [],
    )
    assert (berlin["down_sec"], berlin["degraded_sec"], berlin["up_sec"]) == (900, 900, 1_800)
    assert berlin["loss_pct"] == pytest.approx(37.5)
    # Works at one of two hosts leave the other to be up.
    assert (berlin["availability_outside_maintenance_pct"], berlin["maintenance_sec"]) == (75, 0)
    assert (other["site"], other["agent_ids"], other["probe_ids"]) == ("door", [], [door])
    assert other["availability_pct"] == 100
    answer = person.ask("GET", f"{here}/sla", params={**HOUR, "format": "csv"})
    rows = [*csv.DictReader(io.StringIO(answer.text, newline=""))]
    assert [row["site"] for row in rows if row["of"] == "labelled_site"] == ["berlin", "door"]


def test_months_are_those_of_the_zone(person: Person, agent: NewAgent) -> None:
    sla = f"/workspaces/{agent.workspace}/sla"
    report = person.ask("GET", sla, params={"month": "2026-03", "tz": "Europe/Berlin"}).json()
    assert report["start"].startswith("2026-02-28T23:00:00")
    assert report["end"].startswith("2026-03-31T22:00:00")
    (site,) = report["sites"]
    # Before the agent was made nothing is expected of it.
    assert (site["expected_sec"], site["availability_pct"]) == (0, None)
    assert person.ask("GET", sla).status_code == 200
    for query, reason in (
        ({"month": "2026-13"}, "month: is YYYY-MM"),
        ({"month": "2999-01"}, "month: has not begun"),
        ({"month": "2026-01", "from": "-1h"}, "month: not with from and to"),
        ({"to": "now"}, "from: is needed with to"),
        ({"from": "-1h", "to": "-2h"}, "from: must be before to"),
        ({"from": "-2h", "to": "nan"}, "to: "),
        ({"from": "2020-01-01"}, "from: at most 366 days"),
        ({"tz": "Mars/Olympus"}, "tz: no time zone"),
    ):
        answer = person.ask("GET", sla, params=query)
        assert answer.status_code == 400, query
        assert reason in answer.json()["error"], answer.text


SAMPLES = [
    (kind, payload)
    for kind, payload in (
        ("PING", samples.PING),
        ("PING", UP),
        ("PING", DOWN),
        ("PING", {"packets_sent": 1, "packets_recv": 0, "packet_loss": 100}),
        ("PING", {"packets_sent": 5, "packets_recv": 2, "packet_loss": 60, "avg_rtt": 2e6}),
        ("PING", {"error": "no such host"}),
        ("TCP", {"loss_pct": 100, "connects_ms": [None]}),
        ("TCP", {"loss_pct": 50, "connects_ms": [None, 3.0]}),
        ("DNS", {"response_code": "NXDOMAIN", "query_time_ms": 3}),
        ("DNS", {"response_code": "ERROR", "error": "x"}),
        ("TLS", {"tls_version": "TLS 1.3", "error": "expired"}),
        ("TLS", {"tls_version": "TLS 1.3", "days_until_expiry": 3}),
        ("HTTP", {"status_code": 503, "total_ms": 3}),
        ("TRAFFICSIM", {"totalPackets": 10, "receivedPackets": 10, "MOS": 2.0, "averageRTT": 5}),
        (
            "TRAFFICSIM",
            {"totalPackets": 9, "receivedPackets": 9, "lossPercentage": 0, "MOS": 3.0},
        ),
        ("MTR", {"report": {"hops": [{"sent": 5, "recv": 0, "loss_pct": "100.00"}]}}),
        ("SNMP", {"version": "2c", "error": "timeout"}),
    )
]


@pytest.mark.parametrize(("kind", "payload"), SAMPLES)
def test_a_stored_result_is_graded_as_it_was_when_it_came(
    kind: str, payload: dict[str, Any]
) -> None:
    body = msgspec.json.encode(payload)
    said = payloads.read(kind, body)
    found = measures_of(said)
    expected = payloads.grade_in(said, found)
    measured = Measured(found.rtt_ms, found.jitter_ms, found.loss_pct, found.mos, found.sent)
    grade = graded(kind, measured, measured.sent, lambda: body)
    assert (grade.status, grade.failed, grade.is_sure) == (
        expected.status,
        expected.failed,
        expected.is_sure,
    )
