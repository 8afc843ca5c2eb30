"""What a receiver hears of a running controller when much breaks at once, and why it broke."""

from typing import Any

import pytest

from tests.controller.alerts.alert_stage import Stage
from tests.controller.alerts.samples import PING, but
from tests.running import NewAgent, until

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)


def probe_of(stage: Stage, agent: NewAgent | None = None, **fields: Any) -> int:
    probe: int = stage.person.probe(agent or stage.agent, type="PING", **fields)
    return probe


def incident_of(stage: Stage) -> Any:
    (incident,) = stage.person.call("GET", f"{stage.base}/incidents")["data"]
    return incident


def told(stage: Stage) -> list[str]:
    return [body["event"] for body in stage.hooks.came.get(stage.name, [])]


def test_twenty_targets_of_a_dead_site_are_told_once(stage: Stage) -> None:
    targets = [f"192.0.2.{n}" for n in range(1, 21)]
    probe = probe_of(stage, targets=targets, labels={"site": "berlin"})
    stage.rule(metric="failure", threshold=0)
    with stage.speaking() as agent:
        for target in targets:
            agent.post("PING", LOST, probe=probe, target=target)
        body = stage.notice("triggered")
        until(lambda: len(stage.alerts()) == 20, 5)
        stage.quiet()
        assert told(stage) == ["triggered"]
        incident = incident_of(stage)
        assert (incident["alerts"], incident["open_alerts"], incident["site"]) == (20, 20, "berlin")
        for target in targets[:-1]:
            agent.post("PING", PING, probe=probe, target=target)
        until(lambda: incident_of(stage)["open_alerts"] == 1, 5)
        stage.quiet()
        assert told(stage) == ["triggered"]
        agent.post("PING", PING, probe=probe, target=targets[-1])
        over = stage.notice("resolved")
    assert body["incident"]["id"] == over["incident"]["id"] == incident["id"]
    assert (body["seq"], over["seq"], over["status"]) == (1, 2, "resolved")
    assert incident_of(stage)["resolved_at"] is not None


def test_an_agent_that_is_gone_is_why_others_do_not_reach_it(stage: Stage) -> None:
    berlin = stage.person.agent(stage.workspace, "berlin")
    probe = stage.person.probe(stage.agent, type="PING", agent_targets=[berlin.id])
    stage.rule(metric="offline", threshold=0.02, agent_id=berlin.id)
    stage.rule(metric="failure", threshold=0)
    with stage.speaking(berlin) as agent:
        agent.beat()
    body = stage.notice("triggered", metric="offline")
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe, target="192.0.2.9")
        until(lambda: len(stage.alerts()) == 2, 5)
        stage.quiet()
    assert told(stage) == ["triggered"]
    incident = incident_of(stage)
    assert (incident["cause"], incident["cause_text"]) == ("agent_gone", "berlin is not heard")
    symptom = next(one for one in stage.alerts() if one["metric"] == "failure")
    assert symptom["symptom_of"] == body["alert_id"]


def test_what_depends_on_something_that_is_down_is_not_told_of(stage: Stage) -> None:
    router = probe_of(stage, targets=["192.0.2.1"], labels={"name": "router"})
    behind = probe_of(stage, targets=["198.51.100.7"], labels={"name": "server"})
    stage.person.call(
        "POST",
        f"{stage.base}/alert-parents",
        {"probe_id": behind, "parent_probe_id": router},
        status=201,
    )
    stage.rule(metric="failure", threshold=0, probe_id=router)
    other = stage.rule(
        metric="failure",
        threshold=0,
        probe_id=behind,
        webhook_url=stage.hooks.url(f"{stage.name}/server"),
    )
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=router)
        stage.notice("triggered", probe_id=router)
        agent.post("PING", LOST, probe=behind)
        until(lambda: len(stage.alerts()) == 2, 5)
        stage.quiet()
        assert f"{stage.name}/server" not in stage.hooks.came
        assert incident_of(stage)["cause_text"] == "what it depends on: router is down"
        agent.post("PING", PING, probe=router)
        stage.notice("resolved", probe_id=router)
        # It may come back by itself: it is not told of at once.
        stage.quiet()
        assert f"{stage.name}/server" not in stage.hooks.came
        (alert,) = stage.alerts(status="active")
        assert (alert["alert_rule_id"], alert["symptom_of"]) == (other["id"], None)
        agent.post("PING", PING, probe=behind)
        until(lambda: not stage.alerts(status="active"), 5)
        stage.quiet()
    assert f"{stage.name}/server" not in stage.hooks.came


def test_a_circle_of_parents_is_refused_by_name(stage: Stage) -> None:
    one, two = (probe_of(stage, targets=[f"192.0.2.{n}"]) for n in (1, 2))
    path = f"{stage.base}/alert-parents"
    made = stage.person.call("POST", path, {"probe_id": one, "parent_probe_id": two}, status=201)
    for body, why in (
        ({"probe_id": two, "parent_probe_id": one}, "a circle"),
        ({"probe_id": one, "parent_probe_id": one}, "a circle"),
        ({"probe_id": one, "parent_agent_id": 10_000}, "no agent 10000"),
        ({"probe_id": one, "agent_id": stage.agent.id, "parent_probe_id": two}, "agent_id: not"),
        ({"probe_id": one}, "parent_probe_id: this or parent_agent_id is needed"),
        ({"parent_probe_id": one}, "probe_id: this or agent_id is needed: what depends"),
        ({}, "probe_id: this or agent_id is needed: what depends"),
    ):
        refused = stage.person.ask("POST", path, json=body)
        assert refused.status_code == 400, refused.text
        assert why in refused.text
    again = stage.person.ask("POST", path, json={"probe_id": one, "parent_probe_id": two})
    assert again.status_code == 409
    assert stage.person.call("GET", path)["data"] == [made]
    stage.person.call("DELETE", f"{path}/{made['id']}")
    assert stage.person.call("GET", path)["data"] == []


def test_a_severity_that_rises_and_falls_is_told(stage: Stage) -> None:
    probe = probe_of(stage, targets=["192.0.2.1"])
    stage.rule(metric="packet_loss", threshold=5, severity="warning", critical_threshold=50)
    with stage.speaking() as agent:
        for loss, event, severity in (
            (20.0, "triggered", "warning"),
            (60.0, "worse", "critical"),
            (30.0, "eased", "warning"),
        ):
            agent.post("PING", but(PING, packet_loss=loss), probe=probe)
            assert stage.notice(event)["severity"] == severity
        agent.post("PING", PING, probe=probe)
        assert stage.notice("resolved")["worst_value"] == 60
    assert [body["seq"] for body in stage.hooks.came[stage.name]] == [1, 2, 3, 4]


@pytest.mark.parametrize("field", ["critical_threshold"])
def test_a_second_step_that_makes_no_sense_is_refused(stage: Stage, field: str) -> None:
    rule = {"name": "r", "metric": "packet_loss", "operator": ">", "threshold": 5, field: 1}
    refused = stage.person.ask("POST", f"{stage.base}/alert-rules", json=rule)
    assert (refused.status_code, field in refused.text) == (400, True)


def test_a_rule_that_fires_everywhere_becomes_one_incident(stage: Stage) -> None:
    """Twenty are told apart; of what follows one notice is."""
    agents = [stage.person.agent(stage.workspace, f"site-{n}") for n in range(25)]
    stage.rule(metric="cpu_usage", operator=">=", threshold=0, tells="alerts")
    idle = {"CPUTimes": {"user": 1, "system": 1, "idle": 9}}
    busy = {"CPUTimes": {"user": 2, "system": 2, "idle": 10}}
    for one in agents:
        with stage.speaking(one) as agent:
            agent.post("SYSINFO", idle)
            agent.post("SYSINFO", busy)
    until(lambda: stage.person.call("GET", f"{stage.base}/alerts?limit=1")["total"] == 25, 20)
    stage.notice("triggered", 21)
    stage.quiet()
    found = stage.person.call("GET", f"{stage.base}/incidents?limit=100")["data"]
    assert sorted(one["alerts"] for one in found) == [1] * 20 + [5]
    assert found[0]["scope"] == "rule"


def test_what_tells_nobody_hides_nothing_when_the_cause_is_over(stage: Stage) -> None:
    """A rule for the panel, as everybody has it, beside one that somebody is told by."""
    router = probe_of(stage, targets=["192.0.2.1"])
    behind = probe_of(stage, targets=["198.51.100.7"])
    parent = {"probe_id": behind, "parent_probe_id": router}
    stage.person.call("POST", f"{stage.base}/alert-parents", parent, status=201)
    stage.rule(metric="failure", threshold=0, notify_webhook=False)
    told_by = stage.rule(metric="failure", threshold=0, probe_id=behind)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=router)
        until(lambda: len(stage.alerts()) == 1, 5)
        agent.post("PING", LOST, probe=behind)
        until(lambda: len(stage.alerts()) == 3, 5)
        agent.post("PING", PING, probe=router)
        until(lambda: len(stage.alerts(status="active")) == 2, 5)
    own = next(one for one in stage.alerts() if one["alert_rule_id"] == told_by["id"])
    assert own["symptom_of"] is None


def test_an_agent_hides_nothing_by_a_target_that_it_made_up(stage: Stage) -> None:
    """The address of another agent, which is what somebody else's probe depends on."""
    hub = stage.person.agent(stage.workspace, "hub")
    evil = stage.person.agent(stage.workspace, "evil")
    with stage.speaking(hub) as agent:
        agent.post("NETINFO", {"local_address": "10.0.0.2", "public_address": "203.0.113.7"})
    behind = probe_of(stage, targets=["198.51.100.7"])
    parent = {"probe_id": behind, "parent_agent_id": hub.id}
    stage.person.call("POST", f"{stage.base}/alert-parents", parent, status=201)
    stage.rule(metric="failure", threshold=0, probe_id=behind)
    stage.rule(metric="failure", threshold=0, notify_webhook=False)
    own = probe_of(stage, evil, targets=["192.0.2.50"])
    with stage.speaking(evil) as liar:
        liar.post("PING", LOST, probe=own, target="203.0.113.7")
        until(lambda: len(stage.alerts()) == 1, 5)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=behind)
        assert stage.notice("triggered")["probe_id"] == behind


def test_the_storm_of_one_agent_takes_no_alert_of_others_into_it(stage: Stage) -> None:
    evil = stage.person.agent(stage.workspace, "evil")
    made_up = probe_of(stage, evil, targets=["192.0.2.50"])
    own = probe_of(stage, targets=["198.51.100.7"])
    stage.rule(metric="failure", threshold=0)
    with stage.speaking(evil) as liar:
        for number in range(25):
            target = f"made-up-{number}.invalid"
            liar.post("PING", LOST, probe=made_up, target=target)
            until(lambda: bool(stage.alerts(status="active")), 5)
            liar.post("PING", PING, probe=made_up, target=target)
            until(lambda: not stage.alerts(status="active"), 5)
        liar.post("PING", LOST, probe=made_up, target="last.invalid")
        until(lambda: bool(stage.alerts(status="active")), 5)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=own)
        stage.notice("triggered", probe_id=own)


def test_a_parent_that_is_nearly_well_explains_no_more(stage: Stage) -> None:
    router = probe_of(stage, targets=["192.0.2.1"])
    behind = probe_of(stage, targets=["198.51.100.7"])
    parent = {"probe_id": behind, "parent_probe_id": router}
    stage.person.call("POST", f"{stage.base}/alert-parents", parent, status=201)
    stage.rule(metric="packet_loss", threshold=5, severity="warning", critical_threshold=50)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=router)
        stage.notice("triggered")
        agent.post("PING", LOST, probe=behind)
        until(lambda: len(stage.alerts()) == 2, 5)
        child = next(one for one in stage.alerts() if one["probe_id"] == behind)
        assert child["symptom_of"] is not None
        agent.post("PING", but(PING, packet_loss=20.0), probe=router)
        stage.notice("eased")
        child = next(one for one in stage.alerts() if one["probe_id"] == behind)
        assert child["symptom_of"] is None


def test_a_route_and_hours_with_a_word_that_is_not_known_are_refused(stage: Stage) -> None:
    """Passed over, they would be for everything."""
    for path, body in (
        ("routes", {"name": "x", "match": {"label": {"env": "x"}}}),
        (
            "alert-rules",
            {
                "name": "x",
                "metric": "failure",
                "operator": ">",
                "threshold": 0,
                "active_hours": [{"days": ["sun"], "from": "07:00", "to": "19:00"}],
            },
        ),
    ):
        refused = stage.person.ask("POST", f"{stage.base}/{path}", json=body)
        assert refused.status_code == 400, refused.text
        assert "unknown field" in refused.text


def test_what_somebody_has_at_a_site_hides_nothing_that_another_agent_says(stage: Stage) -> None:
    other = stage.person.agent(stage.workspace, "other")
    stage.rule(metric="failure", threshold=0)
    mine, theirs = (
        probe_of(stage, agent, targets=[target], labels={"site": "berlin"})
        for agent, target in ((stage.agent, "192.0.2.1"), (other, "192.0.2.2"))
    )
    with stage.speaking() as here, stage.speaking(other) as there:
        here.post("PING", LOST, probe=mine)
        first = stage.notice("triggered")
        path = f"{stage.base}/alerts/{first['alert_id']}"
        stage.person.call("PATCH", path, {"status": "acknowledged"})
        there.post("PING", LOST, probe=theirs)
        body = stage.notice("grew")
        assert body["incident"]["open_alerts"] == 2
        assert body["incident"]["id"] == first["incident"]["id"]
        for agent, probe in ((here, mine), (there, theirs)):
            agent.post("PING", PING, probe=probe)
        stage.notice("resolved")
