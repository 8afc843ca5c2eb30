"""What a template can name, of a notice. Pure."""

from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from forepost.controller.notify import words
from forepost.wire.rest.notify import Notice
from forepost.wire.rest.units import duration, with_unit

NAMES: Final = frozenset(
    "title text event status severity ended message rule agent probe probe_type target metric unit "  # noqa: SIM905
    "value threshold last_value worst_value value_number threshold_number triggered_at resolved_at "
    "duration why incident alerts open_alerts link panel_url alert_id incident_id workspace "
    "workspace_id seq escalated_at notice".split()
)


def values_of(notice: Notice, zone: ZoneInfo) -> dict[str, str]:
    """Every name with its value; empty where there is none. `title` and `text` are the usual ones.
    All but `text`, `alerts` and `notice` are one line.
    """
    incident = notice.incident
    lines = {
        "title": words.title(notice),
        "event": notice.event,
        "status": notice.status,
        "severity": notice.severity,
        "ended": notice.ended,
        "message": notice.message,
        "rule": notice.rule_name,
        "agent": notice.agent_name,
        "probe": notice.probe_name,
        "probe_type": notice.probe_type,
        "target": notice.probe_target,
        "metric": notice.metric,
        "unit": notice.unit,
        "value": with_unit(notice.metric, notice.value),
        "threshold": with_unit(notice.metric, notice.threshold),
        "last_value": with_unit(notice.metric, notice.last_value),
        "worst_value": with_unit(notice.metric, notice.worst_value),
        "value_number": _plain(notice.value),
        "threshold_number": _plain(notice.threshold),
        "triggered_at": words.moment(notice.triggered_at, zone),
        "resolved_at": "" if notice.resolved_at is None else words.moment(notice.resolved_at, zone),
        "duration": "" if notice.duration_sec is None else duration(notice.duration_sec),
        "why": "" if incident is None else incident.cause_text,
        "incident": "" if incident is None else incident.title,
        "open_alerts": "" if incident is None else str(incident.open_alerts),
        "link": notice.link or notice.panel_url,
        "panel_url": notice.panel_url,
        "alert_id": str(notice.alert_id),
        "incident_id": _plain(notice.incident_id),
        "workspace": notice.workspace_name,
        "escalated_at": ""
        if notice.escalated_at is None
        else words.moment(notice.escalated_at, zone),
        "workspace_id": str(notice.workspace_id),
        "seq": str(notice.seq),
    }
    return {
        **{name: words.one_line(line) for name, line in lines.items()},
        "text": words.text(notice, zone).rstrip("\n"),
        "alerts": "" if incident is None else "\n".join(words.listed(incident)),
        "notice": msgspec.json.encode(notice).decode(),
    }


def _plain(number: float | None) -> str:
    """As JSON has it; `null` where there is none."""
    return msgspec.json.encode(number).decode()
