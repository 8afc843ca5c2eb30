"""A TCP connection to a host with addresses of both families, after RFC 8305 (Happy Eyeballs).

An address to which packets vanish costs a quarter of a second. It waits in a thread, as most who
call it do: http.client, smtplib, paho, speed tests; event loops look names up in one anyway. What
asyncio has (uvloop has nothing) and the libraries on top of it would serve the uplink only.
"""

import errno
import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from ipaddress import ip_address
from typing import Final, Self, TypeVar

import anyio.to_thread

from forepost.kit.clock import Clock, SystemClock
from forepost.kit.name_lookup import Goal, NotReached, look_up

ATTEMPT_SEC: Final = 0.25
"""Then the next address is tried beside those that have not answered."""
MOST: Final = 16
"""Addresses of one host that are tried."""
MOST_TOLD: Final = 4
UNLUCKY_SEC: Final = 600.0
MOST_UNLUCKY: Final = 64

Way = TypeVar("Way")
Prepare = Callable[[socket.socket], object]
_NO_ROUTE: Final = frozenset({errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def dial(
    host: str,
    port: int,
    within_sec: float,
    *,
    clock: Clock | None = None,
    prepare: Prepare | None = None,
) -> socket.socket:
    """A connected socket that waits without end; from the name to the connection it takes
    `within_sec` at most. Raises NotReached, and gaierror where the name is not known.
    """
    clock = clock or SystemClock()
    until = clock.monotonic() + within_sec
    goals = look_up(host, port, until, clock)
    return connect_first(goals, until, clock, prepare=prepare, named=host)


def connect_first(
    goals: Iterable[Goal],
    until: float,
    clock: Clock,
    *,
    prepare: Prepare | None = None,
    named: str = "",
) -> socket.socket:
    """The first that connects; the others are closed. `prepare` sees each socket before it is used.
    `named`: what somebody wrote, for the words. Raises NotReached, and what `prepare` raises.
    """
    with _Race(interleaved(_unlucky.last(goals, clock)), clock, prepare) as race:
        won = race.run(until)
    if won is None:
        raise NotReached(*race.lost(named))
    won.setblocking(True)
    return won


def put_last(address: str, clock: Clock) -> None:
    """An address that connects, and then nothing comes of it, as where large packets vanish. Others
    of the same name are tried before it, for ten minutes.
    """
    if address:
        _unlucky.add(address, clock)


def peer_of(opened: socket.socket) -> str:
    """Its address; "" where it is gone already."""
    try:
        return str(opened.getpeername()[0])
    except OSError:
        return ""


class _Unlucky:
    """Of this process; the oldest is forgotten where there are too many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def add(self, address: str, clock: Clock) -> None:
        with self._lock:
            self._until.pop(address, None)
            while len(self._until) >= MOST_UNLUCKY:
                del self._until[next(iter(self._until))]
            self._until[address] = clock.monotonic() + UNLUCKY_SEC

    def last(self, goals: Iterable[Goal], clock: Clock) -> list[Goal]:
        now = clock.monotonic()
        with self._lock:
            return sorted(goals, key=lambda goal: self._until.get(str(goal[1][0]), now) > now)


_unlucky = _Unlucky()


async def beside(connect: Callable[[], socket.socket]) -> socket.socket:
    """What connects in a thread, for an event loop, which goes on. A connection that nobody waits
    for any more is closed. Raises what `connect` raises.
    """
    made = _Made()
    try:
        await anyio.to_thread.run_sync(made.by, connect, abandon_on_cancel=True)
        return made.take()
    finally:
        made.close()


class _Made:
    """A connection between the thread that makes it and whoever wants it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: socket.socket | None = None
        self._wanted = True

    def by(self, connect: Callable[[], socket.socket]) -> None:
        opened = connect()
        with self._lock:
            if self._wanted:
                self._opened = opened
            else:
                opened.close()

    def take(self) -> socket.socket:
        with self._lock:
            taken, self._opened = self._opened, None
        assert taken is not None
        return taken

    def close(self) -> None:
        with self._lock:
            self._wanted = False
            if self._opened is not None:
                self._opened.close()


def interleaved(goals: Iterable[Goal]) -> list[Goal]:
    """By turns of each family, beginning with the first one's; so many as are tried. Pure."""
    return by_turns(goals, lambda goal: goal[0])


def by_turns(ways: Iterable[Way], family: Callable[[Way], Hashable]) -> list[Way]:
    """As `interleaved`, of whatever has a family. Pure."""
    families: dict[Hashable, deque[Way]] = {}
    for way in dict.fromkeys(ways):
        families.setdefault(family(way), deque()).append(way)
    found: list[Way] = []
    while any(families.values()) and len(found) < MOST:
        found += [waiting.popleft() for waiting in families.values() if waiting]
    return found[:MOST]


def shown(goal: Goal) -> str:
    host, port = goal[1][:2]
    return f"[{host}]:{port}" if goal[0] == socket.AF_INET6 else f"{host}:{port}"


class _Race:
    def __init__(self, goals: Sequence[Goal], clock: Clock, prepare: Prepare | None) -> None:
        self._waiting, self._clock, self._prepare = deque(goals), clock, prepare
        self._poll = selectors.PollSelector()
        self._trying: dict[socket.socket, Goal] = {}
        self._failed: list[tuple[Goal, int]] = []
        self._sec = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for loser in self._trying:
            loser.close()
        self._poll.close()

    def run(self, until: float) -> socket.socket | None:
        next_at = now = self._clock.monotonic()
        self._sec = max(0.0, until - now)
        while (self._waiting or self._trying) and now < until:
            if self._waiting and (now >= next_at or not self._trying):
                begun = self._try(self._waiting.popleft())
                next_at = now + ATTEMPT_SEC if begun else now
            wait_sec = min(next_at, until) - now if self._waiting else until - now
            for key, _ in self._poll.select(wait_sec) if self._trying else ():
                ready = key.fileobj
                assert isinstance(ready, socket.socket)
                goal = self._trying.pop(ready)
                self._poll.unregister(ready)
                if not (number := ready.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                    return ready
                ready.close()
                self._failed.append((goal, number))
                next_at = now  # who is refused makes room at once
            now = self._clock.monotonic()
        return None

    def _try(self, goal: Goal) -> bool:
        """False: it failed at once, and makes room."""
        opened: socket.socket | None = None
        try:
            opened = socket.socket(goal[0], socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            self._trying[opened] = goal
            if self._prepare is not None:
                self._prepare(opened)
            number = opened.connect_ex(goal[1])
        except OSError as error:
            number = error.errno or errno.EINVAL
        if opened is not None and number in (0, errno.EINPROGRESS):
            self._poll.register(opened, selectors.EVENT_WRITE)
            return True
        if opened is not None:
            del self._trying[opened]
            opened.close()
        self._failed.append((goal, number))
        return False

    def lost(self, named: str) -> tuple[int, str]:
        """Why nobody won: a number of errno, and words."""
        silent = [(goal, errno.ETIMEDOUT) for goal in (*self._trying.values(), *self._waiting)]
        failed = [*self._failed, *silent]
        if len(failed) == 1 and _is_address(named):
            text = self._why(failed[0][1])
        else:
            told = [f"{shown(goal)}: {self._why(number)}" for goal, number in failed[:MOST_TOLD]]
            more = [f"{len(failed) - MOST_TOLD} more"] if len(failed) > MOST_TOLD else []
            text = "; ".join([*told, *more]) or "it has no address"
        numbers = [number for _, number in failed]
        if numbers and all(number in _NO_ROUTE for number in numbers):
            text += _no_route({goal[0] for goal, _ in failed}, named)
        return max(numbers, key=numbers.count, default=errno.EADDRNOTAVAIL), text

    def _why(self, number: int) -> str:
        if number == errno.ETIMEDOUT:
            return f"no answer in {self._sec:.0f} s"
        return os.strerror(number).lower()


def _no_route(families: set[socket.AddressFamily], named: str) -> str:
    """What a host of one family is told that can go to the other one only."""
    if families == {socket.AF_INET}:
        if _is_address(named):
            way = "through NAT64 only a name leads there, not an IPv4 address"
        else:
            way = "the name has no IPv6 address, neither of its own nor of a DNS64"
        return f" (this host has no way to IPv4: {way})"
    if families == {socket.AF_INET6}:
        return " (this host has no way to IPv6, and no IPv4 address is known there)"
    return " (this host has no network)"


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True
