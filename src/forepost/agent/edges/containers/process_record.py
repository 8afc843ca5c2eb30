"""What is on the disk of a process and its shim, believed only as far as it can be."""

import fcntl
import os
from pathlib import Path
from typing import Final, Literal, TypeVar

import msgspec
import psutil

from forepost.agent.edges.containers import process_shim
from forepost.kit import files
from forepost.kit.state_file import unsealed

_LARGEST: Final = 4 << 20


class ProcessLabel(msgspec.Struct, kw_only=True):
    uuid: str
    fingerprint: str
    replaces: str
    name: str
    lock: str
    stop_sec: float


class ProcessState(msgspec.Struct, kw_only=True):
    state: Literal["running", "restarting", "exited"]
    pid: int = 0
    restarts: int = 0
    health: Literal["none", "starting", "healthy", "unhealthy"] = "none"
    exit_code: int = 0
    error: str = ""
    started_at: float | None = None
    finished_at: float | None = None


class ShimIdentity(msgspec.Struct, frozen=True, kw_only=True):
    pid: int
    start: int
    boot: str


_T = TypeVar("_T")


def read_record(path: Path, kind: type[_T]) -> _T | None:
    """None where it is not there, or is damaged."""
    try:
        return msgspec.json.decode(unsealed(files.read(path, _LARGEST)), type=kind)
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return None


def is_alive(known: ShimIdentity) -> bool:
    try:
        now = ShimIdentity(**process_shim.identity(known.pid))
        return now == known and psutil.Process(known.pid).status() != psutil.STATUS_ZOMBIE
    except (OSError, psutil.Error):
        return False


def is_locked(path: Path) -> bool:
    """Whether a shim has it."""
    try:
        descriptor = files.open_regular(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
