"""A transfer engine that moves nothing and says what a test says of each task."""

from collections.abc import Callable, Sequence
from typing import Any

import anyio

from forepost.wire.jobs.transfer import (
    RelayAccess,
    TransferEvent,
    TransferReport,
    TransferStatus,
    TransferTask,
)


class SaidTransfers:
    def __init__(self) -> None:
        self.tasks: dict[str, TransferTask] = {}
        self.given_up: list[str] = []
        """Tasks whose index a real engine would have thrown away."""
        self.listening: list[str] = []
        self.relay: RelayAccess | None = None
        self._said: dict[str, TransferStatus] = {}
        self._news = anyio.Event()

    def say(self, key: str, status: Any, **fields: Any) -> None:
        self._said[key] = TransferStatus(key=key, status=status, **fields)
        self._tell()

    def want(self, tasks: Sequence[TransferTask], relay: RelayAccess | None = None) -> None:
        self.relay = relay
        wanted = {one.key: one for one in tasks}
        self.given_up += [key for key in self.tasks if key not in wanted]
        self.tasks = wanted

    def report(self) -> TransferReport:
        known = [one for key, one in self._said.items() if key in self.tasks]
        return TransferReport(tasks=known, listening=self.listening)

    async def changed(self) -> None:
        await self._news.wait()

    async def run(self, tell: Callable[[TransferEvent], None]) -> None:
        await anyio.sleep_forever()

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()
