"""A controller that is killed while a receiver takes its time."""

from pathlib import Path

from tests.controller.alerts.alert_stage import Hooks, Stage, quick_controller
from tests.controller.alerts.samples import PING, but
from tests.running import until

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)


def test_what_was_on_its_way_is_told_at_the_next_start_and_holds_nothing_up(
    tmp_path: Path, hooks: Hooks
) -> None:
    controller = quick_controller(tmp_path)
    controller.start()
    try:
        stage = Stage(controller.person(), hooks, "killed-while-telling")
        one, two = (
            stage.person.probe(stage.agent, type="PING", targets=[f"198.18.0.{n}"]) for n in (1, 2)
        )
        stage.rule(metric="failure", tells="alerts", probe_id=one)
        stage.rule(metric="failure", tells="alerts", probe_id=two)
        hooks.stalls = 2
        with stage.speaking() as agent:
            agent.post("PING", LOST, probe=one)
            agent.post("PING", LOST, probe=two)
            until(lambda: len(hooks.stalled) == 2, 8)
            # The end of one is known, and waits for its beginning.
            agent.post("PING", PING, probe=one)
            until(lambda: len(stage.alerts(status="active")) == 1, 5)
        controller.kill()
        controller.start()
        assert stage.notice("triggered")["probe_id"] == two
        assert stage.notice("resolved")["probe_id"] == one
        stage.quiet()
        assert len(hooks.came[stage.name]) == 2
    finally:
        controller.end()
