"""Follows the log of a microservice over restarts and replacements: every line once."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Final

import anyio

from forepost.agent.ports.containers import (
    ContainerLogs,
    EngineAway,
    EngineRefused,
    SeenContainer,
)
from forepost.agent.workloads.microservices import NotNow
from forepost.agent.workloads.reconcile import UP
from forepost.kit.clock import Clock
from forepost.wire.workloads.delivery import LogLine

AGAIN_SEC: Final = 0.2
"""Between the end of a container's log and the next look whether it goes on."""


class _Place:
    """How far one container's log was read: a time, and how many lines of that time."""

    def __init__(self) -> None:
        self.at: datetime | None = None
        self.lines = 0
        self._skip = 0

    def again(self) -> None:
        """It is read from `at` on once more."""
        self._skip = self.lines

    def is_new(self, line: LogLine) -> bool:
        if line.at is None or self.at is None or line.at > self.at:
            self.at, self.lines, self._skip = line.at or self.at, 1, 0
            return True
        if line.at < self.at:
            return False  # the engine goes by seconds, or so
        if self._skip:
            self._skip -= 1
            return False
        self.lines += 1
        return True


class LogReader:
    """`writer` returns the container that writes now; `changed` returns when it may be another."""

    def __init__(
        self,
        engine: ContainerLogs,
        clock: Clock,
        writer: Callable[[], SeenContainer | None],
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        self._engine, self._clock = engine, clock
        self._writer, self._changed = writer, changed

    async def lines(self, tail: int, *, follow: bool) -> AsyncGenerator[LogLine, None]:
        """Raises NotNow where nothing can be read, or without `follow` there is no container."""
        first = self._writer()
        if first is None and not follow:
            raise NotNow("it has no container, and so no log")
        container, place, is_first = "", _Place(), True
        while True:
            one = self._writer()
            if one is not None and one.container_id != container:
                container, place = one.container_id, _Place()
            if one is not None:
                place.again()
                try:
                    async with aclosing(
                        self._engine.lines(
                            container,
                            since=place.at,
                            tail=tail if is_first else None,
                            follow=follow,
                        )
                    ) as lines:
                        async for line in lines:
                            is_first = False
                            if place.is_new(line):
                                yield line
                    is_first = False
                except (EngineAway, EngineRefused) as error:
                    if not follow:
                        raise NotNow(str(error)) from None
            if not follow:
                return
            await self._until_it_writes(container)

    async def _until_it_writes(self, container: str) -> None:
        """Wait a moment where it runs, else until something changed."""
        one = self._writer()
        if one is not None and (one.state in UP or one.container_id != container):
            await self._clock.sleep(AGAIN_SEC)
            return
        async with anyio.create_task_group() as tasks:

            async def moment() -> None:
                await self._clock.sleep(10 * AGAIN_SEC)
                tasks.cancel_scope.cancel()

            tasks.start_soon(moment)
            await self._changed()
            tasks.cancel_scope.cancel()
