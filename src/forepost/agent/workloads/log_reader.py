"""Follows the log of a microservice over restarts and replacements: every line once."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Final

import anyio

from forepost.agent.ports.containers import (
    ContainerLogs,
    EngineAway,
    EngineRefused,
    SeenContainer,
    StampedLine,
)
from forepost.agent.workloads.microservices import NotNow
from forepost.agent.workloads.reconcile import UP
from forepost.kit.clock import Clock
from forepost.wire.workloads.delivery import LogLine

AGAIN_SEC: Final = 0.2
"""Between the end of a container's log and the next look whether it goes on."""

REMEMBERED: Final = 4_096
"""Lines that are known again when they come twice."""
OVERLAP: Final = timedelta(milliseconds=10)


class _Place:
    """How far one container's log was read."""

    def __init__(self) -> None:
        self._newest: datetime | None = None
        self._order: deque[tuple[str, str]] = deque()
        self._read: set[tuple[str, str]] = set()
        """The last lines: the engine repeats some when it is asked again, or begins a file."""

    @property
    def since(self) -> datetime | None:
        """From when on to ask: of two streams a later line may have an earlier time."""
        return self._newest and self._newest - OVERLAP

    def is_new(self, one: StampedLine) -> bool:
        if not one.stamp:
            return True
        key = (one.line.stream, one.stamp)
        if key in self._read:
            return False
        self._read.add(key)
        self._order.append(key)
        if len(self._order) > REMEMBERED:
            self._read.discard(self._order.popleft())
        self._newest = one.line.at
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
                try:
                    async with aclosing(
                        self._engine.lines(
                            container,
                            since=place.since,
                            tail=tail if is_first else None,
                            follow=follow,
                        )
                    ) as lines:
                        async for line in lines:
                            is_first = False
                            if place.is_new(line):
                                yield line.line
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
