"""What a new workspace hears of without anybody having made a rule."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controller.alerts.alert_stage import Hooks, Stage, quick_controller
from tests.controller.alerts.samples import PING, but
from tests.running import ControllerProcess, until

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[ControllerProcess]:
    controller = quick_controller(tmp_path)
    del controller.env["FOREPOST_ALERTS__DEFAULT_RULES"]
    controller.start()
    yield controller
    controller.end()


def test_a_target_that_does_not_answer_is_an_alert(fresh: ControllerProcess, hooks: Hooks) -> None:
    stage = Stage(fresh.person(), hooks, "fresh")
    rules = stage.person.call("GET", f"{stage.base}/alert-rules")["data"]
    assert [(rule["name"], rule["severity"], rule["enabled"]) for rule in rules] == [
        ("Agent offline", "critical", True),
        ("No answer", "critical", True),
        ("Packet loss", "warning", True),
        ("Certificate ends", "warning", True),
    ]
    assert not any(rule["notify_email"] or rule["notify_webhook"] for rule in rules)
    probe = stage.person.probe(stage.agent, type="PING", targets=["192.0.2.1"])
    with stage.speaking() as agent:
        for _ in range(3):
            agent.post("PING", LOST, probe=probe)
        until(
            lambda: {one["rule_name"] for one in stage.alerts()} == {"No answer", "Packet loss"}, 5
        )
    assert {one["severity"] for one in stage.alerts()} == {"critical"}
    incidents = stage.person.call("GET", f"{stage.base}/incidents")["data"]
    assert len(incidents) == 1
    # Each can be switched off and deleted, and stays so.
    path = f"{stage.base}/alert-rules"
    assert stage.person.call("PATCH", f"{path}/{rules[1]['id']}", {"enabled": False})
    assert stage.person.call("DELETE", f"{path}/{rules[2]['id']}") == {"ok": True}
    until(lambda: not stage.alerts(status="active"), 5)
    fresh.kill()
    fresh.start()
    left = stage.person.call("GET", path)["data"]
    assert [(rule["name"], rule["enabled"]) for rule in left] == [
        ("Agent offline", True),
        ("No answer", False),
        ("Certificate ends", True),
    ]
