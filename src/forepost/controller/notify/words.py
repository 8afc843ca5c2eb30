"""A notice in words for people: a line, a text, a page of a mail. Pure."""

from html import escape

from forepost.wire.jobs.rest import RunNotice
from forepost.wire.rest.notify import Notice


def title(notice: Notice) -> str:
    event = {"triggered": "", "resolved": "resolved: ", "test": "test: "}[notice.event]
    where = notice.probe_name or notice.probe_target or notice.agent_name
    return one_line(
        f"[{notice.severity}] {event}{notice.rule_name}" + (f" - {where}" if where else "")
    )


def text(notice: Notice) -> str:
    lines = [one_line(notice.message), ""]
    lines += [f"{name}: {value}" for name, value in _facts(notice)]
    if notice.panel_url:
        lines += ["", notice.panel_url]
    return "\n".join(lines) + "\n"


def html(notice: Notice) -> str:
    """Every value is escaped: names and targets are what somebody typed."""
    rows = "".join(
        f"<tr><th align=left>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in _facts(notice)
    )
    link = ""
    if notice.panel_url.startswith(("https://", "http://")):
        link = f'<p><a href="{escape(notice.panel_url)}">{escape(notice.panel_url)}</a></p>'
    return (
        f"<!doctype html><html><body><h2>{escape(title(notice))}</h2>"
        f"<p>{escape(one_line(notice.message))}</p><table>{rows}</table>{link}</body></html>\n"
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
        ("Triggered", notice.triggered_at.isoformat(timespec="seconds")),
    ]
    if notice.resolved_at is not None:
        facts.append(("Resolved", notice.resolved_at.isoformat(timespec="seconds")))
    return [(name, one_line(value)) for name, value in facts if value]


def one_line(text: str) -> str:
    """Without line breaks, which end a header, and control characters, which no database takes."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
