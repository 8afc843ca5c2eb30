"""How runs and scheduled jobs are shown in a terminal. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from forepost.cli.measure import plain
from forepost.wire.local.jobs import LocalRun, LocalRunDetail, LocalRuns

HEAD = ("run", "name", "type", "state", "status", "by", "began", "ended", "")


def lines(found: LocalRuns, *, width: int | None = None) -> Iterator[str]:
    """Return a line for each; `width`: of the terminal, where there is one."""
    yield f"deviceid {found.deviceid}{_paused(found)}"
    rows = [HEAD, *(_row(one) for one in found.runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    for row in rows if found.runs else ():
        cells = [cell.ljust(size) for cell, size in zip(row, widths, strict=False)]
        line = "  ".join([*cells, row[-1]]).rstrip()
        yield line if width is None else line[:width]
    for one in found.scheduled:
        when = one.next.isoformat() if one.next is not None else "never again"
        yield f"{plain(one.name)}: next at {when} ({one.wanted_by})"


def detail(found: LocalRunDetail) -> Iterator[str]:
    """Return a line for each thing that is known, and the job as JSON."""
    for name, value in (
        ("run", found.run.run_id),
        ("uid", found.uid),
        ("name", plain(found.run.name)),
        ("type", found.run.type),
        ("path", plain(found.run.path)),
        ("state", found.state),
        ("status", found.run.status),
        ("reason", plain(found.reason)),
        ("held", _held(found)),
        ("exit code", found.exit_code),
        ("wanted by", plain(f"{found.wanted_by} {found.source}".strip())),
        ("queued", found.queued_at.isoformat()),
        ("began", found.started_at.isoformat() if found.started_at else None),
        ("ended", found.ended_at.isoformat() if found.ended_at else None),
        ("script", found.script_sha256),
    ):
        if value not in (None, ""):
            yield f"{name}: {value}"
    yield msgspec.json.format(found.job, indent=2).decode()


def _held(found: LocalRunDetail) -> str:
    if not found.held:
        return ""
    order = f"forepost jobs confirm {found.run.run_id}"
    return f"{plain(found.held)} (it goes on when that is mended, or by {order})"


def _row(one: LocalRun) -> tuple[str, ...]:
    return (
        str(one.run.run_id),
        plain(one.run.name),
        one.run.type,
        one.state,
        one.run.status,
        one.wanted_by,
        _moment(one.started_at),
        _moment(one.ended_at),
        plain(one.held or one.reason),
    )


def _moment(at: datetime | None) -> str:
    """In UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at is not None else ""


def _paused(found: LocalRuns) -> str:
    if not found.paused:
        return ""
    return f", paused until {found.resume_at.isoformat()}" if found.resume_at else ", paused"
