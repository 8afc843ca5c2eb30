"""What the transfer engine is to keep in step, by the runs of this agent. Pure."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import msgspec

from forepost.agent.jobs.course import is_served
from forepost.agent.jobs.record import RunRecord
from forepost.agent.jobs.source_tasks import source_key
from forepost.wire.jobs.job import JobPeer
from forepost.wire.jobs.transfer import TransferTask


def transfer_tasks(
    records: Iterable[RunRecord],
    path: Callable[[RunRecord], str],
    peer_path: Callable[[RunRecord, JobPeer], str],
    me: str,
    now: datetime,
    *,
    paused: bool,
) -> list[TransferTask]:
    """Return a task for each run that is under way, or has just finished; of one folder the newest.
    Of a consolidation one for each source: `peer_path` says where its files go ("": nowhere).
    """
    found: dict[str, TransferTask] = {}
    for one in sorted(records, key=lambda one: (not one.is_over, one.queued_at, one.run_id)):
        if not is_served(one, now) or one.job.type == "script":
            continue
        where = path(one)
        if not where:
            continue
        task = TransferTask(
            key=one.task_key,
            type=one.job.type,
            permission=one.job.permission,
            path=where,
            folder=one.folder,
            peers=one.job.peers,
            writers=one.writers,
            settings=one.job.transfer,
            priority=one.job.priority,
            paused=paused or one.wished == "pause",
            held_ok=one.held_ok,
            run=one.uid if one.of_controller else "",
        )
        for made in _each_source(one, task, peer_path, me):
            found[made.folder or made.key] = made
    return sorted(found.values(), key=lambda one: one.key)


def _each_source(
    record: RunRecord,
    task: TransferTask,
    peer_path: Callable[[RunRecord, JobPeer], str],
    me: str,
) -> Iterator[TransferTask]:
    if task.type != "consolidation":
        yield task
    elif task.permission == "rw":
        yield _of_source(task, me)
    else:
        for peer in task.peers:
            if peer.permission == "rw" and (where := peer_path(record, peer)):
                made = _of_source(task, peer.deviceid)
                yield msgspec.structs.replace(made, path=where, peers=[peer])


def _of_source(task: TransferTask, deviceid: str) -> TransferTask:
    folder = task.folder and source_key(task.folder, deviceid)
    return msgspec.structs.replace(task, key=source_key(task.key, deviceid), folder=folder)
