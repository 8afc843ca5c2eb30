"""What is done for a folder slowly, all the time: rot is found and healed, the archive shrinks."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from forepost.agent.transfer.members import Members
from forepost.agent.transfer.open_folder import OpenFolder
from forepost.agent.transfer.row import shown
from forepost.agent.transfer.scrub import PAUSE_SEC
from forepost.kit.clock import Clock

TIDY_SEC: Final = 3_600.0
MOST_TOLD: Final = 10_000
"""Rotten files of which it is known that they were told."""
Do = Callable[..., Awaitable[Any]]


class KeptFolder(Protocol):
    """A folder that is looked after."""

    @property
    def opened(self) -> OpenFolder | None:
        """None: it is not open."""
        ...

    @property
    def members(self) -> Members:
        """Who is connected."""
        ...

    def tell(self, kind: Any, text: str) -> None:
        """Tell an event of that kind."""
        ...

    def make_again(self) -> None:
        """What was made of roots may be missing now."""
        ...


class Upkeep:
    """Of one folder; in the event loop."""

    def __init__(self, folder: KeptFolder, do: Do, clock: Clock) -> None:
        self._folder, self._do, self._clock = folder, do, clock
        self._healing: set[bytes] = set()
        self._told: set[bytes] = set()

    async def run(self) -> None:
        """For ever."""
        tidied_at = -TIDY_SEC
        while True:
            await self._clock.sleep(PAUSE_SEC)
            with suppress(OSError, sqlite3.Error):
                await self.scrub()
                if self._clock.monotonic() - tidied_at >= TIDY_SEC:
                    tidied_at = self._clock.monotonic()
                    await self._tidy()

    async def _tidy(self) -> None:
        if self._folder.opened is not None:
            await self._do(self._folder.opened.disk.tidy)

    async def scrub(self) -> None:
        """Read a part, and have what is rotten fetched anew. Raises OSError, sqlite3.Error."""
        opened = self._folder.opened
        if opened is None:
            return
        rotten = await self._do(opened.scrub.part)
        for one in rotten:
            path = one.row.path
            if opened.disk.fetches and self._folder.members.complete(opened.disk.top.hash):
                if len(self._healing) < MOST_TOLD:
                    self._healing.add(path)
                await self._do(opened.scrub.put_away, one)
                self._folder.make_again()
            elif path not in self._told:
                if len(self._told) >= MOST_TOLD:
                    self._told.clear()
                self._told.add(path)
                why = "nobody is here who has it" if opened.disk.fetches else "this is its source"
                self._folder.tell("error", f"{shown(path)}: rotten on the disk, and {why}")

    def came(self, path: bytes) -> bool:
        """Whether this heals what was rotten."""
        is_healed = path in self._healing
        self._healing.discard(path)
        self._told.discard(path)
        return is_healed
