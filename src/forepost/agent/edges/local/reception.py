"""Lets clients in, a task each: what goes wrong with one is its own, and none takes all places."""

import errno
import logging
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import anyio
import anyio.lowlevel
from anyio.abc import SocketStream, UNIXSocketStream

from forepost.kit.clock import Clock
from forepost.kit.health import Health

PAUSE_SEC: Final = 0.2
"""Where this host has no room for one more connection."""
_NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PEER: Final = struct.Struct("3i")

_log = logging.getLogger(__name__)

Serve = Callable[[SocketStream], Awaitable[None]]


class Reception:
    """`most_each`: connections of one peer: of one process and, twice as many, of one user at a
    Unix socket; of one address, or one /64, at any other. `outlived`: connections that are served
    when `serve` is cancelled stay open, for whoever served them.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        health: Health,
        *,
        most: int,
        most_each: int,
        outlived: bool = False,
    ) -> None:
        self._outlived = outlived
        self._name, self._clock, self._health = name, clock, health
        self._most, self._most_each = most, most_each
        self._places: Counter[str] = Counter()
        self._open = 0

    async def serve(
        self, listener: socket.socket, serve: Serve, too_many: Serve | None = None
    ) -> None:
        """For ever; the listener is closed at the end. `too_many` has the last word with who finds
        no place, within a second. Raises OSError where the listener itself is of no use any more.
        """
        listener.setblocking(False)
        waiting: set[socket.socket] = set()
        with listener, _closed_at_the_end(waiting):
            async with anyio.create_task_group() as tasks:
                while True:
                    await anyio.lowlevel.checkpoint()  # there may be more of them without a pause
                    try:
                        came, _ = listener.accept()
                    except BlockingIOError:
                        await anyio.wait_readable(listener)  # sock_accept may lose one when it ends
                        continue
                    except ConnectionError:
                        continue  # it was gone before we looked
                    except OSError as error:
                        if error.errno not in _NO_ROOM:
                            raise
                        self._health.ill(self._name, f"no room for a client: {error.strerror}")
                        await self._clock.sleep(PAUSE_SEC)
                        continue
                    self._health.well(self._name)
                    came.setblocking(False)
                    waiting.add(came)
                    tasks.start_soon(self._one, came, serve, too_many, waiting)

    async def _one(
        self,
        came: socket.socket,
        serve: Serve,
        too_many: Serve | None,
        waiting: set[socket.socket],
    ) -> None:
        try:
            kind = UNIXSocketStream if came.family == socket.AF_UNIX else SocketStream
            peers = _peers(came, self._most_each)
            stream = await kind.from_socket(came)
        except OSError:
            waiting.discard(came)
            came.close()  # it is gone
            return
        waiting.discard(came)
        with ExitStack() as stack:
            full = self._open >= self._most or any(
                self._places[peer] >= most for peer, most in peers.items()
            )
            if not full:
                self._open += 1
                self._places.update(peers.keys())
                stack.callback(self._leave, list(peers))
            await self._contained(stream, too_many if full else serve, brief=full)

    async def _contained(self, stream: SocketStream, serve: Serve | None, *, brief: bool) -> None:
        try:
            if serve is not None:
                with anyio.move_on_after(1.0 if brief else None):
                    await serve(stream)
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
            _log.debug("%s: a client went away", self._name, exc_info=True)
        except Exception:  # noqa: BLE001 - one client ends nobody else
            _log.exception("%s: a client is let go", self._name)
        except anyio.get_cancelled_exc_class():
            if not self._outlived:
                await anyio.aclose_forcefully(stream)
            raise
        await anyio.aclose_forcefully(stream)

    def _leave(self, peers: list[str]) -> None:
        self._open -= 1
        for peer in peers:
            self._places[peer] -= 1
            if not self._places[peer]:
                del self._places[peer]


@contextmanager
def _closed_at_the_end(waiting: set[socket.socket]) -> Iterator[None]:
    """Close those whose task was cancelled before it had them."""
    try:
        yield
    finally:
        for came in waiting:
            came.close()


def _peers(came: socket.socket, most_each: int) -> dict[str, int]:
    """Who it is, and how many connections each may have. Raises OSError."""
    if came.family == socket.AF_UNIX:
        pid, uid, _ = _PEER.unpack(
            came.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        )
        return {f"process {pid}": most_each, f"user {uid}": 2 * most_each}
    host = str(came.getpeername()[0])
    if came.family == socket.AF_INET6 and not host.startswith("::ffff:"):
        packed = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
        return {packed[:8].hex(): most_each}
    return {host: most_each}
