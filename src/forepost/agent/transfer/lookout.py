"""Looks through an open folder: where the kernel says that something changed, and now and then all.

In the event loop.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup

from forepost.agent.edges.tree.root import RootMissing
from forepost.agent.edges.tree.watch import FolderWatch
from forepost.agent.transfer.disk import FolderDisk, ScanSummary
from forepost.agent.transfer.looks import Looks
from forepost.agent.transfer.scan import MOST_TROUBLES, PathTrouble
from forepost.agent.transfer.surroundings import Surroundings

ROOT_SEC: Final = 10.0
"""Between looks whether the root is still the one that was opened: no watch tells of mounts."""
Do = Callable[..., Awaitable[Any]]


class Lookout:
    """Of one folder."""

    def __init__(
        self, around: Surroundings, wake: Callable[[], None], tell: Callable[[str], None]
    ) -> None:
        """`wake`: called when there is something to look at. `tell`: told of what a person should
        know.
        """
        self._clock, self._wake, self._tell = around.clock, wake, tell
        self._looks = Looks(around.random)
        self._watch: FolderWatch | None = None
        self._is_limit_told = False
        self._troubles: dict[bytes, PathTrouble] = {}

    def open(self, disk: FolderDisk, tasks: TaskGroup) -> None:
        self._watch = FolderWatch(self._clock)
        disk.root.on_list = self._watch.add
        self._looks.add([b""])
        tasks.start_soon(self._watch.run, self._changed)
        tasks.start_soon(self._mind_root, disk)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    async def _mind_root(self, disk: FolderDisk) -> None:
        while True:
            await self._clock.sleep(ROOT_SEC)
            try:
                await anyio.to_thread.run_sync(disk.root.check, disk.marker)
            except (RootMissing, OSError):
                self._changed({b""})  # the look itself says what is wrong

    def _changed(self, parts: set[bytes]) -> None:
        self._looks.add(parts)
        self._wake()

    def add(self, parts: Iterable[bytes]) -> None:
        self._looks.add(parts)

    def rest(self) -> None:
        """Files are being placed: see FolderWatch.rest."""
        if self._watch is not None:
            self._watch.rest()

    def go_on(self) -> None:
        if self._watch is not None:
            self._watch.go_on()

    def due_in(self) -> float:
        return self._looks.due_in(self._clock.monotonic())

    @property
    def troubles(self) -> tuple[PathTrouble, ...]:
        """What could not be read."""
        return tuple(self._troubles.values())

    async def look(self, do: Do, disk: FolderDisk, *, held_ok: bool) -> ScanSummary | None:
        """Enter what changed on the disk into the index; None: there was nothing to look at.

        Raises RootMissing, OSError.
        """
        began = self._clock.monotonic()
        parts = self._looks.take(began)
        if not parts:
            return None
        summary: ScanSummary = await do(lambda: disk.scan(*parts, held_ok=held_ok))
        now = self._clock.monotonic()
        if parts == [b""]:
            is_watched = self._watch is not None and not self._watch.is_full
            self._looks.looked_at_all(now, now - began, is_watched=is_watched)
            if not is_watched:
                self._tell_limit(disk)
        for path in [one for one in self._troubles if _is_below(one, parts)]:
            del self._troubles[path]
        for one in summary.troubles:
            if len(self._troubles) < MOST_TROUBLES:
                self._troubles[one.path] = one
        self._looks.restless(now, summary.restless)
        return summary

    def _tell_limit(self, disk: FolderDisk) -> None:
        """Once: how many watches are needed."""
        if self._is_limit_told or self._watch is None:
            return
        self._is_limit_told = True
        shortage = self._watch.shortage(disk.index.folders() + 1)
        self._tell(
            f"not all of it is watched: {shortage} for all programs of this user together;"
            " changes are found by looking"
        )


def _is_below(path: bytes, parts: Iterable[bytes]) -> bool:
    return any(not part or path == part or path.startswith(part + b"\0") for part in parts)
