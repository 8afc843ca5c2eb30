"""Channels that are switched, added and taken out while something is open."""

from typing import Any

import pytest

from tests.controller.alerts.alert_stage import Stage
from tests.controller.alerts.test_route_notices import LOST, WELL, Routing
from tests.running import until

EACH_WAY = pytest.mark.parametrize("tells", ["incidents", "alerts"])


class Scene:
    """A rule that tells named channels, and a probe."""

    def __init__(self, stage: Stage, tells: str) -> None:
        self.stage, self.routing = stage, Routing(stage)
        self.day, self.night = (self.routing.channel(name) for name in ("day", "night"))
        self.probe = stage.person.probe(stage.agent, type="PING", targets=["198.18.0.1"])
        self.path = ""
        self.tells = tells

    def rule(self, *channels: int) -> None:
        made = self.stage.rule(
            metric="packet_loss",
            notify_webhook=False,
            webhook_url="",
            tells=self.tells,
            channel_ids=list(channels),
        )
        self.path = f"{self.stage.base}/alert-rules/{made['id']}"

    def change(self, **fields: Any) -> None:
        self.routing.call("PATCH", self.path, fields)

    def enable(self, channel: int, *, enabled: bool) -> None:
        self.routing.call("PATCH", f"{self.stage.base}/channels/{channel}", {"enabled": enabled})

    def told(self, name: str, *events: str) -> None:
        until(lambda: len(self.routing.told(name)) >= len(events), 8, lambda: name)
        assert self.routing.told(name) == list(events)


@EACH_WAY
def test_a_channel_that_was_disabled_for_a_while_hears_the_end(stage: Stage, tells: str) -> None:
    """Also where the rule was changed meanwhile."""
    scene = Scene(stage, tells)
    scene.rule(scene.day)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=scene.probe)
        scene.told("day", "triggered")
        scene.enable(scene.day, enabled=False)
        scene.change(description="x")
        scene.enable(scene.day, enabled=True)
        agent.post("PING", WELL, probe=scene.probe)
        scene.told("day", "triggered", "resolved")


@EACH_WAY
def test_a_channel_that_is_enabled_hears_of_what_is_open_once(stage: Stage, tells: str) -> None:
    scene = Scene(stage, tells)
    scene.enable(scene.day, enabled=False)
    scene.rule(scene.day, scene.night)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=scene.probe)
        scene.told("night", "triggered")
        assert scene.routing.told("day") == []
        scene.enable(scene.day, enabled=True)
        scene.told("day", "triggered")
        scene.enable(scene.day, enabled=False)
        scene.enable(scene.day, enabled=True)
        agent.post("PING", WELL, probe=scene.probe)
        scene.told("day", "triggered", "resolved")
        scene.told("night", "triggered", "resolved")


@EACH_WAY
def test_a_channel_that_is_taken_out_hears_that_it_is_told_no_more(
    stage: Stage, tells: str
) -> None:
    scene = Scene(stage, tells)
    scene.rule(scene.day, scene.night)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=scene.probe)
        scene.told("day", "triggered")
        scene.told("night", "triggered")
        scene.change(channel_ids=[scene.night])
        scene.told("day", "triggered", "withdrawn")
        scene.change(description="x")
        # And one that is put in again hears of it again.
        scene.change(channel_ids=[scene.night, scene.day])
        scene.told("day", "triggered", "withdrawn", "triggered")
        agent.post("PING", WELL, probe=scene.probe)
        scene.told("day", "triggered", "withdrawn", "triggered", "resolved")
        scene.told("night", "triggered", "resolved")


@EACH_WAY
def test_a_channel_that_is_added_hears_of_what_is_open_once(stage: Stage, tells: str) -> None:
    scene = Scene(stage, tells)
    scene.rule(scene.night)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=scene.probe)
        scene.told("night", "triggered")
        scene.change(channel_ids=[scene.night, scene.day])
        scene.told("day", "triggered")
        scene.change(description="x")
        agent.post("PING", WELL, probe=scene.probe)
        scene.told("day", "triggered", "resolved")
        scene.told("night", "triggered", "resolved")


@EACH_WAY
def test_a_channel_that_is_disabled_or_deleted_hears_nothing(stage: Stage, tells: str) -> None:
    scene = Scene(stage, tells)
    scene.rule(scene.day, scene.night)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=scene.probe)
        scene.told("day", "triggered")
        scene.told("night", "triggered")
        scene.enable(scene.day, enabled=False)
        path = f"{stage.base}/channels/{scene.night}?force=true"
        scene.routing.call("DELETE", path)
        agent.post("PING", WELL, probe=scene.probe)
        until(lambda: not stage.alerts(status="active"), 5)
        scene.enable(scene.day, enabled=True)
        stage.quiet()
    assert scene.routing.told("day") == scene.routing.told("night") == ["triggered"]
