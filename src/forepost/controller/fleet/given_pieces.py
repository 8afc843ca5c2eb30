"""Long messages on one connection: in pieces, as many on their way as the line takes in a moment.

What waits in the kernels and proxies of a slow line is passed by nobody: an answer would come after
all of it.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
import anyio.to_thread

from forepost.kit.clock import Clock
from forepost.wire.uplink.pieces import pieces_of

QUICK_SEC: Final = 0.5
"""One more may be on its way after a piece that was there so soon ..."""
SLOW_SEC: Final = 1.0
"""... and half as many after this."""
MOST: Final = 64
"""A quarter of a MiB."""
QUICKLY_PACKED: Final = 64 << 10
"""Longer ones are packed in a thread."""


class GivenPieces:
    def __init__(self, send: Callable[[bytes], Awaitable[None]], clock: Clock) -> None:
        self._send, self._clock = send, clock
        self._alone = anyio.Lock()
        self._on_their_way: deque[float] = deque()
        self._most = 1
        self._room = anyio.Event()

    async def give(self, text: str) -> None:
        """Return when the last piece is on its way. Those of another message come after it."""
        if len(text) < QUICKLY_PACKED:
            pieces = pieces_of(text)
        else:
            pieces = await anyio.to_thread.run_sync(pieces_of, text)
        async with self._alone:
            for piece in pieces:
                while len(self._on_their_way) >= self._most:
                    self._room = anyio.Event()
                    await self._room.wait()
                self._on_their_way.append(self._clock.monotonic())
                await self._send(piece)

    def taken(self) -> None:
        """The agent has one more of them; where it has all of them, that says nothing."""
        if not self._on_their_way:
            return
        after_sec = self._clock.monotonic() - self._on_their_way.popleft()
        if after_sec > SLOW_SEC:
            self._most = max(1, self._most // 2)
        elif after_sec <= QUICK_SEC:
            self._most = min(MOST, self._most + 1)
        self._room.set()
