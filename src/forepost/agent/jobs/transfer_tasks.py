"""What the transfer engine is to keep in step, by the runs of this agent. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime

from forepost.agent.jobs.course import is_served
from forepost.agent.jobs.record import RunRecord
from forepost.wire.jobs.transfer import TransferTask


def transfer_tasks(
    records: Iterable[RunRecord], path: Callable[[RunRecord], str], now: datetime, *, paused: bool
) -> list[TransferTask]:
    """Return a task for each run that is under way, or has just finished; of one key the newest."""
    found: dict[str, TransferTask] = {}
    for one in sorted(records, key=lambda one: (not one.is_over, one.queued_at, one.run_id)):
        if not is_served(one, now) or one.job.type == "script":
            continue
        where = path(one)
        if not where:
            continue
        found[one.task_key] = TransferTask(
            key=one.task_key,
            type=one.job.type,
            permission=one.job.permission,
            path=where,
            peers=one.job.peers,
            writers=one.writers,
            settings=one.job.transfer,
            priority=one.job.priority,
            paused=paused or one.wished == "pause",
            held_ok=one.held_ok,
        )
    return [found[key] for key in sorted(found)]
