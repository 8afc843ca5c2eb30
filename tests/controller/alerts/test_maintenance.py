"""Maintenance in a running controller: of a site, of what got worse, and of one alert."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.controller.alerts.alert_stage import Stage
from tests.controller.alerts.samples import PING, but
from tests.running import Person, until

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)
HOUR = timedelta(hours=1)


@pytest.fixture
def probe(stage: Stage) -> int:
    return stage.person.probe(stage.agent, type="PING", targets=["198.18.0.1"])


def window(stage: Stage, **body: Any) -> dict[str, Any]:
    """From an hour ago for two hours."""
    now = datetime.now(UTC)
    new = {
        "name": "works",
        "starts_at": (now - HOUR).isoformat(),
        "ends_at": (now + HOUR).isoformat(),
        **body,
    }
    path = f"{stage.base}/maintenance-windows"
    made: dict[str, Any] = stage.person.call("POST", path, new, status=201)
    return made


def end(stage: Stage, found: dict[str, Any]) -> None:
    ended = {"ends_at": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
    path = f"{stage.base}/maintenance-windows/{found['id']}"
    stage.person.call("PATCH", path, ended)


def suppressed(stage: Stage, found: dict[str, Any], count: int) -> list[Any]:
    """What is recorded of a window, once there are so many rows."""
    path = f"{stage.base}/maintenance-windows/{found['id']}/suppressed"

    def rows() -> list[Any]:
        data: list[Any] = stage.person.call("GET", path)["data"]
        return data

    until(lambda: len(rows()) >= count, 8)
    data = rows()
    assert len(data) == count, data
    return data


def test_works_at_a_site_silence_what_others_measure_towards_it(stage: Stage) -> None:
    site = stage.person.agent(stage.workspace, "branch")
    stage.person.call(
        "PATCH", f"{stage.base}/agents/{site.id}", {"public_ip_override": "198.18.7.7"}
    )
    towards = stage.person.probe(stage.agent, type="PING", agent_targets=[site.id])
    by_address = stage.person.probe(stage.agent, type="PING", targets=["198.18.7.7"])
    other = stage.person.probe(stage.agent, type="PING", targets=["198.18.7.8"])
    stage.rule(metric="packet_loss", threshold=5, tells="alerts")
    works = window(stage, agent_ids=[site.id], reason="new firewall")
    assert works["active_now"]
    assert works["created_by"] == f"{stage.name[1:]}@example.com"
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=towards, target="198.18.7.7")
        # Where agents are is looked at every few seconds.
        until(lambda: suppressed(stage, works, 1) != [], 8)
        agent.post("PING", LOST, probe=by_address, target="198.18.7.7")
        agent.post("PING", LOST, probe=other, target="198.18.7.8")
        stage.notice("triggered", probe_id=other)
        rows = suppressed(stage, works, 2)
        assert {row["probe_id"] for row in rows} == {towards, by_address}
        end(stage, works)
        agent.post("PING", LOST, probe=towards, target="198.18.7.7")
        stage.notice("triggered", probe_id=towards)


def test_what_is_suppressed_is_recorded_and_opens_at_the_end(stage: Stage, probe: int) -> None:
    rule = stage.rule(metric="packet_loss", threshold=5, tells="alerts")
    works = window(stage, probe_ids=[probe])
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        agent.post("PING", LOST, probe=probe)
        (row,) = suppressed(stage, works, 1)
        stage.quiet()
        assert stage.alerts() == []
        end(stage, works)
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered")
    assert (row["kind"], row["alert_rule_id"], row["rule_name"], row["severity"]) == (
        "open",
        rule["id"],
        rule["name"],
        "critical",
    )
    assert (row["metric"], row["value"], row["agent_id"]) == ("packet_loss", 100, stage.agent.id)
    assert "packet_loss" in row["message"]
    path = f"{stage.base}/maintenance-windows/{works['id']}"
    shown = stage.person.call("GET", path)
    assert (shown["suppressed"], shown["active_now"], shown["next_start"]) == (1, False, None)
    assert stage.person.call("DELETE", path) == {"ok": True}
    stage.person.call("GET", f"{path}/suppressed", status=404)


def test_an_alert_is_muted_with_a_reason_and_taken_back(stage: Stage, probe: int) -> None:
    other = stage.person.probe(stage.agent, type="PING", targets=["198.18.0.2"])
    stage.rule(metric="packet_loss", threshold=5, tells="alerts")
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        alert = stage.notice("triggered")["alert_id"]
        path = f"{stage.base}/alerts/{alert}/mute"
        mute = stage.person.call("POST", path, {"minutes": 60, "reason": "it flaps"}, status=201)
        assert (mute["alert_id"], mute["reason"], mute["active_now"]) == (alert, "it flaps", True)
        assert (mute["probe_ids"], mute["agent_ids"]) == ([probe], [stage.agent.id])
        # Its end is told; what opens again is not; another probe is as before.
        agent.post("PING", PING, probe=probe)
        stage.notice("resolved")
        agent.post("PING", LOST, probe=probe)
        agent.post("PING", LOST, probe=other)
        stage.notice("triggered", probe_id=other)
        suppressed(stage, mute, 1)
        # It is over, and can be muted for longer all the same.
        again = stage.person.call("POST", path, {"minutes": 600}, status=201)
        assert again["id"] == mute["id"]
        assert again["next_end"] > mute["next_end"]
        assert stage.person.call("DELETE", path) == {"ok": True}
        stage.person.call("DELETE", path, status=404)
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered", 2, probe_id=probe)
    actions = [row["action"] for row in stage.person.call("GET", f"{stage.base}/audit")["data"]]
    assert {"alerts.mute", "alerts.unmute"} <= set(actions)


def test_who_may_mute(stage: Stage, probe: int) -> None:
    stage.rule(metric="packet_loss", threshold=5, tells="alerts")
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        alert = stage.notice("triggered")["alert_id"]
    path = f"{stage.base}/alerts/{alert}/mute"
    viewer = stage.person.controller.person(f"viewer-{stage.name[1:]}@example.com", "a password")
    viewer.call("POST", path, {"minutes": 5}, status=404)
    stage.person.admit(viewer, stage.workspace, "VIEWER")
    viewer.call("POST", path, {"minutes": 5}, status=403)
    viewer.call("DELETE", path, status=403)
    stage.person.call("POST", f"{stage.base}/alerts/99999/mute", {"minutes": 5}, status=404)
    for minutes in (0, -1, 43_201, "5"):
        stage.person.call("POST", path, {"minutes": minutes}, status=400)
    new = {"name": "ci-bot", "role": "USER"}
    made = stage.person.call("POST", f"{stage.base}/api-keys", new, status=201)
    bot = Person(stage.person.controller, made["secret"], 0)
    assert bot.call("POST", path, {"minutes": 5}, status=201)["created_by"] == "key: ci-bot"


def test_a_window_is_there_once_by_its_external_id(stage: Stage) -> None:
    window(stage, external_id="patches")
    again = {
        "name": "works",
        "starts_at": "2026-01-01T22:00:00+01:00",
        "ends_at": "2026-01-02T02:00:00+01:00",
        "recurrence": "monthly",
        "timezone": "Europe/Berlin",
        "weekdays": ["tue"],
        "week_of_month": 2,
    }
    path = f"{stage.base}/maintenance-windows"
    stage.person.call("POST", path, {**again, "external_id": "patches"}, status=409)
    found = stage.person.call("POST", path, again, status=201)
    assert found["next_start"] > datetime.now(UTC).isoformat()
    one = f"{path}/{found['id']}"
    stage.person.call("PATCH", one, {"external_id": "patches"}, status=409)
    assert stage.person.call("PATCH", one, {"week_of_month": None}, status=400)["error"].startswith(
        "week_of_month: is needed"
    )
    paused = stage.person.call("PATCH", one, {"paused": True})
    assert (paused["paused"], paused["next_start"]) == (True, None)
