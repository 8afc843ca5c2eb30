"""Who did what with an alert, in a running controller."""

from typing import Any

import pytest

from tests.controller.alerts.alert_stage import Stage
from tests.controller.alerts.samples import PING, but
from tests.running import Person, until

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)


@pytest.fixture
def alert(stage: Stage) -> str:
    """The path of an open alert."""
    probe = stage.person.probe(stage.agent, type="PING", targets=["198.18.0.1"])
    stage.rule(metric="packet_loss", threshold=5)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe)
        return f"{stage.base}/alerts/{stage.notice('triggered')['alert_id']}"


def events(stage: Stage, path: str) -> list[Any]:
    found: list[Any] = stage.person.call("GET", f"{path}/history")["data"]
    return found


def test_several_people_acknowledge_and_take_it_back(stage: Stage, alert: str) -> None:
    me = f"{stage.name[1:]}@example.com"
    other = stage.person.controller.person(f"other-{me}", "a good password")
    stage.person.admit(other, stage.workspace, "USER")
    new = {"name": "ci-bot", "role": "USER"}
    made = stage.person.call("POST", f"{stage.base}/api-keys", new, status=201)
    bot = Person(stage.person.controller, made["secret"], 0)
    first = stage.person.call("PATCH", alert, {"status": "acknowledged", "note": "on my way"})
    assert (first["acknowledged_name"], first["acknowledged_until"]) == (me, None)
    assert stage.person.call("PATCH", alert, {"status": "acknowledged"}) == first
    second = other.call("PATCH", alert, {"status": "acknowledged", "note": "me too", "minutes": 30})
    assert (second["acknowledged_name"], second["acknowledged_by"]) == (me, stage.person.user_id)
    assert second["acknowledged_until"] > second["acknowledged_at"]
    bot.call("PATCH", alert, {"status": "acknowledged", "note": "seen"})
    back = other.call("PATCH", alert, {"status": "active", "note": "it is not me"})
    assert (back["status"], back["acknowledged_by"], back["acknowledged_name"]) == (
        "active",
        None,
        "",
    )
    by_bot = bot.call("PATCH", alert, {"status": "acknowledged"})
    assert by_bot["acknowledged_name"] == "key: ci-bot"
    # A key that is gone, and a member who is: what they did stays.
    stage.person.call("DELETE", f"{stage.base}/api-keys/{made['api_key']['id']}")
    assert stage.person.call("PATCH", alert, {"status": "resolved", "note": "done"})["ended"]
    for late in ("acknowledged", "active"):
        refused = stage.person.call("PATCH", alert, {"status": late}, status=409)
        assert refused == {"error": "alert: it is resolved already"}
    number = alert.rpartition("/")[2]
    stage.person.call("PATCH", f"/alerts/{number}/acknowledge", status=409)
    assert stage.person.call("PATCH", f"/alerts/{number}/resolve") == {"ok": True}
    found = events(stage, alert)
    whole = [(one["what"], one["name"], one["note"]) for one in found if one["what"] != "told"]
    assert whole[1:] == [
        ("acknowledged", me, "on my way"),
        ("acknowledged", f"other-{me}", "me too"),
        ("acknowledged", "key: ci-bot", "seen"),
        ("returned", f"other-{me}", "it is not me"),
        ("acknowledged", "key: ci-bot", ""),
        ("resolved", me, "done"),
        ("ended", "", ""),
    ]
    assert [one["ended"] for one in found if one["what"] == "ended"] == ["by_hand"]
    assert whole[0][0] == "opened"
    assert whole[0][2].startswith("packet_loss 100 % > 5 %")


def test_what_was_told_over_what_is_in_the_history(stage: Stage, alert: str) -> None:
    def told() -> list[Any]:
        return [
            one for one in events(stage, alert) if one["what"] == "told" and one["state"] == "sent"
        ]

    (one,) = until(told, 8)
    assert one["event"] == "triggered"
    assert one["channel"].startswith("http://127.0.0.1")
    assert stage.name not in one["channel"]
    stage.person.call("PATCH", alert, {"status": "resolved"})
    until(lambda: [found["event"] for found in told()] == ["triggered", "resolved"], 8)


def test_a_named_channel_is_in_the_history_by_its_name(stage: Stage) -> None:
    body = {"name": "night shift", "kind": "webhook", "url": stage.hooks.url(f"{stage.name}-named")}
    path = f"{stage.base}/channels"
    channel = stage.person.call("POST", f"{path}?test=false", body, status=201)
    stage.rule(
        metric="packet_loss",
        threshold=5,
        critical_threshold=50,
        severity="warning",
        notify_webhook=False,
        channel_ids=[channel["id"]],
    )
    probe = stage.person.probe(stage.agent, type="PING", targets=["198.18.0.1"])
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=probe, target="198.18.0.1")
        (open_one,) = until(stage.alerts, 8)
        # The threshold is the one that is passed, and a probe without a name has its type once.
        words = "packet_loss 100 % > 50 % (no answer) on PING 198.18.0.1 from site"
        assert (open_one["message"], open_one["threshold"]) == (words, 50)

    def channels() -> list[str]:
        found = events(stage, f"{stage.base}/alerts/{open_one['id']}")
        return [one["channel"] for one in found if one["what"] == "told"]

    assert until(channels, 8) == ["night shift"]


def test_what_makes_no_sense_is_refused(stage: Stage, alert: str) -> None:
    for body, said in (
        ({"status": "resolved", "minutes": 5}, "minutes: only with"),
        ({"status": "acknowledged", "minutes": 0}, "minutes: "),
        ({"status": "acknowledged", "minutes": 50_000}, "minutes: "),
        ({"status": "acknowledged", "note": "x" * 4_001}, "note: "),
        ({"status": "open"}, "status: "),
    ):
        assert stage.person.call("PATCH", alert, body, status=400)["error"].startswith(said)
    viewer = stage.person.controller.person(f"viewer-{stage.name[1:]}@example.com", "a password")
    stage.person.call("GET", f"{stage.base}/alerts/99999/history", status=404)
    viewer.call("GET", f"{alert}/history", status=404)
    stage.person.admit(viewer, stage.workspace, "VIEWER")
    viewer.call("PATCH", alert, {"status": "acknowledged"}, status=403)
    assert viewer.call("GET", f"{alert}/history")["data"]
