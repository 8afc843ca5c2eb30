"""What is told of a folder: how it stands, and its figures."""

from typing import Protocol

from forepost.agent.transfer.members import Members
from forepost.agent.transfer.open_folder import OpenFolder
from forepost.agent.transfer.pursuit import Pursuit
from forepost.agent.transfer.speed import Throughput
from forepost.agent.transfer.task_status import FolderState, errors, status
from forepost.wire.jobs.folder import Entry
from forepost.wire.jobs.transfer import TransferStatus, TransferTask


class ReportedFolder(Protocol):
    """A folder of which a status is told."""

    """A task, what is open of it, and what is on its way."""

    task: TransferTask
    top: Entry | None
    """Of the folder as it was when it was closed."""
    down: Throughput
    up: Throughput

    @property
    def opened(self) -> OpenFolder | None:
        """None: it is not open."""
        ...

    @property
    def pursuit(self) -> Pursuit | None:
        """What is on its way."""
        ...

    @property
    def members(self) -> Members:
        """Who is connected."""
        ...


def transfer_status(folder: ReportedFolder, state: FolderState, last_synced: int) -> TransferStatus:
    top = folder.opened.disk.top if folder.opened is not None else folder.top
    total_files = files = top.files if top else 0
    total = size = top.size if top else 0
    if folder.pursuit is not None:
        said, left = folder.pursuit.found.root.top, folder.pursuit.left
        total_files, total = said.files, said.size
        files, size = max(0, said.files - left.files), max(0, said.size - left.size)
    return TransferStatus(
        key=folder.task.key,
        status=status(folder.task, state),
        errors=errors(state),
        files_total=total_files,
        files_completed=min(files, total_files),
        size_total=total,
        size_completed=min(size, total),
        transferred_down=folder.down.total,
        transferred_up=folder.up.total,
        down_speed=folder.down.per_sec(),
        up_speed=folder.up.per_sec(),
        peers_count=state.peers,
        peers_count_proxied=len(folder.members.links) - len(folder.members.direct),
        peers_complete=folder.members.complete(top.hash) if top else 0,
        last_synced=last_synced,
        held=state.held or state.absent,
    )
