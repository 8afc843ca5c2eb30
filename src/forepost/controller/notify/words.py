"""A notice in words for people: a line, a text, a page of a mail. Pure."""

from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from forepost.wire.jobs.rest import RunNotice
from forepost.wire.rest.notify import Ended, Notice, NoticeEvent, NoticeIncident
from forepost.wire.rest.units import duration, with_unit

UTC: Final = ZoneInfo("UTC")
RESOLVED: Final[tuple[Ended, ...]] = ("", "recovered", "by_hand")
"""Deleting a rule is no recovery."""


_ENDED: Final[dict[Ended, str]] = {
    "": "",
    "recovered": "recovered",
    "by_hand": "resolved by hand",
    "rule_changed": "the rule was changed: whether it is well is not known",
    "rule_disabled": "the rule was switched off: whether it is well is not known",
    "rule_deleted": "the rule was deleted: whether it is well is not known",
    "probe_gone": "the probe was switched off or deleted: whether it is well is not known",
    "target_gone": "the target was taken out of the probe: whether it is well is not known",
    "agent_gone": "the agent was deleted: whether it is well is not known",
}


_EVENTS: Final[dict[NoticeEvent, str]] = {
    "test": "test: ",
    "grew": "more of: ",
    "worse": "worse: ",
    "eased": "less severe: ",
    "cause": "cause: ",
    "flapping": "flapping: ",
    "reminder": "still: ",
    "withdrawn": "told here no more: ",
}


def title(notice: Notice) -> str:
    over = "resolved: " if notice.ended in RESOLVED else "ended: "
    incident = notice.incident
    event = _EVENTS.get(notice.event, over if notice.event == "resolved" else "")
    if notice.event == "triggered" and incident is not None and incident.times > 1:
        event = "again: "
    if notice.event == "triggered" and notice.escalated_at is not None:
        event = "escalated: "
    where = notice.probe_name or notice.probe_target or notice.agent_name
    others = 0 if incident is None else _others(incident)
    more = f" and {others} more" if others and notice.event != "resolved" else ""
    return one_line(
        f"[{notice.severity}] {event}{notice.rule_name}" + (f" - {where}" if where else "") + more
    )


def text(notice: Notice, zone: ZoneInfo = UTC) -> str:
    lines = [one_line(notice.message), ""]
    lines += [f"{name}: {value}" for name, value in _facts(notice, zone)]
    if notice.incident is not None and len(notice.incident.alerts) > 1:
        lines += ["", *listed(notice.incident)]
    if notice.link or notice.panel_url:
        lines += ["", notice.link or notice.panel_url]
    return "\n".join(lines) + "\n"


def _others(incident: NoticeIncident) -> int:
    return max(0, incident.open_alerts + incident.symptoms - 1)


def listed(incident: NoticeIncident) -> list[str]:
    lines = [f"[{one.severity}] {one_line(one.message)}" for one in incident.alerts]
    if incident.more:
        lines.append(f"and {incident.more:,} more")
    if incident.symptoms:
        lines.append(f"and {incident.symptoms:,} that these explain")
    return lines


def html(notice: Notice, zone: ZoneInfo = UTC) -> str:
    """Every value is escaped: names and targets are what somebody typed."""
    rows = "".join(
        f"<tr><th align=left>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in _facts(notice, zone)
    )
    others = ""
    if notice.incident is not None and len(notice.incident.alerts) > 1:
        items = "".join(f"<li>{escape(line)}</li>" for line in listed(notice.incident))
        others = f"<ul>{items}</ul>"
    link = ""
    place = notice.link or notice.panel_url
    if place.startswith(("https://", "http://")):
        link = f'<p><a href="{escape(place)}">{escape(place)}</a></p>'
    return (
        f"<!doctype html><html><body><h2>{escape(title(notice))}</h2>"
        f"<p>{escape(one_line(notice.message))}</p><table>{rows}</table>{others}{link}</body></html>\n"
    )


def run_title(notice: RunNotice) -> str:
    return one_line(f"[{notice.job_run.status}] job {notice.job_run.name}")


def run_text(notice: RunNotice) -> str:
    lines = [*_run_lines(notice), *(["", notice.panel_url] if notice.panel_url else [])]
    return "\n".join(lines) + "\n"


def run_html(notice: RunNotice) -> str:
    lines = "<br>".join(escape(line) for line in _run_lines(notice))
    title = escape(run_title(notice))
    return f"<!doctype html><html><body><h2>{title}</h2><p>{lines}</p></body></html>\n"


def _run_lines(notice: RunNotice) -> list[str]:
    run = notice.job_run
    counts = {name: n for name in run.counts.__struct_fields__ if (n := getattr(run.counts, name))}
    told = ", ".join(f"{n} {name}" for name, n in counts.items())
    lines = [f"Run {run.id} of job {run.name}: {run.status}"]
    lines += [f"Workspace: {notice.workspace_name}"] if notice.workspace_name else []
    lines.append(f"Agents: {told or 'none'}")
    lines += [
        f"{one.agent_name} (agent {one.agent_id}): "
        + ": ".join(filter(None, (one.state, one.reason)))
        for one in notice.failed
    ]
    return [one_line(line) for line in lines]


def moment(at: datetime, zone: ZoneInfo) -> str:
    """By the clocks of that place, with their offset: two places never mistake it."""
    return at.astimezone(zone).isoformat(" ", "seconds")


def _facts(notice: Notice, zone: ZoneInfo) -> list[tuple[str, str]]:
    facts = [
        ("Workspace", notice.workspace_name),
        ("Rule", notice.rule_name),
        ("Severity", notice.severity),
        ("Agent", notice.agent_name),
        ("Probe", _probe(notice)),
        ("Target", notice.probe_target),
        ("Metric", notice.metric),
        ("Value", with_unit(notice.metric, notice.value)),
        ("Threshold", with_unit(notice.metric, notice.threshold)),
        ("Why", "" if notice.incident is None else notice.incident.cause_text),
        ("Triggered", moment(notice.triggered_at, zone)),
    ]
    if notice.resolved_at is not None:
        facts.append(("Resolved", moment(notice.resolved_at, zone)))
        facts += [
            ("Ended", _ENDED[notice.ended]),
            ("Value at the end", with_unit(notice.metric, notice.last_value)),
            ("Worst value", with_unit(notice.metric, notice.worst_value)),
            ("Lasted", "" if notice.duration_sec is None else duration(notice.duration_sec)),
        ]
    return [(name, one_line(value)) for name, value in facts if value]


def _probe(notice: Notice) -> str:
    """One that nobody has named has its type in its name."""
    kind, name = notice.probe_type, notice.probe_name
    return name if name.split(" ")[0] == kind else f"{kind} {name}".strip()


def printable(text: str) -> str:
    """Lines without control characters, and without empty ones at their ends."""
    return "\n".join(_without_controls(line) for line in text.splitlines()).strip("\n")


def _without_controls(line: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else " " for c in line).rstrip()


def one_line(text: str) -> str:
    """Without line breaks, which end a header, and control characters, which no database takes."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
