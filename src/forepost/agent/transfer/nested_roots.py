"""Folders of jobs that lie within folders of other jobs. Pure.

Each would take the other's unfinished files for its own, and its changes for somebody's.
"""

import posixpath
from collections.abc import Sequence
from pathlib import PurePosixPath

from forepost.wire.jobs.transfer import TransferTask


def nested(tasks: Sequence[TransferTask]) -> dict[str, str]:
    """Return why tasks cannot be served, by their keys: those within the folder of another one.
    Two that only give may lie within each other.
    """
    roots: dict[PurePosixPath, list[TransferTask]] = {}
    for task in tasks:
        roots.setdefault(_root(task), []).append(task)
    found = {}
    for task in tasks:
        around = [other for above in _root(task).parents for other in roots.get(above, ())]
        for other in around:
            if _fetches(task) or _fetches(other):
                found[task.key] = f"{task.path}: lies within the folder of {other.key}"
    return found


def _root(task: TransferTask) -> PurePosixPath:
    return PurePosixPath(posixpath.normpath(task.path))


def _fetches(task: TransferTask) -> bool:
    return task.type == "folder" or task.permission == "ro"
