"""Fetches what is missing of one root, from every member that has something of it."""

from typing import Final, Protocol

from anyio.abc import TaskGroup

from forepost.agent.transfer.bulk import Bulk
from forepost.agent.transfer.members import Members
from forepost.agent.transfer.open_folder import OpenFolder
from forepost.agent.transfer.pursuit import Pursuit
from forepost.kit.clock import Clock
from forepost.wire.jobs.transfer import TransferTask

KEEP_SEC: Final = 2.0
"""Between syncs of large files that grow."""


class FetchingFolder(Protocol):
    """A folder into which something is fetched."""

    @property
    def task(self) -> TransferTask: ...

    @property
    def opened(self) -> OpenFolder | None:
        """None: it is not open."""
        ...

    @property
    def members(self) -> Members:
        """Who is connected."""
        ...

    async def look(self) -> None:
        """What changes here meanwhile is seen, and told."""
        ...

    def tell_fates(self, pursuit: Pursuit) -> None:
        """Tell what became of paths."""
        ...


async def fetch(
    folder: FetchingFolder, pursuit: Pursuit, bulk: Bulk, tasks: TaskGroup, clock: Clock
) -> bool:
    """Return whether nothing more is to be fetched now: it is all here, or the disk is full."""
    assert pursuit.target is not None
    target = pursuit.target
    root = target.root.top.hash

    def has(device_id: str, of: bytes, pieces: int | None) -> None:
        if of == root and not target.is_over:
            target.has(device_id, pieces)

    folder.members.on_have = has
    kept_at = -KEEP_SEC
    while not target.is_done:
        if pursuit.is_outdated or folder.task.paused:
            while await pursuit.commit(0.0):
                folder.tell_fates(pursuit)
            await pursuit.keep_growing()
            return False
        if folder.opened is None or folder.opened.intake.is_full:
            # What is here already gets its names, and what is gone makes room.
            break
        bulk.fetch(target, tasks)
        await pursuit.commit()
        await folder.look()
        folder.tell_fates(pursuit)
        if clock.monotonic() - kept_at > KEEP_SEC:
            await pursuit.keep_growing()
            # Who had something not, or not whole, is asked for it again.
            for device_id, pieces in folder.members.who_has(root).items():
                target.has(device_id, pieces)
            kept_at = clock.monotonic()
    while await pursuit.commit(0.0):
        folder.tell_fates(pursuit)
    return True
