"""What a rule would have done, said before it is made."""

from typing import Any

from tests.controller.alerts.alert_stage import Stage
from tests.controller.alerts.samples import PING, but


def preview(stage: Stage, status: int = 200, **fields: Any) -> Any:
    rule = {"name": "r", "metric": "packet_loss", "operator": ">", "threshold": 5}
    rule |= {"cooldown_minutes": 0, **fields}
    return stage.person.call("POST", f"{stage.base}/alert-rules/preview", rule, status=status)


def test_a_threshold_that_makes_no_sense_is_told_by_number(stage: Stage) -> None:
    probe = stage.person.probe(stage.agent, type="PING", targets=["192.0.2.1"])
    other = stage.person.probe(stage.agent, type="PING", targets=["192.0.2.2"])
    with stage.speaking() as agent:
        for loss in (0.0, 20.0, 0.0, 30.0, 0.0, 40.0):
            agent.post("PING", but(PING, packet_loss=loss), probe=probe)
            agent.post("PING", PING, probe=other)
    found = preview(stage)
    assert (found["fired"], found["lines_firing_now"], found["results"]) == (3, 1, 12)
    assert found["text"] == "would have fired 3 times in 7 days"
    assert preview(stage, threshold=35)["fired"] == 1
    assert preview(stage, for_count=2, of_count=3)["fired"] == 1
    assert preview(stage, probe_id=other)["fired"] == 0
    assert preview(stage, cooldown_minutes=5)["fired"] == 1
    assert stage.person.call("GET", f"{stage.base}/alert-rules")["data"] == []
    assert stage.alerts() == []


def test_what_cannot_be_tried_says_so(stage: Stage) -> None:
    refused = preview(stage, status=400, metric="offline")
    assert refused["error"].startswith("metric: only what results say")
    assert preview(stage, status=400, for_count=9)["error"].startswith("for_count")


def test_what_is_of_others_is_refused_as_for_a_rule(stage: Stage) -> None:
    stranger = stage.person.controller.person("stranger@example.com", "a good password")
    agent = stranger.agent(stranger.workspace("theirs"))
    probe = stranger.probe(agent, type="PING", targets=["198.18.0.9"])
    assert preview(stage, 400, probe_id=probe)["error"].startswith("probe_id: no probe")
    assert preview(stage, 400, agent_id=agent.id)["error"].startswith("agent_id: no agent")
    assert preview(stage, 400, channel_ids=[10**6])["error"].startswith("channel_ids: no channel")
