"""How runs are told: to the Agent API, to the command, to the controller. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from forepost.agent.jobs.record import RunRecord
from forepost.agent.jobs.run_numbers import FIRST
from forepost.wire.jobs.agent_api import JobRun, RunError, RunStatus, RunType
from forepost.wire.jobs.delivery import RunReport
from forepost.wire.jobs.job import JobType
from forepost.wire.jobs.transfer import TransferStatus

UNKNOWN: Final = -1
NOTHING: Final = TransferStatus(key="", status="loading")
CODES: Final = {
    "error": (10_100, "SE_SCRIPT_FAILED"),
    "interrupted": (10_101, "SE_AGENT_INTERRUPTED"),
    "lost": (10_102, "SE_RUN_LOST"),
    "canceled": (10_103, "SE_OPERATION_ABORTED"),
}
"""Of ends that are no success."""
REFUSED: Final = (10_104, "SE_RUN_REFUSED")
"""Of what never began."""
TYPES: Final[Mapping[JobType, RunType]] = {
    "folder": "folder",
    "distribution": "transfer",
    "consolidation": "transfer",
    "script": "script",
}
SIZE_UNKNOWN: Final[frozenset[RunStatus]] = frozenset(
    ("loading", "indexing", "no peers", "waiting for files from source", "paused", "error")
)
"""While there is nothing left that is known of: there may be more."""
EXECUTES: Final[Mapping[str, RunStatus]] = {
    "script": "executing script",
    "pre_indexing": "executing pre-indexing script",
    "post_download": "executing post-download script",
    "complete": "executing complete script",
}


class RunFacts:
    """`executes`: whether a script of the run runs now. `told`: what the engine says of it."""

    def __init__(self, *, paused: bool, executes: bool, told: TransferStatus | None) -> None:
        self.paused, self.executes = paused, executes
        self.told = told or NOTHING


def counted(record: RunRecord, facts: RunFacts) -> TransferStatus:
    """Return the figures of a run: after its end those of its end, when nothing moves any more."""
    if not record.is_over:
        return facts.told
    return msgspec.structs.replace(record.counted or facts.told, down_speed=0, up_speed=0)


def is_listed(record: RunRecord) -> bool:
    """Whether the Agent API tells of it: one that is queued and waits for no script is not there
    yet.
    """
    return record.is_over or record.has_begun or _waits_for_script(record)


def status_of(record: RunRecord, facts: RunFacts) -> RunStatus:
    if record.is_over:
        if record.state == "finished":
            return "successfully finished"
        return "expired" if record.timed_out else "error"
    if facts.paused or record.wished == "pause":
        return "paused"
    if facts.executes:
        return EXECUTES[record.step]
    if record.state != "started" or record.job.type == "script":
        return "waiting for scheduled script" if _has_script(record) else "loading"
    if record.step == "":
        return "waiting for scheduled script"
    return facts.told.status


def job_run(record: RunRecord, path: str, facts: RunFacts) -> JobRun:
    """Return a run as the Agent API has it."""
    told, is_script = counted(record, facts), record.job.type == "script"
    status = status_of(record, facts)
    missing = max(0, told.size_total - told.size_completed)
    is_known = is_script or record.is_over or status not in SIZE_UNKNOWN
    fields = {"last_synced": told.last_synced} if told.last_synced else {}
    return JobRun(
        down_speed=told.down_speed,
        errors=errors_of(record, told),
        eta=_eta(missing, told.down_speed, is_known=is_known),
        files_completed=told.files_completed,
        files_total=max(told.files_total, told.files_completed),
        id=record.job_id,
        name=record.job.name,
        path=path,
        peers_count=told.peers_count,
        peers_count_proxied=told.peers_count_proxied,
        permission=record.job.permission,
        run_id=record.run_id,
        size_completed=told.size_completed,
        size_total=max(told.size_total, told.size_completed),
        status=status,
        transferred_down=told.transferred_down,
        transferred_up=told.transferred_up,
        type=TYPES[record.job.type],
        up_speed=told.up_speed,
        **fields,
    )


def errors_of(record: RunRecord, told: TransferStatus) -> list[RunError]:
    if record.is_over:
        if record.state not in CODES:
            return []
        code, name = CODES[record.state]
        if record.timed_out:
            name = "SE_SCRIPT_TIMEOUT"
        elif record.state == "error" and record.exit_code is None:
            code, name = REFUSED
        return [RunError(code=code, code_str=name, message=record.reason or record.state)]
    return list(told.errors)


def report_of(record: RunRecord, facts: RunFacts) -> RunReport:
    """Return a run as the controller hears of it."""
    told = counted(record, facts)
    reason = record.reason or told.held or "; ".join(one.message for one in told.errors)
    return RunReport(
        run_id=record.run_id if record.run_id < FIRST else 0,
        uid=record.uid,
        job_id=record.job_id if record.of_controller else 0,
        name=record.job.name,
        type=record.job.type,
        by=record.by,
        scheduled_at=record.scheduled_at,
        state=record.state,
        status=status_of(record, facts),
        reason=reason[:1_000].replace("\0", ""),
        held=bool(told.held) and not record.is_over,
        exit_code=record.exit_code,
        script_sha256=record.script_sha256,
        output=record.output,
        started_at=record.started_at,
        ended_at=record.ended_at,
        files_total=told.files_total,
        files_completed=told.files_completed,
        size_total=told.size_total,
        size_completed=told.size_completed,
        transferred_down=told.transferred_down,
        transferred_up=told.transferred_up,
        down_speed=told.down_speed,
        up_speed=told.up_speed,
        peers_count=told.peers_count,
        peers_count_proxied=told.peers_count_proxied,
    )


def _has_script(record: RunRecord) -> bool:
    return record.job.type == "script" or record.job.triggers.pre_indexing is not None


def _waits_for_script(record: RunRecord) -> bool:
    return record.scheduled_at is not None and _has_script(record)


def _eta(missing: int, speed: int, *, is_known: bool) -> int:
    if missing:
        return missing // speed if speed else UNKNOWN
    return 0 if is_known else UNKNOWN
