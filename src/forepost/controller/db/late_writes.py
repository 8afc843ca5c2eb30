"""What is known in RAM first, and written soon after."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

import anyio

from forepost.controller.db.failures import LOST

K = TypeVar("K")
V = TypeVar("V")

_log = logging.getLogger(__name__)


class LateWrites(Generic[K, V]):
    """Values that wait to be written: at most one for each key, the newest. A crash loses them.

    `save` writes many in one transaction. Where it fails they wait on, and nothing is lost by it.
    """

    def __init__(self, what: str, save: Callable[[Mapping[K, V]], Awaitable[None]]) -> None:
        """`what`: is not kept, in the words of the log, where there is no database at the end."""
        self._what, self._save = what, save
        self._waiting: dict[K, V] = {}
        self._some = anyio.Event()

    @property
    def waiting(self) -> Mapping[K, V]:
        return self._waiting

    def put(self, key: K, value: V) -> None:
        self._waiting[key] = value
        self._some.set()

    async def some(self) -> None:
        """Return when something waits."""
        await self._some.wait()

    async def flush(self) -> Mapping[K, V]:
        """Write what waits, and return it. Raises what `save` raises."""
        written, self._waiting = self._waiting, {}
        self._some = anyio.Event()
        if not written:
            return written
        try:
            await self._save(written)
        except BaseException:
            self._waiting = {**written, **self._waiting}
            self._some.set()
            raise
        return written

    async def flush_at_the_end(self) -> None:
        """The same before the end, where a database that is away is no reason not to end."""
        try:
            await self.flush()
        except LOST as error:
            _log.warning("%s is not kept: %s", self._what, error)
