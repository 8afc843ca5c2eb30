"""The tasks of a consolidation: one for each source, as each has a place of its own. Pure."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from forepost.wire.jobs.agent_api import RunStatus
from forepost.wire.jobs.transfer import TransferStatus

_OF_SOURCE: Final = re.compile(r"[A-Z2-7]{32}:")
_WORST: Final[tuple[RunStatus, ...]] = (
    "error",
    "paused",
    "loading",
    "cleaning up destination folder",
    "indexing",
    "waiting for files from source",
    "no peers",
    "low priority",
    "downloading",
    "processing files",
    "seeding",
)
"""Of several tasks the first of these is the word for all."""
_SUMS: Final = (
    "files_total",
    "files_completed",
    "size_total",
    "size_completed",
    "transferred_down",
    "transferred_up",
    "down_speed",
    "up_speed",
    "peers_count",
    "peers_count_proxied",
    "peers_complete",
)


def source_key(task_key: str, deviceid: str) -> str:
    """The same at the source and at all its destinations."""
    return f"{deviceid}:{task_key}"


def run_key(key: str) -> str:
    """Of which run a task is."""
    return _OF_SOURCE.sub("", key, count=1)


def by_run(statuses: Iterable[TransferStatus], wanted: Iterable[str]) -> dict[str, TransferStatus]:
    """How runs stand, by their task key. `wanted`: keys of all tasks; one that the engine has not
    spoken of yet is no part of what is complete.
    """
    said = {one.key: one for one in statuses}
    found: dict[str, list[TransferStatus]] = {}
    for key in sorted({*said, *(key for key in wanted if _OF_SOURCE.match(key))}):
        one = said.get(key, TransferStatus(key=key, status="loading"))
        found.setdefault(run_key(key), []).append(one)
    return {key: _merged(key, some) for key, some in found.items()}


def _merged(key: str, some: list[TransferStatus]) -> TransferStatus:
    if len(some) == 1:
        return msgspec.structs.replace(some[0], key=key)
    words = {one.status for one in some}
    return TransferStatus(
        key=key,
        status=next((word for word in _WORST if word in words), some[0].status),
        errors=[error for one in some for error in one.errors],
        last_synced=min(one.last_synced for one in some),
        held=next((one.held for one in some if one.held), ""),
        **{name: sum(getattr(one, name) for one in some) for name in _SUMS},
    )
