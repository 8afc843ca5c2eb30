"""Keeps exactly the wanted services running: one task for each key, never two of one key."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

K = TypeVar("K")
V = TypeVar("V")

Run = Callable[[K, V], Awaitable[None]]
"""Runs one service until it is cancelled. What it raises ends the task group: a service that may
fail is run by `kit.tasks.keep`."""
Adapt = Callable[[K, V, V], bool]
"""Takes key, old value and new value; True: the running service goes on with the new one."""


def changes(running: Mapping[K, V], wanted: Mapping[K, V]) -> tuple[set[K], set[K]]:
    """Return what to stop and what to start; an edited one is in both."""
    stop = {key for key, value in running.items() if key not in wanted or wanted[key] != value}
    start = {key for key, value in wanted.items() if key not in running or running[key] != value}
    return stop, start


class _Service(Generic[V]):
    def __init__(self, value: V, before: "anyio.Event | None") -> None:
        self.value = value
        self.scope = anyio.CancelScope()
        self.before = before
        """Set when the service that had the key before is over."""
        self.over = anyio.Event()


class Keyed(Generic[K, V]):
    """All tasks are inside the task group of the caller, and end with it."""

    def __init__(self, tasks: TaskGroup, run: Run[K, V], adapt: Adapt[K, V] | None = None) -> None:
        self._tasks, self._run, self._adapt = tasks, run, adapt
        self._running: dict[K, _Service[V]] = {}
        self._ending: dict[K, anyio.Event] = {}

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[K]:
        return iter(self._running)

    def want(self, wanted: Mapping[K, V]) -> set[K]:
        """Run exactly these from now on; return the keys that run no more, or run anew.

        An edited service begins when the old one of its key has ended, so that what it holds (a
        port, a file) is free again.
        """
        running = {key: service.value for key, service in self._running.items()}
        stop, start = changes(running, wanted)
        for key in stop & start if self._adapt is not None else ():
            if self._adapt is not None and self._adapt(key, running[key], wanted[key]):
                self._running[key].value = wanted[key]
                stop.discard(key)
                start.discard(key)
        for key in stop:
            service = self._running.pop(key)
            service.scope.cancel()
            self._ending[key] = service.over
        for key in start:
            service = _Service(wanted[key], self._ending.get(key))
            self._running[key] = service
            self._tasks.start_soon(self._serve, key, service)
        return stop

    async def _serve(self, key: K, service: _Service[V]) -> None:
        try:
            if service.before is not None:
                with anyio.CancelScope(shield=True):  # whoever comes next waits for this one
                    await service.before.wait()
            with service.scope:
                await self._run(key, service.value)
        finally:
            service.over.set()
            if self._ending.get(key) is service.over:
                del self._ending[key]
