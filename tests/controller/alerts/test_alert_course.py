"""What becomes of alerts in a running controller: silence, backlogs, windows, hands, incidents."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.controller.alerts.alert_stage import Hooks, Stage, quick_controller
from tests.controller.alerts.samples import PING, SYSINFO, but
from tests.postgres import Postgres
from tests.running import ControllerProcess, until

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)


@pytest.fixture
def probe(stage: Stage) -> int:
    return stage.person.probe(
        stage.agent, type="PING", targets=["10.0.0.1"], labels={"name": "Core Router"}
    )


def test_silence_of_a_probe_is_told_while_its_agent_speaks(stage: Stage, probe: int) -> None:
    rule = stage.rule(metric="packet_loss", threshold=5, no_data_sec=1, probe_id=probe)
    with stage.speaking() as agent:
        agent.post("PING", PING, probe=probe)
        told = stage.notice("triggered", meanwhile=agent.beat)
        assert (told["metric"], told["threshold"], told["probe_id"]) == ("no_data", 1, probe)
        assert told["message"].startswith("no data for 1")
        agent.post("PING", PING, probe=probe)
        stage.notice("resolved")
        # It is silent again: what is wrong is told again, and ends with the rule.
        stage.notice("triggered", 2, agent.beat)
        path = f"{stage.base}/alert-rules/{rule['id']}"
        stage.person.call("PATCH", path, {"no_data_sec": 0})
        stage.notice("resolved", 2)


def test_probes_of_an_agent_that_is_gone_are_unknown(stage: Stage, probe: int) -> None:
    """The alert of its absence is raised, and no other."""
    stage.rule(metric="packet_loss", threshold=5, no_data_sec=1)
    stage.rule(metric="offline", threshold=0.03)
    with stage.speaking() as agent:
        agent.post("PING", PING, probe=probe)
    stage.notice("triggered", metric="offline")
    stage.quiet(1.5)
    assert [alert["metric"] for alert in stage.alerts()] == ["offline"]


def test_a_backlog_raises_nothing_and_what_is_newest_counts(stage: Stage, probe: int) -> None:
    stage.rule(metric="packet_loss", threshold=5)
    with stage.speaking() as agent:
        for minutes in range(60, 10, -10):
            agent.post("PING", LOST, probe=probe, ago_sec=60 * minutes)
        stage.quiet()
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered")
        agent.post("PING", PING, probe=probe, ago_sec=1_800)
        stage.quiet()
        agent.post("PING", PING, probe=probe)
        stage.notice("resolved")


def test_a_window_holds_an_alert_back_until_its_end(stage: Stage, probe: int) -> None:
    now = datetime.now(UTC)
    window = stage.person.call(
        "POST",
        f"{stage.base}/maintenance-windows",
        {
            "name": "works",
            "starts_at": (now - timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(hours=1)).isoformat(),
            "probe_ids": [probe],
        },
        status=201,
    )
    other = stage.person.probe(stage.agent, type="PING", targets=["10.0.0.2"])
    stage.rule(metric="packet_loss", threshold=5, tells="alerts")
    path = f"{stage.base}/maintenance-windows/{window['id']}"
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        stage.quiet()
        agent.post("PING", LOST, probe=other)
        stage.notice("triggered", probe_id=other)
        ended = {"ends_at": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
        stage.person.call("PATCH", path, ended)
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered", probe_id=probe)
    assert [w["id"] for w in stage.person.call("GET", f"{stage.base}/maintenance-windows")["data"]]
    assert stage.person.call("DELETE", path) == {"ok": True}
    stage.person.call("GET", path, status=404)


def test_an_acknowledged_alert_is_still_open(stage: Stage, probe: int) -> None:
    stage.rule(metric="packet_loss", threshold=5)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        alert = stage.notice("triggered")["alert_id"]
        assert stage.person.call("PATCH", f"/alerts/{alert}/acknowledge") == {"ok": True}
        agent.post("PING", LOST, probe=probe)
        stage.quiet()
        shown = stage.person.call("GET", f"/alerts/{alert}")
        assert (shown["status"], shown["acknowledged_by"]) == ("acknowledged", stage.person.user_id)
        assert stage.person.call("GET", "/alerts/count") == {"count": 0}
        agent.post("PING", PING, probe=probe)
        stage.notice("resolved")
    assert len(stage.alerts()) == 1


def test_resolved_by_hand_it_opens_again_after_it_was_false(stage: Stage, probe: int) -> None:
    stage.rule(metric="packet_loss", threshold=5, cooldown_minutes=60)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        alert = stage.notice("triggered")["alert_id"]
        resolved = stage.person.call("PATCH", f"/alerts/{alert}", {"status": "resolved"})
        assert resolved["status"] == "resolved"
        stage.notice("resolved")
        agent.post("PING", LOST, probe=probe)
        stage.quiet()
        agent.post("PING", PING, probe=probe)
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered", 2)
        # Resolved by itself, the cooldown holds.
        agent.post("PING", PING, probe=probe)
        stage.notice("resolved", 2)
        agent.post("PING", LOST, probe=probe)
        stage.quiet()


def test_a_rule_for_all_speaks_of_each_probe_and_target(stage: Stage, probe: int) -> None:
    other = stage.person.probe(stage.agent, type="PING", targets=["10.0.0.2", "10.0.0.3"])
    stage.rule(metric="packet_loss", threshold=5, tells="alerts")
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe, target="10.0.0.1")
        told = stage.notice("triggered", probe_id=probe)
        assert (told["probe_name"], told["probe_target"]) == ("Core Router", "10.0.0.1")
        assert (
            told["message"]
            == "packet_loss 100 % > 5 % (no answer) on Core Router (10.0.0.1) from site"
        )
        agent.post("PING", LOST, probe=other, target="10.0.0.2")
        agent.post("PING", PING, probe=other, target="10.0.0.3")
        stage.notice("triggered", probe_target="10.0.0.2")
        agent.post("PING", LOST, probe=other, target="10.0.0.3")
        stage.notice("triggered", probe_target="10.0.0.3")
    incidents = {alert["incident_id"] for alert in stage.alerts()}
    (incident,) = stage.person.call("GET", f"{stage.base}/incidents?open=true")["data"]
    assert incidents == {incident["id"]}
    assert (incident["scope"], incident["agent_id"]) == ("agent", stage.agent.id)
    assert incident["alerts"] == 3


def test_one_target_seen_by_two_agents_is_one_incident(stage: Stage) -> None:
    second = stage.person.agent(stage.workspace, "second")
    stage.rule(metric="packet_loss", threshold=5)
    probes = [
        stage.person.probe(agent, type="PING", targets=["10.9.9.9"])
        for agent in (stage.agent, second)
    ]
    for number, (agent, probe) in enumerate(zip((stage.agent, second), probes, strict=True), 1):
        with stage.speaking(agent) as speaker:
            speaker.post("PING", LOST, probe=probe, target="10.9.9.9")
            until(lambda number=number: len(stage.alerts()) == number, 5)
    stage.notice("triggered")
    stage.quiet()
    (incident,) = stage.person.call("GET", f"{stage.base}/incidents")["data"]
    assert (incident["scope"], incident["target"], incident["agent_id"]) == (
        "target",
        "10.9.9.9",
        None,
    )


def test_an_open_alert_has_the_value_of_now_and_the_worst(stage: Stage, probe: int) -> None:
    stage.rule(metric="packet_loss", threshold=5)
    with stage.speaking() as agent:
        for loss in (20.0, 60.0, 40.0):
            agent.post("PING", but(PING, packet_loss=loss), probe=probe)
        stage.notice("triggered")

        def values() -> tuple[float, float, float]:
            (alert,) = stage.alerts()
            return alert["value"], alert["last_value"], alert["worst_value"]

        until(lambda: values() == (20, 40, 60), 5)
        agent.post("PING", PING, probe=probe)
        told = stage.notice("resolved")
    assert (told["seq"], told["status"], told["ended"]) == (2, "resolved", "recovered")
    assert (told["last_value"], told["worst_value"]) == (0, 60)
    assert told["duration_sec"] is not None
    (alert,) = stage.alerts()
    assert (alert["ended"], alert["last_value"], alert["worst_value"]) == ("recovered", 0, 60)


def test_what_was_over_before_it_could_be_told_is_told_once(
    stage: Stage, probe: int, hooks: Hooks
) -> None:
    stage.rule(metric="packet_loss", threshold=5)
    hooks.refused.clear()
    hooks.refusals = 1
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        until(lambda: len(hooks.refused) == 1, 5)
        agent.post("PING", PING, probe=probe)
        told = stage.notice("resolved")
    assert (told["seq"], told["worst_value"]) == (2, 100)
    stage.quiet(1.5)
    assert [body["event"] for body in hooks.came[stage.name]] == ["resolved"]
    log = stage.person.call("GET", f"{stage.base}/deliveries")["data"]
    assert [line["state"] for line in log] == ["sent", "superseded"]


def test_deleting_a_rule_is_no_recovery(stage: Stage, probe: int) -> None:
    rule = stage.rule(metric="packet_loss", threshold=5)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered")
    stage.person.call("DELETE", f"{stage.base}/alert-rules/{rule['id']}")
    told = stage.notice("resolved")
    assert (told["ended"], told["last_value"]) == ("rule_deleted", 100)


def test_two_conditions_of_different_types(stage: Stage, probe: int) -> None:
    stage.rule(
        metric="packet_loss",
        threshold=5,
        metric2="memory_usage",
        operator2=">",
        threshold2=90,
        logical_op="AND",
    )
    full = but(SYSINFO, memoryInfo={"available_bytes": 80_000_000})
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        agent.post("SYSINFO", SYSINFO)
        agent.post("PING", LOST, probe=probe)
        stage.quiet()
        agent.post("SYSINFO", full)
        agent.post("PING", LOST, probe=probe)
        told = stage.notice("triggered")
        words = "packet_loss 100 % > 5 % and memory_usage 99 % > 90 % (no answer) on "
        assert told["message"].startswith(words)
        agent.post("SYSINFO", SYSINFO)
        agent.post("PING", LOST, probe=probe)
        stage.notice("resolved")


def test_n_of_the_last_m_and_a_recovery_threshold(stage: Stage, probe: int) -> None:
    stage.rule(metric="packet_loss", threshold=10, recovery_threshold=2, for_count=2, of_count=3)
    some = but(PING, packet_loss=5.0)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        agent.post("PING", some, probe=probe)
        stage.quiet()
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered")
        agent.post("PING", some, probe=probe)
        agent.post("PING", some, probe=probe)
        stage.quiet()
        agent.post("PING", PING, probe=probe)
        agent.post("PING", PING, probe=probe)
        stage.notice("resolved")


def test_alerts_of_a_probe_that_is_switched_off_or_gone_end(stage: Stage, probe: int) -> None:
    stage.rule(metric="packet_loss", threshold=5, tells="alerts")
    path = f"{stage.base}/agents/{stage.agent.id}/probes"
    other = stage.person.probe(stage.agent, type="PING", targets=["10.0.0.2"])
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        agent.post("PING", LOST, probe=other)
        stage.notice("triggered", 2)
        stage.person.call("PATCH", f"{path}/{probe}", {"enabled": False})
        stage.notice("resolved", probe_id=probe)
        stage.person.call("DELETE", f"{path}/{other}")
        stage.notice("resolved", probe_id=other)


def test_panels_are_told(stage: Stage, probe: int) -> None:
    stage.rule(metric="packet_loss", threshold=5)
    bearer = {"Authorization": f"Bearer {stage.person.token}"}
    url = f"{stage.person.controller.ws}/ws/panel"
    with connect(url, additional_headers=bearer, proxy=None) as panel, stage.speaking() as agent:
        panel.send(json.dumps({"type": "subscribe", "workspace_id": stage.workspace}))

        def next_update() -> Any:
            while (frame := json.loads(panel.recv(5)))["type"] != "alert_update":
                pass
            return frame

        agent.post("PING", LOST, probe=probe)
        opened = next_update()
        assert (opened["event"], opened["alert"]["status"]) == ("opened", "active")
        stage.person.call("PATCH", f"/alerts/{opened['alert']['id']}/acknowledge")
        assert next_update()["event"] == "changed"
        agent.post("PING", PING, probe=probe)
        assert next_update()["event"] == "resolved"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_is_open_is_taken_up_after_a_restart(
    request: pytest.FixtureRequest, tmp_path: Any, hooks: Hooks, database: str
) -> None:
    controller = quick_controller(tmp_path)
    if database == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        controller.env["FOREPOST_DATA__DATABASE_URL"] = server.database()
    controller.start()
    try:
        stage = Stage(controller.person(), hooks, f"restart-{database}")
        probe = stage.person.probe(stage.agent, type="PING", targets=["10.0.0.1"])
        rule = stage.rule(metric="packet_loss", threshold=5)
        with stage.speaking() as agent:
            agent.post("PING", LOST, probe=probe)
            stage.notice("triggered")
        stage.noted()
        controller.kill()
        controller.start()
        path = f"{stage.base}/alert-rules/{rule['id']}"
        assert stage.person.call("GET", path)["state"] == "down"
        with stage.speaking() as agent:
            agent.post("PING", LOST, probe=probe)
            stage.quiet()
            agent.post("PING", PING, probe=probe)
            stage.notice("resolved")
        assert len(stage.alerts()) == 1
    finally:
        controller.end()


def test_counters_for_prometheus(alerting: ControllerProcess, stage: Stage, probe: int) -> None:
    import httpx

    stage.rule(metric="packet_loss", threshold=5)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered")

    def counted() -> bool:
        text = httpx.get(f"{alerting.url}/metrics").text
        return all(
            f"forepost_alerts_{name}_total " in text
            and f"forepost_alerts_{name}_total 0.0" not in text
            for name in ("opened", "considered")
        )

    until(counted, 5)


def test_a_target_that_is_taken_out_of_its_probe_ends_its_alert(stage: Stage) -> None:
    targets = ["10.0.0.1", "10.0.0.2"]
    probe = stage.person.probe(stage.agent, type="PING", targets=targets)
    stage.rule(metric="failure", tells="alerts")
    with stage.speaking() as agent:
        for target in targets:
            agent.post("PING", LOST, probe=probe, target=target)
        stage.notice("triggered", 2)
        time.sleep(0.5)  # a turn of the timers has seen them
        path = f"{stage.base}/agents/{stage.agent.id}/probes/{probe}"
        stage.person.call("PATCH", path, {"replace_targets": [targets[1]]})
        over = stage.notice("resolved")
    assert (over["probe_target"], over["ended"]) == (targets[0], "target_gone")
    (left,) = stage.alerts(status="active")
    assert left["probe_target"] == targets[1]


def test_what_an_agent_measures_that_said_goodbye_is_not_known(stage: Stage, probe: int) -> None:
    stage.rule(metric="packet_loss", threshold=5)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        stage.notice("triggered")
        assert [one["is_known"] for one in stage.alerts()] == [True]
    until(lambda: [one["is_known"] for one in stage.alerts()] == [False], 3)
