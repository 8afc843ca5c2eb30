"""Follows the log of a microservice over restarts and replacements: every line once."""

from collections import Counter, deque
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
STEP: Final = timedelta(seconds=1)
"""What the clocks differ by where nobody has set one."""


class LogPlace:
    """How far one container's log was read, so that a line that comes twice is known again: from
    an engine that is asked again, or that begins a new file.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: datetime | None = None
        self._read_at = clock.now(), clock.boottime()
        """When the newest was read, on both clocks: they tell how far the one was set back."""
        self._order: deque[tuple[str, str]] = deque()
        self._read: set[tuple[str, str]] = set()
        self._second = ""
        self._before: Counter[tuple[str, str]] = Counter()
        self._now: Counter[tuple[str, str]] = Counter()
        """Lines of the newest second, where an engine (Podman) tells no fraction of it: those of
        all answers, and of this one."""

    def again(self) -> datetime | None:
        """The engine is asked once more: return from when on."""
        self._now.clear()
        if self._newest is None:
            return None
        if not self._second:  # lines of whole seconds are known by their order alone
            # what was written since may have any time from there on
            self._newest -= self._set_back()
        # of two streams a later line may have an earlier time
        return self._newest - OVERLAP

    def _set_back(self) -> timedelta:
        """By how much the wall clock was set back since the newest line was read."""
        wall, boottime = self._read_at
        self._read_at = now, now_sec = self._clock.now(), self._clock.boottime()
        back = wall + timedelta(seconds=now_sec - boottime) - now
        return back if back > STEP else timedelta()

    def is_new(self, one: StampedLine) -> bool:
        if not one.stamp:
            return True
        if "." not in one.stamp and not one.stamp.isdigit():
            return self._is_new_in_its_second(one)
        key = (one.line.stream, one.stamp)
        if key in self._read:
            return False
        self._read.add(key)
        self._order.append(key)
        if len(self._order) > REMEMBERED:
            self._read.discard(self._order.popleft())
        self._newest = one.line.at
        self._read_at = self._clock.now(), self._clock.boottime()
        return True

    def _is_new_in_its_second(self, one: StampedLine) -> bool:
        if self._newest is not None and one.line.at is not None and one.line.at < self._newest:
            return False
        if one.stamp != self._second:
            self._second, self._newest = one.stamp, one.line.at
            self._before.clear()
            self._now.clear()
        key = (one.line.stream, one.line.text)
        self._now[key] += 1
        if self._now[key] <= self._before[key]:
            return False
        self._before[key] += 1
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
        container, place, is_first = "", LogPlace(self._clock), True
        while True:
            one = self._writer()
            if one is not None and one.container_id != container:
                container, place = one.container_id, LogPlace(self._clock)
            if one is not None:
                try:
                    async with aclosing(
                        self._engine.lines(
                            container,
                            since=place.again(),
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
