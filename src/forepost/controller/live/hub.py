"""Fan-out of committed results to the panels that watch."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import anyio
import msgspec

from forepost.controller.series.port import Row
from forepost.wire.panel import Gap, ProbeData
from forepost.wire.rest import ResultRow

QUEUE: Final = 256
"""Frames that wait for one panel. When full, new ones are dropped; a `gap` says how many."""


class Watcher:
    """One panel: what it watches, and the frames that wait for it."""

    def __init__(self) -> None:
        self.watched: set[tuple[int, int]] = set()
        """(workspace id, probe id); probe id 0 stands for all of the workspace."""
        self._frames: deque[bytes] = deque()
        self._dropped = 0
        self._ready = anyio.Event()

    def offer(self, frame: bytes) -> None:
        if len(self._frames) >= QUEUE:
            self._dropped += 1
            return
        self._frames.append(frame)
        self._ready.set()

    async def next(self) -> bytes:
        while not self._frames:
            if self._dropped:
                gap, self._dropped = Gap(dropped=self._dropped), 0
                return msgspec.json.encode(gap)
            self._ready = anyio.Event()
            await self._ready.wait()
        return self._frames.popleft()


class Hub:
    def __init__(self, shown: Callable[[Row], ResultRow]) -> None:
        self._shown = shown
        self._watchers: dict[int, set[Watcher]] = {}

    def watch(self, watcher: Watcher, workspace_id: int, probe_id: int) -> None:
        watcher.watched.add((workspace_id, probe_id))
        self._watchers.setdefault(workspace_id, set()).add(watcher)

    def unwatch(self, watcher: Watcher, workspace_id: int, probe_id: int) -> None:
        watcher.watched.discard((workspace_id, probe_id))
        if not any(watched == workspace_id for watched, _ in watcher.watched):
            self._leave(watcher, workspace_id)

    def gone(self, watcher: Watcher) -> None:
        for workspace_id in {watched for watched, _ in watcher.watched}:
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
                frame = self._frame(workspace_id, row)
                for watcher in interested:
                    watcher.offer(frame)

    def _frame(self, workspace_id: int, row: Row) -> bytes:
        return msgspec.json.encode(
            ProbeData(
                workspace_id=workspace_id,
                probe_id=row.probe_id,
                agent_id=row.agent_id,
                probe_type=row.type,
                data=msgspec.Raw(msgspec.json.encode(self._shown(row))),
            )
        )

    def _leave(self, watcher: Watcher, workspace_id: int) -> None:
        watchers = self._watchers.get(workspace_id, set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(workspace_id, None)
