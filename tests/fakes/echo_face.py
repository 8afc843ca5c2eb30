"""A small face on a real port of loopback that says what it was asked, and how to ask it."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from logging import getLogger

import anyio
import anyio.to_thread

from forepost.agent.cores.local_guard import Guard
from forepost.agent.edges.local.http_face import LocalAnswer, LocalHttp, LocalRequest, Talk
from forepost.agent.edges.local.websocket import LocalSocket
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health

LARGE = bytes(16 << 20)
"""More than the kernel takes for who does not read."""


class Echo:
    """Says what it was asked; `/fault` is one, and so is `/gone`; sockets below `/socket` echo."""

    def __init__(self) -> None:
        self.then = self.large = 0

    def guard(self, peer: str) -> Guard:
        return Guard(names=frozenset({"iofog"}))

    async def answer(self, request: LocalRequest) -> LocalAnswer:
        if request.path == "/fault":
            raise LookupError("of the test")
        if request.path == "/gone":
            raise FileNotFoundError("of the test")
        if request.path == "/large":
            self.large += 1
            return LocalAnswer(LARGE)
        if request.path == "/then":
            return LocalAnswer(b"{}", then=self._then)
        said = [request.method, request.path, request.query, request.body.decode()]
        return LocalAnswer(json.dumps(said).encode())

    def _then(self) -> None:
        self.then += 1

    async def talk(self, request: LocalRequest) -> Talk | LocalAnswer:
        if not request.path.startswith("/socket"):
            return self.refused(400, "no socket here")
        return self._echo

    async def _echo(self, line: LocalSocket) -> None:
        line.answer_pings({b"\x09": b"\x0a"})
        async for message in line.messages():
            if message == "end":
                await line.close(4000, "asked for")
            elif message == "frames":
                await line.send(str(line.frames))
            elif message == "ping":
                await line.ping(b"\x09")
            else:
                await line.send(message)

    def refused(self, status: int, reason: str) -> LocalAnswer:
        return LocalAnswer(json.dumps({"error": reason}).encode(), status)


@asynccontextmanager
async def serving(face: Echo | None = None, **bounds: float) -> AsyncIterator[int]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listener.getsockname()[1]
    health = Health(getLogger("test"))
    http = LocalHttp("face", face or Echo(), SystemClock(), health, **bounds)  # type: ignore[arg-type]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(http.serve, listener)
        yield port
        tasks.cancel_scope.cancel()


def said_to(port: int, *parts: bytes, read: bool = True) -> bytes:
    """All that is answered until the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        for part in parts:
            line.sendall(part)
        if not read:
            return b""
        line.shutdown(socket.SHUT_WR)
        heard = b""
        while data := line.recv(65_536):
            heard += data
        return heard


async def ask(port: int, *parts: bytes) -> bytes:
    return await anyio.to_thread.run_sync(partial(said_to, port, *parts))


def get(path: str = "/", *headers: str, host: str = "127.0.0.1", method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    return "\r\n".join(lines).encode()
