"""A line to another agent through the controller: a WebSocket that carries the bytes of TLS.

Whatever the controller does to them, or somebody on the way, is no more than a cut: what is not TLS
between the two device keys ends the line.
"""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import anyio
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from forepost.agent.edges.peers.channel import RelayRefused
from forepost.agent.edges.peers.credentials import LARGEST
from forepost.agent.way import Way
from forepost.kit.dead_peers import give_up_dead
from forepost.wire.jobs import relay as wire
from forepost.wire.jobs.transfer import RelayAccess

MOST_HEARD: Final = 1 << 20
"""Bytes of a frame that comes."""
MOST_FRAMES: Final = 4
"""That came and wait."""
OPEN_SEC: Final = 20.0
FIRST_SEC: Final = 40.0
"""For the other's first frame; the controller gives it 30 s to come."""
CLOSE_SEC: Final = 2.0


Carry = Callable[[socket.socket], Awaitable[None]]
"""Carries between the socket and a line, until one of them ends."""


class RelayWay(connect):
    """The agent's key goes to nobody else, whatever the controller says."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class RelayedLine(msgspec.Struct, frozen=True):
    """A WebSocket at whose other end, beyond the controller, is another agent."""

    websocket: ClientConnection
    certificate: bytes
    """What the other showed."""
    anew: anyio.Event
    """Set when the controller is to be asked otherwise."""

    async def carry(self, near: socket.socket) -> None:
        """Pass bytes on between the WebSocket and a socket until one of them ends."""
        near.setblocking(False)
        try:
            with near:
                async with anyio.create_task_group() as tasks:
                    for end in (self._up, self._down, self._until_anew):
                        tasks.start_soon(self._end_all, end, near, tasks.cancel_scope)
        except* (OSError, ConnectionClosed):
            pass

    async def _end_all(self, carry: Carry, near: socket.socket, all_: anyio.CancelScope) -> None:
        await carry(near)
        all_.cancel()

    async def _up(self, near: socket.socket) -> None:
        while True:
            await anyio.wait_readable(near)
            data = near.recv(wire.MOST_FRAME)
            if not data:
                return
            await self.websocket.send(data)

    async def _down(self, near: socket.socket) -> None:
        async for frame in self.websocket:
            if not isinstance(frame, bytes) or not frame:
                return
            view = memoryview(frame)
            while view:
                with suppress(BlockingIOError):
                    view = view[near.send(view) :]
                if view:
                    await anyio.wait_writable(near)

    async def _until_anew(self, _near: socket.socket) -> None:
        await self.anew.wait()


@asynccontextmanager
async def opened(
    access: RelayAccess, target: str, certificate: bytes, anew: anyio.Event
) -> AsyncIterator[RelayedLine]:
    """Have a line as soon as the other comes too. Raises RelayRefused."""
    websocket: ClientConnection | None = None
    try:
        try:
            websocket = await _dialed(access, target)
            shown = await _exchanged(websocket, certificate)
        except ConnectionClosed as closed:
            code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (0, "")
            raise RelayRefused(reason or "it has closed the line", code) from None
        except (InvalidHandshake, OSError) as error:
            raise RelayRefused(str(error) or "it does not answer") from None
        yield RelayedLine(websocket, shown, anew)
    finally:
        if websocket is not None:
            await _close(websocket)


async def _dialed(access: RelayAccess, target: str) -> ClientConnection:
    """Raises OSError, InvalidHandshake."""
    way = Way(
        proxy=access.proxy,
        ca_file=access.ca_file,
        client_cert_file=access.client_cert_file,
        client_key_file=access.client_key_file,
    )
    tls: ssl.SSLContext | None = None
    if access.url.startswith("https:"):
        tls = await way.tls(access.pin_sha256)
    raw = await way.dial(access.url)
    try:
        give_up_dead(raw)
        return await RelayWay(
            "ws" + access.url.removeprefix("http") + target,
            additional_headers=access.headers,
            sock=raw,
            ssl=tls,
            proxy=None,
            compression=None,
            max_size=MOST_HEARD,
            max_queue=MOST_FRAMES,
            open_timeout=OPEN_SEC,
            close_timeout=CLOSE_SEC,
            ping_interval=None,
        )
    except BaseException:
        raw.close()
        raise


async def _exchanged(line: ClientConnection, certificate: bytes) -> bytes:
    """Show the own certificate, return the other's. Raises RelayRefused; a line that ends is an
    error of its own.
    """
    await line.send(certificate)
    with anyio.move_on_after(FIRST_SEC):
        frame = await line.recv()
        if isinstance(frame, bytes) and len(frame) <= LARGEST:
            return frame
        raise RelayRefused("what came first is no certificate")
    raise RelayRefused(f"nothing came within {FIRST_SEC:.0f} s")


async def _close(line: ClientConnection) -> None:
    with anyio.CancelScope(shield=True):
        await line.close()
        line.transport.abort()
