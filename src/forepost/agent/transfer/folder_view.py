"""A folder as what works for it sees it."""

from typing import Protocol

from anyio.abc import TaskGroup

from forepost.agent.transfer.dialer import FolderDialer
from forepost.agent.transfer.members import Members
from forepost.agent.transfer.open_folder import OpenFolder
from forepost.agent.transfer.rate import RateLimit
from forepost.agent.transfer.speed import Throughput
from forepost.agent.transfer.target import Target


class FolderView(Protocol):
    """What is open of a task, who is connected, and what is on its way."""

    down: Throughput
    up: Throughput
    most_down: RateLimit
    most_up: RateLimit
    dialer: FolderDialer
    tasks: TaskGroup | None
    """None: it is not open."""

    @property
    def opened(self) -> OpenFolder | None:
        """None: it is not open."""
        ...

    @property
    def members(self) -> Members: ...

    @property
    def target(self) -> Target | None:
        """What is fetched now."""
        ...
