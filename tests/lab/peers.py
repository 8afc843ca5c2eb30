"""Servers of a test's own on loopback, well-behaved or not, inside the test's event loop."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from forepost.agent.edges.dial.search import search
from forepost.agent.edges.dial.sockets import SystemDialer
from forepost.agent.edges.host.facts import LinuxHost
from forepost.agent.edges.names.addresses import numeric
from forepost.agent.ports.edges import Edges
from forepost.agent.ports.host import Host
from forepost.agent.ports.net import Family, Resolved
from forepost.kit.clock import SystemClock
from tests.fakes.net import FakeNet, fake_edges

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(
    talk: Talk, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """Let `talk` answer every connection; the port. A connection ends with its `talk`."""

    talking: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        talking[task] = writer
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        del talking[task]

    server = await asyncio.start_server(one, host, 0, ssl=tls)
    try:
        port: int = server.sockets[0].getsockname()[1]
        yield port
    finally:
        server.close()
        await server.wait_closed()
        for writer in talking.values():
            writer.transport.abort()
        if talking:
            await asyncio.wait(talking, timeout=5)
        async with asyncio.timeout(5):  # those in a handshake are known to the server only
            while vars(server).get("_active_count", 0):  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.002)


def answering(response: bytes, *, pieces: int = 1, gap_sec: float = 0.0) -> Talk:
    """Read a request's head, then send the response, in so many pieces."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        size = max(1, -(-len(response) // pieces))
        for start in range(0, len(response), size):
            writer.write(response[start : start + size])
            await writer.drain()
            await asyncio.sleep(gap_sec)

    return talk


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def rudeness(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A reset instead of an answer."""
    await reader.read(1)
    linger = b"\1\0\0\0\0\0\0\0"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


@asynccontextmanager
async def answering_datagrams(
    answers: Callable[[bytes], Sequence[bytes]], host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """Answer each datagram with those that `answers` makes of it; the port."""

    class Peer(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: object) -> None:
            for answer in answers(data):
                self.transport.sendto(answer, addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Peer, local_addr=(host, 0))
    try:
        port: int = transport.get_extra_info("sockname")[1]
        yield port
    finally:
        transport.close()


class OwnNames(FakeNet):
    """Knows numeric addresses, and localhost."""

    async def resolve(
        self, name: str, *, family: Family = "auto", timeout_sec: float = 5.0
    ) -> Resolved:
        known = "127.0.0.1" if name == "localhost" else name
        if numeric(known):
            return Resolved((known,))
        return Resolved(reason=f"{name}: name or service not known")


def real_edges(host: Host | None = None) -> Edges:
    """Real sockets; no name leaves this host."""
    return msgspec.structs.replace(
        fake_edges(OwnNames(SystemClock())),
        host=host or LinuxHost(),
        dialer=SystemDialer(),
        search=search,
    )
