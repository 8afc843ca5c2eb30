"""Notices for tests."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from forepost.wire.rest.notify import Notice

NOTICE = Notice(
    alert_id=123,
    workspace_id=1,
    probe_id=45,
    agent_id=10,
    probe_type="PING",
    probe_name="Ping to Google",
    probe_target="8.8.8.8",
    agent_name="edge",
    panel_url="https://panel.example.com",
    metric="packet_loss",
    value=5.2,
    threshold=1.0,
    severity="critical",
    message="packet_loss is 5.2",
    triggered_at=datetime(2026, 1, 1, tzinfo=UTC),
    event="triggered",
    resolved_at=None,
    rule_id=7,
    rule_name="loss",
    incident_id=None,
)


def notice(**changes: Any) -> Notice:
    return msgspec.structs.replace(NOTICE, **changes)
