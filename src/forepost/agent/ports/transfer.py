"""What the slice of jobs asks of the transfer engine."""

from collections.abc import Callable, Sequence
from typing import Protocol

from forepost.wire.jobs.transfer import RelayAccess, TransferEvent, TransferReport, TransferTask


class TransferEngine(Protocol):
    """Keeps folders in step with their peers. A process of its own: begun with the first task,
    begun anew when it ends, and without loss at whatever moment it ended.
    """

    def want(self, tasks: Sequence[TransferTask], relay: RelayAccess | None = None) -> None:
        """Keep exactly these in step from now on; called with every change, returns at once.
        `relay`: how members are reached that cannot be dialed; None: not at all.
        """
        ...

    def report(self) -> TransferReport:
        """Return how the tasks are, as the engine said last; a task that it has not spoken of yet
        is missing.
        """
        ...

    async def changed(self) -> None:
        """Wait until `report` returns something else."""
        ...

    async def run(self, tell: Callable[[TransferEvent], None]) -> None:
        """Keep the process running while there are tasks; for ever. `tell` is called with each
        event.
        """
        ...
