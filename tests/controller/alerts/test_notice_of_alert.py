"""The body of a notice, and where it links to: pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

from forepost.controller.alerts.notice_of_alert import notice_of
from forepost.controller.alerts.notices import once
from forepost.wire.rest.alerts import Alert
from forepost.wire.rest.notify import Channel, Notice

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PANEL = "https://panel.example.com"
SEEN = "https://panel.example.com/w/1/sites/10"


def told(**fields: Any) -> Notice:
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
    return notice_of(alert, "triggered", seq=1, panel_url=PANEL)


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
