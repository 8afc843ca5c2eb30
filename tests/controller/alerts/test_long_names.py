"""Names and targets may be as long as somebody likes; what is told of them fits a subject."""

from tests.controller.alerts.alert_stage import Stage
from tests.controller.alerts.samples import PING, but

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)


def test_what_is_told_is_short_though_a_name_and_a_target_are_not(stage: Stage) -> None:
    stage.rule(metric="packet_loss", threshold=5, tells="alerts")
    name = "Core\r\n\u2028Router " + "x" * 20_000
    probe = stage.person.probe(
        stage.agent, type="PING", targets=["198.18.0.1"], labels={"name": name}
    )
    target = "y" * 2_000
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe, target=target)
        told = stage.notice("triggered")
    assert told["probe_name"].startswith("Core Router xxx")
    assert len(told["probe_name"]) == 200
    assert told["probe_target"] == target
    assert len(told["message"]) < 600
    assert "\n" not in told["message"]
