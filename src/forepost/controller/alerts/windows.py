"""Maintenance windows: what they cover, and when. Pure."""

from collections.abc import Iterable
from datetime import datetime

from forepost.controller.alerts.checks import PERIOD
from forepost.wire.rest.alerts import Rule, Window


def lasts(window: Window, at: datetime) -> bool:
    """Whether the window, or a repetition of it, is on. Its end is not part of it."""
    since = at - window.starts_at
    if since.total_seconds() < 0:
        return False
    period = PERIOD.get(window.recurrence)
    if period is not None:
        since %= period
    return since < window.ends_at - window.starts_at


def names(window: Window, probe_id: int, agent_id: int) -> bool:
    if not window.agent_ids and not window.probe_ids:
        return True
    return probe_id in window.probe_ids or agent_id in window.agent_ids


def covered(
    windows: Iterable[Window], rule: Rule, probe_id: int, agent_id: int, at: datetime
) -> bool:
    """Whether no alert may open now: by a window that names it, or by the rule's own window."""
    return any(
        lasts(window, at)
        and (window.id == rule.maintenance_window_id or names(window, probe_id, agent_id))
        for window in windows
    )
