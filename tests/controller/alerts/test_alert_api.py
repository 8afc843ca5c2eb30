"""Rules, windows and alerts over REST: what is refused, and who sees what."""

from typing import Any

import pytest

from tests.controller.alerts.alert_stage import speaking
from tests.controller.alerts.samples import PING, but
from tests.running import ControllerProcess, NewAgent, Person, until

RULE: dict[str, Any] = {
    "name": "loss",
    "metric": "packet_loss",
    "operator": ">",
    "threshold": 5,
}


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"metric": "lost"}, "metric: invalid enum value 'lost'"),
        ({"operator": "!="}, "operator: invalid enum value '!='"),
        ({"severity": "info"}, "severity: invalid enum value 'info'"),
        ({"threshold_type": "dynamic"}, "threshold_type: invalid enum value 'dynamic'"),
        ({"metric2": "latency"}, "operator2: is needed with metric2"),
        ({"metric2": "latency", "operator2": ">"}, "threshold2: is needed with metric2"),
        (
            {"metric2": "offline", "operator2": ">", "threshold2": 1, "logical_op": "OR"},
            "metric2: offline can only be the first",
        ),
        ({"probe_id": 999_999}, "probe_id: no probe 999999 in this workspace"),
        ({"agent_id": 999_999}, "agent_id: no agent 999999 in this workspace"),
        ({"maintenance_window_id": 9_999}, "maintenance_window_id: no window 9999"),
        ({"metric": "http_status", "probe_id": "probe"}, "metric: a probe of type PING never"),
        ({"metric": "offline", "probe_id": "probe"}, "probe_id: offline is not of a probe"),
        ({"metric": "offline", "no_data_sec": 60}, "no_data_sec: no results say offline"),
        ({"notify_webhook": True}, "webhook_url: is needed with notify_webhook"),
        ({"webhook_url": "ftp://example.com/x"}, "webhook_url: must start with https://"),
        ({"webhook_url": "http://127.0.0.1/x"}, "webhook_url: 127.0.0.1 is not allowed"),
        ({"apprise_urls": ["nonsense"]}, "apprise_urls[0]: is not a URL"),
        ({"for_count": 3, "of_count": 2}, "for_count: cannot be more than of_count"),
        ({"recovery_threshold": 6}, "recovery_threshold: must be on the good side"),
        ({"operator": "=", "recovery_threshold": 4}, "recovery_threshold: needs a metric"),
        (
            {"metric": "http_ttfb", "threshold_type": "dynamic_stddev"},
            "threshold_type: only end_hop_latency,",
        ),
        ({"operator": "=", "threshold_type": "dynamic_stddev"}, "operator: a dynamic threshold"),
        ({"threshold": "5"}, "threshold: expected `float`"),
        ({"stddev_multiplier": 0}, "stddev_multiplier: expected `float` > 0"),
    ],
)
def test_a_rule_that_makes_no_sense(
    person: Person, agent: NewAgent, body: dict[str, Any], error: str
) -> None:
    if body.get("probe_id") == "probe":
        body = body | {"probe_id": person.probe(agent, type="PING", targets=["198.18.0.1"])}
    rules = f"/workspaces/{agent.workspace}/alert-rules"
    answer = person.ask("POST", rules, json=RULE | body)
    assert (answer.status_code, list(answer.json())) == (400, ["error"]), answer.text
    assert answer.json()["error"].startswith(error)
    made = person.call("POST", rules, RULE, status=201)
    patched = person.ask("PATCH", f"{rules}/{made['id']}", json=body)
    assert patched.status_code == 400, patched.text
    assert patched.json()["error"].startswith(error)


def test_the_spelling_given_is_the_spelling_answered(person: Person, agent: NewAgent) -> None:
    rules = f"/workspaces/{agent.workspace}/alert-rules"
    for operator in (">", "<", ">=", "<=", "=", "==", "gt", "lt", "gte", "lte", "eq"):
        made = person.call("POST", rules, RULE | {"operator": operator}, status=201)
        assert person.call("GET", f"{rules}/{made['id']}")["operator"] == operator


def test_a_patch_takes_away_with_null_and_keeps_the_secret(person: Person, agent: NewAgent) -> None:
    rules = f"/workspaces/{agent.workspace}/alert-rules"
    body = {"agent_id": agent.id, "webhook_secret": "s", "recovery_threshold": 2}
    made = person.call("POST", rules, RULE | body, status=201)
    assert (made["agent_id"], made["has_webhook_secret"]) == (agent.id, True)
    one = f"{rules}/{made['id']}"
    changed = person.call("PATCH", one, {"agent_id": None, "recovery_threshold": None})
    assert (changed["agent_id"], changed["recovery_threshold"]) == (None, None)
    assert changed["has_webhook_secret"] is True
    assert person.call("PATCH", one, {"webhook_secret": ""})["has_webhook_secret"] is False


def test_an_external_id_is_there_once(person: Person, agent: NewAgent) -> None:
    rules = f"/workspaces/{agent.workspace}/alert-rules"
    person.call("POST", rules, RULE | {"external_id": "a"}, status=201)
    again = person.call("POST", rules, RULE | {"external_id": "a"}, status=409)
    assert again["error"].startswith("external_id: ")
    other = person.call("POST", rules, RULE | {"external_id": "b"}, status=201)
    person.call("PATCH", f"{rules}/{other['id']}", {"external_id": "a"}, status=409)
    elsewhere = f"/workspaces/{person.workspace('elsewhere')}/alert-rules"
    person.call("POST", elsewhere, RULE | {"external_id": "a"}, status=201)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"ends_at": "2026-01-01T00:00:00Z"}, "ends_at: must be after starts_at"),
        ({"recurrence": "daily", "ends_at": "2026-01-03T00:00:00Z"}, "ends_at: a daily window"),
        ({"recurrence": "yearly"}, "recurrence: invalid enum value"),
        ({"starts_at": "2026-01-01T00:00:00"}, "starts_at: expected `datetime`"),
        ({"probe_ids": [999_999]}, "probe_ids: no probe 999999 in this workspace"),
        ({"agent_ids": [999_999]}, "agent_ids: no agent 999999 in this workspace"),
    ],
)
def test_a_window_that_makes_no_sense(
    person: Person, agent: NewAgent, body: dict[str, Any], error: str
) -> None:
    times = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T01:00:00Z"}
    windows = f"/workspaces/{agent.workspace}/maintenance-windows"
    answer = person.ask("POST", windows, json={"name": "w", **times, **body})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith(error)


def test_whose_alerts_are_whose(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    stranger = controller.person("alerts-stranger@example.com", "a good password")
    viewer = controller.person("alerts-viewer@example.com", "a good password")
    person.admit(viewer, agent.workspace, "VIEWER")
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    rules = f"/workspaces/{agent.workspace}/alert-rules"
    rule = person.call("POST", rules, RULE, status=201)
    with speaking(person, agent) as speaker:
        lost = but(PING, packet_loss=100.0, packets_recv=0)
        speaker.post("PING", lost, probe=probe)
        until(lambda: person.call("GET", "/alerts")["data"], 5)
    (alert,) = until(
        lambda: [one for one in person.call("GET", "/alerts")["data"] if not one["is_known"]], 5
    )
    one = f"/alerts/{alert['id']}"
    assert stranger.call("GET", "/alerts")["data"] == []
    assert stranger.call("GET", "/workspaces/alerts/count") == {"count": 0}
    for method, path in (
        ("GET", one),
        ("PATCH", one),
        ("PATCH", f"{one}/acknowledge"),
        ("PATCH", f"{one}/resolve"),
    ):
        body = {"status": "resolved"} if method == "PATCH" else None
        assert stranger.call(method, path, body, status=404) == {"error": "alert not found"}
    assert viewer.call("GET", one) == alert
    assert viewer.call("GET", "/alerts/count") == {"count": 1}
    refused = viewer.call("PATCH", f"{one}/resolve", status=403)
    assert refused == {"error": "insufficient permissions", "required_role": "USER"}
    here = f"/workspaces/{agent.workspace}/alerts"
    for query, found in (
        ({"status": "active"}, 1),
        ({"status": "resolved"}, 0),
        ({"severity": "critical"}, 0),
        ({"probeId": probe}, 1),
        ({"agentId": agent.id + 1}, 0),
        ({"ruleId": rule["id"]}, 1),
        ({"incidentId": alert["incident_id"]}, 1),
        ({"offset": 1}, 0),
    ):
        page = person.ask("GET", here, params=query).json()
        assert len(page["data"]) == found, query
    wrong = person.ask("GET", here, params={"status": "open"})
    assert (wrong.status_code, wrong.json()["error"][:8]) == (400, "status: ")
    # The record outlives its rule, and ends with it.
    person.call("DELETE", f"{rules}/{rule['id']}")
    assert person.call("GET", one)["status"] == "resolved"


def test_what_would_join_a_second_condition_is_nothing_without_one(
    person: Person, agent: NewAgent
) -> None:
    """As NetWatcher's panel writes every rule of one condition, and edits it."""
    form = {
        "name": "loss",
        "description": "",
        "metric": "packet_loss",
        "operator": "gt",
        "threshold": 1,
        "severity": "warning",
        "logical_op": "OR",
        "hasSecondCondition": False,
        "enabled": True,
        "notify_panel": True,
        "notify_email": False,
        "notify_webhook": False,
        "webhook_url": "",
    }
    rules = f"/workspaces/{agent.workspace}/alert-rules"
    made = person.call("POST", rules, form, status=201)
    second = ("metric2", "operator2", "threshold2", "logical_op")
    assert [made[field] for field in second] == [None] * 4
    empty = {"metric2": "", "operator2": None, "threshold2": "", "probe_id": "", "agent_id": None}
    edited = person.call("PATCH", f"{rules}/{made['id']}", {**form, **empty, "threshold": 2})
    assert ([edited[field] for field in second], edited["threshold"]) == ([None] * 4, 2)
    two = {"metric2": "latency", "operator2": "gt", "threshold2": 100, "logical_op": "AND"}
    joined = person.call("PATCH", f"{rules}/{made['id']}", two)
    assert [joined[field] for field in second] == ["latency", "gt", 100, "AND"]
    alone = person.call("PATCH", f"{rules}/{made['id']}", {"metric2": None})
    assert [alone[field] for field in second] == [None] * 4
