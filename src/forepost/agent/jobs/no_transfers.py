"""Stands for the transfer engine where there is none: every task is an error."""

from collections.abc import Callable, Sequence
from typing import Final

import anyio

from forepost.wire.jobs.agent_api import RunError
from forepost.wire.jobs.transfer import TransferEvent, TransferReport, TransferStatus, TransferTask

REASON: Final = RunError(
    code=10_000, code_str="SE_AGENT_NO_ENGINE", message="this agent has no transfer engine"
)


class NoTransfers:
    """A TransferEngine that moves nothing, and says so of each task."""

    def __init__(self) -> None:
        self._tasks: Sequence[TransferTask] = ()
        self._news = anyio.Event()

    def want(self, tasks: Sequence[TransferTask]) -> None:
        if list(tasks) != list(self._tasks):
            self._tasks = list(tasks)
            self._news.set()
            self._news = anyio.Event()

    def report(self) -> TransferReport:
        return TransferReport(
            tasks=[
                TransferStatus(key=one.key, status="error", errors=[REASON]) for one in self._tasks
            ]
        )

    async def changed(self) -> None:
        await self._news.wait()

    async def run(self, tell: Callable[[TransferEvent], None]) -> None:
        await anyio.sleep_forever()
