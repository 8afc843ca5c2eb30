"""Fan-out of committed results, and of what else happens, to the panels that watch."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import anyio

from forepost.controller.live.frames import Flat, Frame, Result, Style
from forepost.controller.series.port import Row
from forepost.wire.rest.bodies import ResultRow
from forepost.wire.rest.panel import Gap

QUEUE: Final = 256
"""Frames that wait for one panel. When full, new ones are dropped; a `gap` says how many."""
QUEUE_BYTES: Final = 4 << 20
"""And bytes, but for a single larger frame."""


class Watcher:
    """One panel: what it watches, and the frames that wait for it, in the way that it reads."""

    def __init__(self, style: Style = "flat", *, stranger: bool = False) -> None:
        self.style = style
        self.stranger = stranger
        """Sees results of the probes that it watches, and nothing else of their workspace."""
        self.watched: set[tuple[int, int]] = set()
        """(workspace id, probe id); probe id 0 stands for all of the workspace."""
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = 0
        self._ready = anyio.Event()

    @property
    def workspaces(self) -> set[int]:
        return {workspace_id for workspace_id, _ in self.watched}

    def offer(self, frame: Frame) -> None:
        if len(self._frames) >= QUEUE:
            self._dropped += 1
            return
        written = self._written(frame)
        if self._frames and self._bytes + len(written) > QUEUE_BYTES:
            self._dropped += 1
            return
        self._frames.append(written)
        self._bytes += len(written)
        self._ready.set()

    async def next(self) -> bytes:
        while not self._frames:
            if self._dropped:
                gap, self._dropped = Gap(dropped=self._dropped), 0
                return self._written(Flat.of(gap))
            self._ready = anyio.Event()
            await self._ready.wait()
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        return frame

    def _written(self, frame: Frame) -> bytes:
        return frame.flat if self.style == "flat" else frame.event


class Hub:
    def __init__(self, shown: Callable[[Row], ResultRow]) -> None:
        self._shown = shown
        self._watchers: dict[int, set[Watcher]] = {}

    @property
    def workspaces(self) -> Sequence[int]:
        """Those that somebody watches."""
        return tuple(self._watchers)

    def watch(self, watcher: Watcher, workspace_id: int, probe_id: int) -> None:
        watcher.watched.add((workspace_id, probe_id))
        self._watchers.setdefault(workspace_id, set()).add(watcher)

    def unwatch(self, watcher: Watcher, workspace_id: int, probe_id: int) -> None:
        watcher.watched.discard((workspace_id, probe_id))
        if workspace_id not in watcher.workspaces:
            self._leave(watcher, workspace_id)

    def shut_out(self, watcher: Watcher, workspace_id: int) -> None:
        """End all that it watches of a workspace."""
        watcher.watched = {one for one in watcher.watched if one[0] != workspace_id}
        self._leave(watcher, workspace_id)

    def gone(self, watcher: Watcher) -> None:
        for workspace_id in watcher.workspaces:
            self._leave(watcher, workspace_id)
        watcher.watched.clear()

    def publish(self, workspace_id: int, rows: Sequence[Row]) -> None:
        """Offer rows to whoever watches them; costs next to nothing when nobody does."""
        watchers = self._watchers.get(workspace_id)
        if not watchers:
            return
        for row in rows:
            ways = {(workspace_id, 0), (workspace_id, row.probe_id)}
            interested = [watcher for watcher in watchers if watcher.watched & ways]
            if interested:
                frame = Result(workspace_id, row, self._shown)
                for watcher in interested:
                    watcher.offer(frame)

    def announce(self, workspace_id: int, frame: bytes) -> None:
        """Offer a frame, written flat, about a workspace to its people who watch any of it."""
        watchers = self._watchers.get(workspace_id)
        if watchers:
            written = Flat(frame)
            for watcher in watchers:
                if not watcher.stranger:
                    watcher.offer(written)

    def _leave(self, watcher: Watcher, workspace_id: int) -> None:
        watchers = self._watchers.get(workspace_id, set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(workspace_id, None)
