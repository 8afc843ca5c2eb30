"""Questions to the system's resolver, each in a thread: it may block for half a minute, and cannot
be interrupted.
"""

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from forepost.agent.ports.net import FAMILIES, Family, Resolved

MOST_IN_ZONE: Final = 16
"""Questions under way about names below the same two labels: a zone whose servers are silent
keeps its own names waiting, and no others."""
MOST: Final = 128
"""Of all zones. What is asked beyond it is refused with a reason."""

_Key = tuple[str, Family]


class NameQuestion:
    """One question, for all who ask it while it is under way."""

    __slots__ = ("answer", "askers", "begun", "future", "key", "zone")

    def __init__(self, key: _Key, loop: asyncio.AbstractEventLoop) -> None:
        self.key, self.zone = key, zone_of(key[0])
        self.future: asyncio.Future[None] = loop.create_future()
        self.answer: Resolved | None = None
        self.askers = 0
        self.begun = asyncio.Event()

    async def begins(self) -> float:
        """Wait for its place in the zone; return for how many seconds."""
        if self.begun.is_set():
            return 0.0
        loop = asyncio.get_running_loop()
        since_sec = loop.time()
        await self.begun.wait()
        return loop.time() - since_sec

    async def answered(self, within_sec: float | None) -> None:
        await asyncio.wait([self.future], timeout=within_sec)

    def settle(self, answer: Resolved) -> None:
        self.answer = answer
        self.begun.set()
        if not self.future.done():
            self.future.set_result(None)


class NameQuestions:
    """Belongs to the event loop that it is first used in."""

    def __init__(self) -> None:
        self._open: dict[_Key, NameQuestion] = {}
        self._running: dict[str, int] = {}
        """By zone, and only where there is one."""
        self._waiting: dict[str, deque[NameQuestion]] = {}

    @contextmanager
    def asked(self, name: str, family: Family) -> Iterator[NameQuestion]:
        """A question that is asked by now, or waits for a place in its zone as long as somebody
        wants its answer.
        """
        key = (name.lower(), family)
        one = self._open.get(key)
        if one is None:
            one = self._open[key] = NameQuestion(key, asyncio.get_running_loop())
            self._begin(one)
        one.askers += 1
        try:
            yield one
        finally:
            one.askers -= 1

    def _begin(self, one: NameQuestion) -> None:
        if sum(self._running.values()) >= MOST:
            self._end(one, Resolved(reason=f"{MOST} look-ups of names are without an answer"))
        elif self._running.get(one.zone, 0) >= MOST_IN_ZONE:
            self._waiting.setdefault(one.zone, deque()).append(one)
        else:
            self._start(one)

    def _start(self, one: NameQuestion) -> None:
        loop = asyncio.get_running_loop()
        one.begun.set()
        name, family = one.key

        def ask() -> None:
            answer = looked_up(name, family)
            try:
                loop.call_soon_threadsafe(self._answered, one, answer)
            except RuntimeError:
                return  # the loop has ended, and all who asked with it

        try:
            threading.Thread(target=ask, name="look-up", daemon=True).start()
        except RuntimeError:
            self._end(one, Resolved(reason=f"{name}: no room for a thread that looks it up"))
            return
        self._running[one.zone] = self._running.get(one.zone, 0) + 1

    def _answered(self, one: NameQuestion, answer: Resolved) -> None:
        self._running[one.zone] -= 1
        if not self._running[one.zone]:
            del self._running[one.zone]
        self._end(one, answer)
        waiting = self._waiting.get(one.zone)
        while waiting:
            following = waiting.popleft()
            if following.askers:
                self._start(following)
                break
            del self._open[following.key]
        if waiting is not None and not waiting:
            del self._waiting[one.zone]

    def _end(self, one: NameQuestion, answer: Resolved) -> None:
        self._open.pop(one.key, None)
        one.settle(answer)


def zone_of(name: str) -> str:
    """The last two labels."""
    return ".".join(name.rstrip(".").rsplit(".", 2)[-2:])


def looked_up(name: str, family: Family) -> Resolved:
    """Blocks as long as the system's resolver does."""
    try:
        found = socket.getaddrinfo(name, None, FAMILIES[family], socket.SOCK_RAW)
    except OSError as error:
        return Resolved(reason=f"{name}: {(error.strerror or str(error)).lower()}")
    except ValueError as error:
        return Resolved(reason=f"{name!r} is no host name: {error}")
    return Resolved(tuple(dict.fromkeys(written(one[4]) for one in found)))


def written(to: tuple[Any, ...]) -> str:
    """Write an address of the socket module, with its zone if it has one."""
    scope = to[3] if len(to) == 4 else 0
    if not scope:
        return str(to[0])
    try:
        return f"{to[0]}%{socket.if_indextoname(scope)}"
    except OSError:
        return f"{to[0]}%{scope}"  # there is no such interface, or not any more
