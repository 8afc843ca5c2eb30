"""Alerts that no rule sends are told where routes lead them, to their end."""

from typing import Any

import pytest

from tests.controller.alerts.alert_stage import Stage

LOST = {"packets_sent": 1, "packet_loss": 100}
WELL = {"packets_sent": 1, "packet_loss": 0}


class Routing:
    """Channels and routes of a stage; a channel posts to the stage's name and its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.call = stage, stage.person.call

    def channel(self, name: str) -> int:
        body = {"name": name, "kind": "webhook", "url": self.stage.hooks.url(self.path(name))}
        path = f"{self.stage.base}/channels?test=false"
        return int(self.call("POST", path, body, status=201)["id"])

    def path(self, name: str) -> str:
        return f"{self.stage.name}/{name}"

    def route(self, *channels: int, status: int = 201, **fields: Any) -> Any:
        body = {"name": "r", "channel_ids": list(channels), **fields}
        return self.call("POST", f"{self.stage.base}/routes", body, status=status)

    def names(self) -> list[str]:
        return [one["name"] for one in self.call("GET", f"{self.stage.base}/routes")["data"]]

    def told(self, name: str) -> list[str]:
        return [one["event"] for one in self.stage.hooks.came.get(self.path(name), [])]

    def notice(self, name: str, event: str) -> Any:
        other = Stage.__new__(Stage)
        other.hooks, other.name = self.stage.hooks, self.path(name)
        return other.notice(event)


@pytest.mark.parametrize("tells", ["alerts", "incidents"])
def test_an_alert_goes_where_its_labels_and_severity_lead(stage: Stage, tells: str) -> None:
    routing = Routing(stage)
    night, day, rest = (routing.channel(name) for name in ("night", "day", "rest"))
    routing.route(night, match={"labels": {"env": "test"}})
    routing.route(day, match={"labels": {"env": "production"}, "severities": ["critical"]})
    last = routing.route(rest, name="all else", also=True)
    probe = stage.person.probe(
        stage.agent, type="PING", targets=["198.18.0.1"], labels={"env": "production"}
    )
    rule = stage.rule(metric="packet_loss", notify_webhook=False, webhook_url="", tells=tells)
    asked = routing.call("POST", f"{stage.base}/routes/preview", {"labels": {"env": "test"}})
    assert asked["channel_ids"] == [night]
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        assert routing.notice("day", "triggered")["rule_id"] == rule["id"]
        (alert,) = stage.alerts()
        asked = routing.call("POST", f"{stage.base}/routes/preview", {"alert_id": alert["id"]})
        assert asked["channel_ids"] == [day]
        assert [one["why"] for one in asked["routes"]] == [
            "labels: 'env' is not 'test'",
            "labels, severities: as asked",
            "stop: the route 'r' before it was the last",
        ]
        # All is otherwise by then, but the end is told where the beginning was.
        for one in routing.call("GET", f"{stage.base}/routes")["data"]:
            if one["id"] != last["id"]:
                routing.call("DELETE", f"{stage.base}/routes/{one['id']}")
        agent.post("PING", WELL, probe=probe)
        assert routing.notice("day", "resolved")["alert_id"] == alert["id"]
    assert routing.told("night") == routing.told("rest") == []


@pytest.mark.parametrize("tells", ["alerts", "incidents"])
def test_what_gets_worse_is_told_further_and_to_its_end(stage: Stage, tells: str) -> None:
    routing = Routing(stage)
    routing.route(routing.channel("day"), match={"severities": ["warning"]})
    routing.route(routing.channel("night"), match={"severities": ["critical"]})
    probe = stage.person.probe(stage.agent, type="PING", targets=["198.18.0.1"])
    stage.rule(
        metric="packet_loss",
        severity="warning",
        critical_threshold=50,
        notify_webhook=False,
        webhook_url="",
        tells=tells,
    )
    with stage.speaking() as agent:
        agent.post("PING", {"packets_sent": 10, "packet_loss": 20}, probe=probe)
        routing.notice("day", "triggered")
        assert routing.told("night") == []
        agent.post("PING", LOST, probe=probe)
        routing.notice("day", "worse")
        assert routing.notice("night", "triggered")["severity"] == "critical"
        agent.post("PING", WELL, probe=probe)
        for name in ("day", "night"):
            routing.notice(name, "resolved")


def test_a_rule_that_tells_by_itself_is_not_routed_unless_a_route_is_for_that(stage: Stage) -> None:
    routing = Routing(stage)
    only, also = routing.channel("only"), routing.channel("also")
    routing.route(only)
    routing.route(also, also=True)
    probe = stage.person.probe(stage.agent, type="PING", targets=["198.18.0.1"])
    rule = stage.rule(metric="packet_loss", tells="alerts")
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered")
        routing.notice("also", "triggered")
        # What a rule changes of itself takes nothing away from routes.
        path = f"{stage.base}/alert-rules/{rule['id']}"
        stage.person.call("PATCH", path, {"description": "x"})
        agent.post("PING", WELL, probe=probe)
        stage.notice("resolved")
        routing.notice("also", "resolved")
    assert routing.told("only") == []


def test_routes_keep_their_order(stage: Stage) -> None:
    routing = Routing(stage)
    channel = routing.channel("x")
    made = [routing.route(channel, name=name)["id"] for name in "abc"]
    routing.route(channel, name="first", position=1)
    assert routing.names() == ["first", "a", "b", "c"]
    path = f"{stage.base}/routes"
    assert routing.call("PATCH", f"{path}/{made[2]}", {"position": 2})["position"] == 2
    assert routing.names() == ["first", "c", "a", "b"]
    routing.call("PATCH", f"{path}/{made[0]}", {"position": 1_000})
    routing.call("DELETE", f"{path}/{made[2]}")
    assert routing.names() == ["first", "b", "a"]
    found = routing.call("GET", path)["data"]
    assert [one["position"] for one in found] == [1, 2, 3]
    for fields, reason in (
        ({"channel_ids": [10**6]}, "channel_ids: no channel 1000000 in this workspace"),
        ({"match": {"rule_ids": [10**6]}}, "match.rule_ids: no rule 1000000"),
        ({"hours": {"timezone": "Mars", "from": "10:00", "to": "11:00"}}, "hours.timezone: "),
    ):
        refused = routing.route(status=400, **fields)
        assert reason in refused["error"]
    foreign = routing.call("POST", f"{path}/preview", {"agent_id": 10**6}, status=400)
    assert foreign["error"].startswith("agent_id: no agent 1000000")
    missing = routing.call("POST", f"{path}/preview", {"alert_id": 10**6}, status=404)
    assert missing["error"] == "alert not found"
