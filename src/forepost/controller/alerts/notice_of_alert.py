"""The body of a notice: what is so, of one alert or of an incident whose worst it is. Pure."""

from datetime import datetime, timedelta
from typing import Final

from forepost.wire.rest.alerts import Alert
from forepost.wire.rest.notify import Ended, Notice, NoticeEvent, NoticeIncident
from forepost.wire.rest.units import duration, unit_of, with_unit

_OVER: Final[dict[Ended, str]] = {
    "": "recovered",
    "recovered": "recovered",
    "by_hand": "resolved by hand",
}
AROUND: Final = timedelta(minutes=30)
"""That a link shows before and after."""


def notice_of(
    alert: Alert,
    event: NoticeEvent,
    *,
    seq: int,
    panel_url: str,
    incident: NoticeIncident | None = None,
    began: datetime | None = None,
    message: str = "",
) -> Notice:
    """`began`, `message`: of the incident, instead of the alert's."""
    began = began or alert.triggered_at
    return Notice(
        event=event,
        alert_id=alert.id,
        workspace_id=alert.workspace_id,
        probe_id=alert.probe_id,
        agent_id=alert.agent_id,
        probe_type=alert.probe_type,
        probe_name=alert.probe_name,
        probe_target=alert.probe_target,
        agent_name=alert.agent_name,
        panel_url=panel_url,
        metric=alert.metric,
        value=alert.value,
        threshold=alert.threshold,
        severity=alert.severity,
        message=_sentence(alert, event, began, message or alert.message),
        triggered_at=alert.triggered_at,
        resolved_at=alert.resolved_at,
        rule_id=alert.alert_rule_id,
        rule_name=alert.rule_name,
        incident_id=alert.incident_id,
        seq=seq,
        status=alert.status,
        ended=alert.ended,
        last_value=alert.last_value,
        worst_value=alert.worst_value,
        unit=unit_of(alert.metric),
        link=_link(alert, began, panel_url),
        duration_sec=_duration_sec(began, alert.resolved_at),
        incident=incident,
        escalated_at=alert.escalated_at,
    )


def _sentence(alert: Alert, event: NoticeEvent, began: datetime, message: str) -> str:
    """What is so; of what is over or escalates, that it does."""
    if event == "resolved":
        after = "" if alert.resolved_at is None else f" after {_span(began, alert.resolved_at)}"
        now = with_unit(alert.metric, alert.last_value)
        is_said = now and unit_of(alert.metric) != "flag"
        last = f", {alert.metric} {now} at the end" if is_said else ""
        return f"{_OVER.get(alert.ended, 'no longer watched')}{after}{last}; it was: {message}"
    if event == "triggered" and alert.escalated_at is not None:
        span = _span(alert.triggered_at, alert.escalated_at)
        return f"escalated, as nobody has acknowledged it for {span}: {message}"
    return message


def _span(began: datetime, ended: datetime) -> str:
    return duration(max(0, round((ended - began).total_seconds())))


def _link(alert: Alert, began: datetime, panel_url: str) -> str:
    """To the panel's page of what it is about, around the time of it: see `panel/src/route.ts`."""
    if not panel_url:
        return ""
    base = f"{panel_url.rstrip('/')}/w/{alert.workspace_id}"
    if alert.agent_id is None:
        return f"{base}/alerts" if alert.resolved_at is None else f"{base}/alerts?status=all"
    if alert.probe_id is None:
        return f"{base}/sites/{alert.agent_id}"
    since = int((began - AROUND).timestamp())
    until = int(((alert.resolved_at or alert.triggered_at) + AROUND).timestamp())
    return f"{base}/sites/{alert.agent_id}/probes/{alert.probe_id}?from={since}&to={until}"


def _duration_sec(began: datetime, ended: datetime | None) -> int | None:
    return None if ended is None else max(0, round((ended - began).total_seconds()))
