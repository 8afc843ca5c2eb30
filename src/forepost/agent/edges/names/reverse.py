"""Names of addresses, looked up beside the measuring: a resolver that is slow costs no hop.

The system's resolver blocks, for half a minute where nobody answers. So it is asked in threads of
our own, few and never waited for: not at the end of the process either.
"""

import asyncio
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Final

import anyio

from forepost.kit.clock import Clock
from forepost.kit.host_name import host_name

MOST_THREADS: Final = 4
IDLE_SEC: Final = 30.0
"""A thread without work ends."""
MOST_WAITING: Final = 256
"""Look-ups in the queue; more are not begun, and their addresses stay without a name this time."""
MOST_KEPT: Final = 4_096
KEEP_SEC: Final = 3_600.0
KEEP_FAILED_SEC: Final = 60.0
"""After a resolver that did not answer."""

LookUp = Callable[[str], str | None]
"""Returns a name, "" where there is none, None where nobody could say; blocks."""


class ReverseNames:
    """Belongs to the event loop that it is used in."""

    def __init__(self, clock: Clock, look_up: LookUp | None = None) -> None:
        self._clock, self._look_up = clock, look_up or system_look_up
        self._kept: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._pending: set[str] = set()
        self._queue: Queue[tuple[str, asyncio.AbstractEventLoop]] = Queue(MOST_WAITING)
        self._threads = 0
        self._lock = threading.Lock()
        self._changed = anyio.Event()

    def want(self, address: str) -> None:
        """Begin to look up. Never blocks."""
        if address in self._pending or self._name(address) is not None:
            return
        try:
            self._queue.put_nowait((address, asyncio.get_running_loop()))
        except Full:
            return
        self._pending.add(address)
        with self._lock:
            if self._threads < min(MOST_THREADS, len(self._pending)):
                self._begin()

    async def names(self, addresses: list[str], *, within_sec: float) -> dict[str, str]:
        for address in addresses:
            self.want(address)
        with anyio.move_on_after(within_sec):
            while not self._pending.isdisjoint(addresses):
                await self._changed.wait()
        return self.known(addresses)

    def known(self, addresses: list[str]) -> dict[str, str]:
        return {address: name for address in addresses if (name := self._name(address))}

    def _begin(self) -> None:
        try:
            threading.Thread(target=self._work, name="reverse names", daemon=True).start()
        except RuntimeError:
            return  # the host has no thread to spare: names are left out until it has
        self._threads += 1

    def _name(self, address: str) -> str | None:
        kept = self._kept.get(address)
        return None if kept is None or kept[1] <= self._clock.monotonic() else kept[0]

    def _found(self, address: str, name: str | None) -> None:
        self._pending.discard(address)
        keep_sec = KEEP_SEC if name is not None else KEEP_FAILED_SEC
        self._kept[address] = name or "", self._clock.monotonic() + keep_sec
        self._kept.move_to_end(address)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    def _work(self) -> None:
        while True:
            try:
                address, loop = self._queue.get(timeout=IDLE_SEC)
            except Empty:
                with self._lock:
                    if self._queue.empty():
                        self._threads -= 1
                        return
                continue
            name = self._look_up(address)
            try:
                loop.call_soon_threadsafe(self._found, address, name)
            except RuntimeError:
                continue  # the loop has ended: nobody asks any more


def system_look_up(address: str) -> str | None:
    try:
        found = socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0]
    except socket.gaierror as error:
        return None if error.errno == socket.EAI_AGAIN else ""
    except (OSError, ValueError):
        return ""
    return host_name(found)
