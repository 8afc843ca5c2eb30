"""Hears from the kernel what changes in a folder. What it says is where to look, and nothing else:
a lost word costs time until the next full look, and no file.
"""

import errno
import fcntl
import os
import termios
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Final

import anyio
from asyncinotify import Event, Inotify, Mask

from forepost.agent.edges.host.abilities import inotify_limit
from forepost.agent.edges.tree.placement import UNFINISHED
from forepost.agent.edges.tree.root import OWN
from forepost.kit.clock import Clock

DEBOUNCE_SEC: Final = 0.05
BUSY_SEC: Final = 1.0
MOST_EVENTS: Final = 4_000
"""At a time; beyond, all is looked at anew."""
MOST_PARTS: Final = 500
MOST_BUSY: Final = 16 << 10
"""Bytes of events that are read while files are placed: reading them one by one costs as much as
placing the files.
"""
READ_EVENTS: Final = 256
_BY_FD: Final = "/proc/self/fd/"
_EVENTS: Final = (
    Mask.CREATE
    | Mask.DELETE
    | Mask.MOVED_FROM
    | Mask.MOVED_TO
    | Mask.CLOSE_WRITE
    | Mask.MODIFY
    | Mask.ATTRIB
)
_HOW: Final = Mask.ONLYDIR | Mask.EXCL_UNLINK
_FULL: Final = frozenset((errno.ENOSPC, errno.ENOMEM, errno.EMFILE))


class FolderWatch:
    """Of one folder. `add` is called by the folder's thread, all else by the event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._inotify = _begun()
        self.count = 0
        self.is_full = self._inotify is None
        """Whether the kernel refused a watch: looks take over."""
        self._quiet = anyio.Event()
        self._quiet.set()

    def shortage(self, folders: int) -> str:
        """Return what there is too little of, for so many folders below the root."""
        if self._inotify is None:
            found = inotify_limit("instances")
            return (
                f"each job that is kept in step takes an instance of inotify, and"
                f" fs.inotify.max_user_instances is {found}"
            )
        found = inotify_limit("watches")
        return f"it has {folders} folders, and fs.inotify.max_user_watches is {found}"

    def close(self) -> None:
        if self._inotify is not None:
            self._inotify.close()

    def add(self, folder: int, names: list[bytes]) -> None:
        """Watch a folder that is open; called before it is listed."""
        inotify = self._inotify
        if inotify is None or self.is_full:
            return
        try:
            found = inotify.add_watch(f"{_BY_FD}{folder}", _EVENTS | _HOW)
        except ValueError:
            return  # closed meanwhile: a look at everything follows
        except OSError as error:
            self.is_full = error.errno in _FULL
            return
        # Also where it was watched under another path before: it was renamed.
        found.path = Path(os.fsdecode(b"/".join(names)))
        self.count += 1

    def rest(self) -> None:
        """Most of what happens now is the engine's own doing: it is read rarely, and a look at
        everything waits.
        """
        if self._quiet.is_set():
            self._quiet = anyio.Event()

    def go_on(self) -> None:
        self._quiet.set()

    async def run(self, changed: Callable[[set[bytes]], None]) -> None:
        """Say which paths to look at, names with a NUL between; b"": everything. For ever."""
        while self._inotify is not None:
            await anyio.wait_readable(self._inotify.fd)
            await self._clock.sleep(DEBOUNCE_SEC if self._quiet.is_set() else BUSY_SEC)
            parts = self._read(self._inotify)
            if b"" in parts:
                await self._quiet.wait()
                # All watches are made anew by the look at everything.
                former, self._inotify = self._inotify, _begun()
                former.close()
                self.count, self.is_full = 0, self._inotify is None
            if parts:
                changed(parts)

    def _read(self, inotify: Inotify) -> set[bytes]:
        parts: set[bytes] = set()
        if not self._quiet.is_set() and _waiting(inotify) > MOST_BUSY:
            return {b""}  # unread: the watches are made anew
        for _ in range(MOST_EVENTS):
            event = inotify.sync_get()
            if event is None:
                return parts if len(parts) <= MOST_PARTS else {b""}
            part = _part(event)
            if part is not None:
                parts.add(part)
        return {b""}


def _waiting(inotify: Inotify) -> int:
    """Return how many bytes of events wait."""
    count = array("i", [0])
    fcntl.ioctl(inotify.fd, termios.FIONREAD, count)
    return count[0]


def _begun() -> Inotify | None:
    try:
        return Inotify(cache_size=READ_EVENTS, sync_timeout=0)
    except OSError:
        return None


def _part(event: Event) -> bytes | None:
    """Return where to look; None: nowhere."""
    if Mask.Q_OVERFLOW in event.mask:
        return b""
    if Mask.IGNORED in event.mask or event.name is None:
        return None
    watch = event.watch
    if watch is None or str(watch.path).startswith(_BY_FD):
        return b""
    name = bytes(event.name)
    names = [one for one in bytes(watch.path).split(b"/") if one != b"."]
    if name.endswith(UNFINISHED) or (names or [name])[0] == OWN:
        return None
    return b"\0".join([*names, name])
