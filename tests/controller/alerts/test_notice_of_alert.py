"""The body of a notice, and where it links to: pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

from forepost.controller.alerts.notice_of_alert import notice_of
from forepost.controller.alerts.notices import once
from forepost.wire.rest.alerts import Alert
from forepost.wire.rest.notify import Channel, Notice, NoticeEvent

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PANEL = "https://panel.example.com"
SEEN = "https://panel.example.com/w/1/sites/10"


def told(event: NoticeEvent = "triggered", **fields: Any) -> Notice:
    given: dict[str, Any] = {
        **dict.fromkeys(("id", "alert_rule_id", "workspace_id", "probe_id"), 1),
        **dict.fromkeys(("created_at", "updated_at", "triggered_at"), BEGAN),
        **dict.fromkeys(("rule_name", "probe_type", "probe_name", "probe_target"), "x"),
        **dict.fromkeys(("resolved_at", "acknowledged_at", "acknowledged_by", "incident_id")),
        "agent_id": 10,
        "agent_name": "edge",
        "metric": "packet_loss",
        "value": 1.0,
        "threshold": 1.0,
        "severity": "warning",
        "status": "active",
        "message": "m",
    }
    alert = Alert(**{**given, **fields})
    return notice_of(alert, event, seq=1, panel_url=PANEL)


def test_it_links_to_what_the_panel_has() -> None:
    assert told(probe_id=45).link == f"{SEEN}/probes/45?from=1767223800&to=1767227400"
    over = BEGAN + timedelta(hours=2)
    assert told(resolved_at=over).link == f"{SEEN}/probes/1?from=1767223800&to=1767234600"
    assert told(probe_id=None).link == SEEN
    assert told(probe_id=None, agent_id=None).link == f"{PANEL}/w/1/alerts"


def test_it_says_what_the_value_is_measured_in() -> None:
    assert told().unit == "%"
    assert told(metric="latency").unit == "ms"
    assert told(metric="no_data").unit == "s"


def test_nobody_is_told_twice_of_one_notice() -> None:
    mine = Channel(kind="email", url="a@example.com", key="email:1")
    other = Channel(kind="email", url="b@example.com", key="email:2")
    named = Channel(kind="email", url="a@example.com", key="channel:3:1", channel_id=3)
    again = Channel(kind="email", url="a@example.com", key="channel:4:1", channel_id=4)
    hooks = [
        Channel(kind="webhook", url="https://x.example/", key=f"channel:{n}", channel_id=n)
        for n in (5, 6)
    ]
    assert once([mine, other, named, again, mine, *hooks]) == [mine, other, *hooks]
    assert once([named, again, named]) == [named, again], "each channel as it was asked for"


def test_the_end_does_not_read_like_the_beginning() -> None:
    over: dict[str, Any] = {"resolved_at": BEGAN + timedelta(seconds=310), "last_value": 0.0}
    assert told("resolved", **over, ended="recovered").message == (
        "recovered after 5 min 10 s, packet_loss 0 % at the end; it was: m"
    )
    assert told("resolved", **over, ended="by_hand").message.startswith("resolved by hand after 5")
    # Nobody looks any more: that is no recovery.
    assert told("resolved", **over, ended="rule_deleted").message.startswith("no longer watched")
    flag = told("resolved", **over, ended="recovered", metric="failure")
    assert flag.message == "recovered after 5 min 10 s; it was: m"


def test_an_escalation_says_that_it_is_one() -> None:
    at = BEGAN + timedelta(minutes=30)
    escalated = told(escalated_at=at)
    assert escalated.message == "escalated, as nobody has acknowledged it for 30 min: m"
    assert escalated.escalated_at == at
    assert told("worse", escalated_at=at).message == "m"
