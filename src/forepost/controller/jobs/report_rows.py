"""What agents say of a run, as it is written down. Pure."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from forepost.controller.db.storable_text import storable
from forepost.controller.jobs.course import follows
from forepost.controller.jobs.run_rows import AnyRow
from forepost.wire.jobs.delivery import OVER, RunReport
from forepost.wire.jobs.rest import RunFigures

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_FIGURES: Final = tuple(field.name for field in msgspec.structs.fields(RunFigures))


def values_of(report: RunReport) -> dict[str, Any]:
    """Columns of `job_run_agents`."""
    return {
        "state": report.state,
        "status": report.status,
        "reason": report.reason,
        "is_held": report.held,
        "exit_code": report.exit_code,
        "script_sha256": report.script_sha256,
        "head": storable(report.output.head),
        "tail": storable(report.output.tail),
        "left_out_bytes": report.output.left_out_bytes,
        "figures": {name: value for name in _FIGURES if (value := getattr(report, name))},
        "started_at": moment(report.started_at),
        "ended_at": moment(report.ended_at) if report.state in OVER else None,
    }


def is_step(row: AnyRow, report: RunReport) -> bool:
    """Whether the run has come further at this agent, which is written at once."""
    return row.state != report.state and follows(row.state, report.state)


def is_progress(row: AnyRow, report: RunReport) -> bool:
    """Whether something else of it is other than before."""
    if row.state != report.state or row.state in OVER:
        return False
    return any(getattr(row, name) != value for name, value in values_of(report).items())


def moment(at: datetime | None) -> datetime | None:
    """A time of an agent's clock, which may be anything; None: it is none that can be kept."""
    if at is None:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return at if _EARLIEST <= at < _LATEST else None


def figures_of(report: RunReport) -> RunFigures:
    return RunFigures(**{name: getattr(report, name) for name in _FIGURES})
