"""How a task stands, in the words of the Agent API, from what its folder knows of itself. Pure."""

import errno
import os
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from forepost.agent.transfer.scan import PathTrouble
from forepost.wire.jobs.agent_api import RunError, RunStatus
from forepost.wire.jobs.transfer import TransferTask

Phase = Literal["loading", "indexing", "merging", "waiting", "moving", "cleaning", "resting"]
MOST_ERRORS: Final = 20
DISK_FULL: Final = (10200, "SE_AGENT_DISK_FULL")
PERMISSION: Final = (10210, "SE_FS_NO_PERMISSIONS")
FILE: Final = (10211, "SE_FS_FILE_ERROR")
ROOT: Final = (10212, "SE_FS_ROOT_MISSING")
HELD: Final = (10213, "SE_HELD")


class FolderState(msgspec.Struct, kw_only=True):
    """What a status is made of."""

    phase: Phase = "loading"
    peers: int = 0
    is_behind: bool = False
    """Whether a writer has a root that is not reached yet."""
    is_unheard: bool = False
    """Whether a writer is connected that has not said yet what there is, or said it just now."""
    has_source: bool = False
    """Whether any writer has said what there is."""
    problem: str = ""
    """Why nothing can be done at all."""
    held: str = ""
    absent: str = ""
    """Which member is not believed until somebody confirms."""
    is_full: bool = False
    troubles: tuple[PathTrouble, ...] = ()
    is_outranked: bool = False
    """Whether a task of a higher priority is downloading."""


def status(task: TransferTask, state: FolderState) -> RunStatus:
    """Return the one word of several that are true, the most important first."""
    if task.paused:
        return "paused"
    if state.problem or state.held or state.absent or state.is_full or state.troubles:
        return "error"
    if state.phase == "loading":
        return "loading"
    if state.phase == "cleaning":
        return "cleaning up destination folder" if task.type != "folder" else "processing files"
    if state.phase == "indexing":
        return "indexing"
    if task.type == "folder":
        return _of_folder(state)
    return _of_transfer(task, state)


def _of_folder(state: FolderState) -> RunStatus:
    if not state.peers:
        return "no peers"
    if state.is_behind:
        if state.is_outranked:
            return "low priority"
        return "processing files" if state.phase == "merging" else "syncing"
    return "syncing" if state.is_unheard else "synced"


def _of_transfer(task: TransferTask, state: FolderState) -> RunStatus:
    if task.permission == "rw":
        return "seeding" if state.peers else "no peers"
    if not state.has_source:
        return "waiting for files from source" if state.peers else "no peers"
    if not state.is_behind:
        return "seeding"
    if not state.peers:
        return "no peers"
    if state.is_outranked:
        return "low priority"
    return "processing files" if state.phase == "merging" else "downloading"


def errors(state: FolderState) -> list[RunError]:
    """Return what stands in the way, as the Agent API has it."""
    found: list[RunError] = []
    if state.problem:
        found.append(_error(ROOT, state.problem))
    if state.held:
        found.append(_error(HELD, f"{state.held}: nothing is done until somebody confirms"))
    if state.absent:
        found.append(_error(HELD, f"{state.absent}: not believed until somebody confirms"))
    if state.is_full:
        found.append(_error(DISK_FULL, os.strerror(errno.ENOSPC)))
    found += _of_files(state.troubles)
    return found[:MOST_ERRORS]


def _of_files(troubles: Iterable[PathTrouble]) -> list[RunError]:
    return [_error(PERMISSION if one.is_permission else FILE, one.reason) for one in troubles]


def _error(code: tuple[int, str], message: str) -> RunError:
    return RunError(code=code[0], code_str=code[1], message=message[:1_000])
