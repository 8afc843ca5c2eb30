"""The document's examples of alerts, against a running controller."""

from tests.controller.alerts.alert_stage import speaking
from tests.running import Person, until

RULE = {
    "name": "High Packet Loss",
    "metric": "packet_loss",
    "operator": ">",
    "threshold": 5.0,
    "severity": "critical",
    "notify_panel": True,
    "notify_webhook": True,
    "webhook_url": "https://hooks.example.com/alert",
    "webhook_secret": "optional-hmac-secret",
    "probe_id": None,
    "agent_id": None,
    "enabled": True,
}


def test_alert_rules(person: Person) -> None:
    rules = f"/workspaces/{person.workspace('Production')}/alert-rules"
    made = person.call("POST", rules, RULE, status=201)
    shown = {k: v for k, v in RULE.items() if k != "webhook_secret"}
    assert {k: made[k] for k in shown} == shown
    assert "webhook_secret" not in made
    assert made["has_webhook_secret"] is True
    assert person.call("GET", rules)["data"] == [made]
    one = f"{rules}/{made['id']}"
    assert person.call("PATCH", one, {"threshold": 7.5})["threshold"] == 7.5
    camel = {"cooldownMinutes": 30, "stddevMultiplierCritical": 4, "operator": "gte"}
    changed = person.call("PATCH", one, camel)
    assert (changed["cooldown_minutes"], changed["stddev_multiplier_critical"]) == (30, 4)
    assert changed["operator"] == "gte"
    assert person.call("DELETE", one) == {"ok": True}
    assert person.call("GET", rules)["data"] == []


def test_alerts(person: Person) -> None:
    workspace = person.workspace("Production")
    agent = person.agent(workspace, "Edge-Node-01")
    named = {"labels": {"name": "Core Router"}}
    probe = person.probe(agent, type="PING", targets=["10.0.0.1"], **named)
    rules = f"/workspaces/{workspace}/alert-rules"
    person.call("POST", rules, RULE | {"threshold": 1.0, "notify_webhook": False}, status=201)
    assert person.call("GET", "/workspaces/alerts")["data"] == []
    assert person.call("GET", "/workspaces/alerts/count") == {"count": 0}
    with speaking(person, agent) as speaker:
        payload = {"packets_sent": 5, "packets_recv": 5, "packet_loss": 5.2}
        speaker.post("PING", payload, probe=probe, target="10.0.0.1")
    (alert,) = until(lambda: person.call("GET", "/workspaces/alerts?status=active")["data"], 5)
    example = {
        "workspace_id": workspace,
        "probe_id": probe,
        "agent_id": agent.id,
        "probe_type": "PING",
        "probe_name": "Core Router",
        "probe_target": "10.0.0.1",
        "agent_name": "Edge-Node-01",
        "metric": "packet_loss",
        "value": 5.2,
        "threshold": 1.0,
        "severity": "critical",
        "status": "active",
    }
    assert {k: alert[k] for k in example} == example
    assert alert["triggered_at"].endswith("Z")
    assert person.call("GET", "/workspaces/alerts/count") == {"count": 1}
    assert person.call("GET", "/alerts")["data"] == [alert]
    assert person.call("GET", "/alerts/count") == {"count": 1}
    one = f"/alerts/{alert['id']}"
    assert person.call("PATCH", one, {"status": "acknowledged"})["status"] == "acknowledged"
    assert person.call("GET", "/workspaces/alerts?status=active")["data"] == []
    assert person.call("PATCH", f"{one}/resolve") == {"ok": True}
    assert person.call("GET", one)["status"] == "resolved"
