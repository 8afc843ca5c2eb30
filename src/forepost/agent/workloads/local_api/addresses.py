"""Keeps the Local API listening where it should: also when an address comes later, or moves."""

import errno
import socket
from collections.abc import Awaitable, Callable, Collection
from typing import Final

import anyio

from forepost.kit.clock import Clock
from forepost.kit.dead_peers import give_up_dead
from forepost.kit.health import Health
from forepost.kit.keyed import Keyed
from forepost.kit.listeners import BACKLOG

FIRST_SEC: Final = 1.0
LONGEST_SEC: Final = 30.0
ALL: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - what is never listened on
SUBJECT: Final = "local api"


class ListeningAddresses:
    """`always`: an address that is there from the start; `others`: those that are there now."""

    def __init__(
        self,
        always: str,
        port: int,
        others: Callable[[], Collection[str]],
        changed: Callable[[], Awaitable[None]],
        serve: Callable[[socket.socket], Awaitable[None]],
        clock: Clock,
        health: Health,
    ) -> None:
        self._always, self._port = always, port
        self._others, self._changed, self._serve = others, changed, serve
        self._clock, self._health = clock, health

    async def run(self) -> None:
        """For ever."""
        async with anyio.create_task_group() as tasks:
            keyed = Keyed[str, int](tasks, self._one)
            while True:
                others = [one for one in self._others() if one not in ALL]
                for gone in keyed.want(dict.fromkeys([self._always, *others], self._port)):
                    self._health.well(self._subject(gone))
                await self._changed()

    async def _one(self, host: str, port: int) -> None:
        """Listen on one address; what is in the way is waited for, and told."""
        pause = FIRST_SEC
        while True:
            try:
                listener = listening(host, port)
                self._health.well(self._subject(host))
                pause = FIRST_SEC
                await self._serve(listener)
            except OSError as error:
                self._health.ill(self._subject(host), _reason(error, port))
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_SEC)

    def _subject(self, host: str) -> str:
        return f"{SUBJECT} {host}"


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there, and gives up whoever is gone. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    give_up_dead(listener)
    return listener


def _reason(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken, by a connection that goes out perhaps; see forepost doctor"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this host has no such address now"
    return error.strerror or str(error)
