"""A notice in words for people: a line, a text, a page of a mail. Pure."""

from html import escape
from typing import Final

from forepost.wire.jobs.rest import RunNotice
from forepost.wire.rest.notify import Ended, Notice, NoticeEvent, NoticeIncident

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
    "agent_gone": "the agent was deleted: whether it is well is not known",
}


_EVENTS: Final[dict[NoticeEvent, str]] = {
    "test": "test: ",
    "grew": "more of: ",
    "worse": "worse: ",
    "eased": "less severe: ",
    "reminder": "still: ",
}


def title(notice: Notice) -> str:
    over = "resolved: " if notice.ended in RESOLVED else "ended: "
    event = _EVENTS.get(notice.event, over if notice.event == "resolved" else "")
    where = notice.probe_name or notice.probe_target or notice.agent_name
    others = 0 if notice.incident is None else _others(notice.incident)
    more = f" and {others} more" if others and notice.event != "resolved" else ""
    return one_line(
        f"[{notice.severity}] {event}{notice.rule_name}" + (f" - {where}" if where else "") + more
    )


def text(notice: Notice) -> str:
    lines = [one_line(notice.message), ""]
    lines += [f"{name}: {value}" for name, value in _facts(notice)]
    if notice.incident is not None and len(notice.incident.alerts) > 1:
        lines += ["", *_listed(notice.incident)]
    if notice.panel_url:
        lines += ["", notice.panel_url]
    return "\n".join(lines) + "\n"


def _others(incident: NoticeIncident) -> int:
    return max(0, incident.open_alerts + incident.symptoms - 1)


def _listed(incident: NoticeIncident) -> list[str]:
    lines = [f"[{one.severity}] {one_line(one.message)}" for one in incident.alerts]
    if incident.more:
        lines.append(f"and {incident.more:,} more")
    if incident.symptoms:
        lines.append(f"and {incident.symptoms:,} that these explain")
    return lines


def html(notice: Notice) -> str:
    """Every value is escaped: names and targets are what somebody typed."""
    rows = "".join(
        f"<tr><th align=left>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in _facts(notice)
    )
    others = ""
    if notice.incident is not None and len(notice.incident.alerts) > 1:
        listed = "".join(f"<li>{escape(line)}</li>" for line in _listed(notice.incident))
        others = f"<ul>{listed}</ul>"
    link = ""
    if notice.panel_url.startswith(("https://", "http://")):
        link = f'<p><a href="{escape(notice.panel_url)}">{escape(notice.panel_url)}</a></p>'
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
    lines = [f"Run {run.id} of job {run.name}: {run.status}", f"Agents: {told or 'none'}"]
    lines += [
        f"{one.agent_name} (agent {one.agent_id}): "
        + ": ".join(filter(None, (one.state, one.reason)))
        for one in notice.failed
    ]
    return [one_line(line) for line in lines]


def _facts(notice: Notice) -> list[tuple[str, str]]:
    facts = [
        ("Rule", notice.rule_name),
        ("Severity", notice.severity),
        ("Agent", notice.agent_name),
        ("Probe", f"{notice.probe_type} {notice.probe_name}".strip()),
        ("Target", notice.probe_target),
        ("Metric", notice.metric),
        ("Value", "" if notice.value is None else f"{notice.value:g}"),
        ("Threshold", "" if notice.threshold is None else f"{notice.threshold:g}"),
        ("Why", "" if notice.incident is None else notice.incident.cause_text),
        ("Triggered", notice.triggered_at.isoformat(timespec="seconds")),
    ]
    if notice.resolved_at is not None:
        facts.append(("Resolved", notice.resolved_at.isoformat(timespec="seconds")))
        facts += [
            ("Ended", _ENDED[notice.ended]),
            ("Value at the end", "" if notice.last_value is None else f"{notice.last_value:g}"),
            ("Worst value", "" if notice.worst_value is None else f"{notice.worst_value:g}"),
            ("Lasted", "" if notice.duration_sec is None else _duration(notice.duration_sec)),
        ]
    return [(name, one_line(value)) for name, value in facts if value]


def _duration(sec: int) -> str:
    """Return the two largest parts: 1 d 3 h, 5 min 10 s."""
    parts = [
        (sec // 86_400, "d"),
        (sec // 3_600 % 24, "h"),
        (sec // 60 % 60, "min"),
        (sec % 60, "s"),
    ]
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    told = [f"{count} {unit}" for count, unit in parts[first : first + 2] if count]
    return " ".join(told) or "0 s"


def one_line(text: str) -> str:
    """Without line breaks, which end a header, and control characters, which no database takes."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
