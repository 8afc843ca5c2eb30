"""The notice of a test: nothing is wrong, and no alert has it. Pure."""

from datetime import datetime

from forepost.wire.rest.notify import Notice


def trial_of(
    what: str,
    workspace_id: int,
    panel_url: str,
    now: datetime,
    *,
    rule_id: int = 0,
    rule_name: str = "",
) -> Notice:
    """`what`: is tried, in words. `rule_id` 0: of a channel."""
    return Notice(
        alert_id=0,
        workspace_id=workspace_id,
        probe_id=None,
        agent_id=None,
        probe_type="",
        probe_name="",
        probe_target="",
        agent_name="",
        panel_url=panel_url,
        metric="",
        value=None,
        threshold=None,
        severity="warning",
        message=f"This is a test of {what}. Nothing is wrong.",
        triggered_at=now,
        event="test",
        resolved_at=None,
        rule_id=rule_id,
        rule_name=rule_name or what,
        incident_id=None,
    )
