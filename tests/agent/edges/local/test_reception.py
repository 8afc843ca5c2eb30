"""One client's fault is that client's: accept loops go on, places are shared, the silent end."""

import asyncio
import errno
import logging
import os
import resource
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import SocketStream

from forepost.agent import status as status_face
from forepost.agent.edges.local import unix_socket
from forepost.agent.edges.local.reception import Reception, Serve
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.local.status import Status
from tests.fakes.endless import watched

pytestmark = pytest.mark.anyio

LINGER = struct.pack("ii", 1, 0)


async def echo(stream: SocketStream) -> None:
    async for data in stream:
        if data == b"fail":
            raise ValueError("a fault of ours")
        await stream.send(data)


@asynccontextmanager
async def receiving(
    health: Health, serve: Serve = echo, most: int = 8, most_each: int = 3
) -> AsyncIterator[int]:
    reception = Reception("reception", SystemClock(), health, most=most, most_each=most_each)
    listener = socket.create_server(("127.0.0.1", 0), backlog=300)
    port = listener.getsockname()[1]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reception.serve, listener, serve)
        yield port
        tasks.cancel_scope.cancel()


@pytest.fixture
def health() -> Health:
    return Health(logging.getLogger("test"))


async def said(port: int, words: bytes = b"hello") -> bytes:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(words)
        with anyio.fail_after(20):
            try:
                return await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return b""


async def test_a_client_that_goes_at_once_or_meets_a_fault_costs_the_others_nothing(
    health: Health,
) -> None:
    async with receiving(health) as port, watched() as pauses:
        for _ in range(200):
            hasty = socket.create_connection(("127.0.0.1", port), 5)
            hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
            hasty.send(b"x")
            hasty.close()  # a reset
        await anyio.sleep(0.2)
        assert await said(port, b"fail") == b""
        assert await said(port) == b"hello"
    assert health.problems == {}
    assert pauses.longest_sec < 0.5


async def test_a_host_without_descriptors_is_a_problem_that_ends(health: Health) -> None:
    async with receiving(health) as port:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        spare = socket.socket()
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare.fileno() + 1, hard))
        try:
            spare.connect(("127.0.0.1", port))
            with anyio.fail_after(20):
                while not health.problems:  # noqa: ASYNC110 - across a real socket
                    await anyio.sleep(0.02)
            assert health.problems == {
                "reception": f"no room for a client: {os.strerror(errno.EMFILE)}"
            }
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        spare.setblocking(False)
        with spare:
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(spare, b"hello")
            assert await asyncio.wait_for(loop.sock_recv(spare, 100), 5) == b"hello"
        assert health.problems == {}


async def test_one_address_takes_only_its_places(health: Health) -> None:
    async with receiving(health) as port:
        mine = [await anyio.connect_tcp("127.0.0.1", port) for _ in range(5)]
        await anyio.sleep(0.1)
        assert await said(port) == b""
        other = await anyio.connect_tcp("127.0.0.1", port, local_host="127.0.0.2")
        await other.send(b"hello")
        assert await other.receive() == b"hello"
        for one in (*mine, other):
            await one.aclose()
        await anyio.sleep(0.1)
        assert await said(port) == b"hello"


async def test_one_process_takes_only_its_places(health: Health, tmp_path: Path) -> None:
    path = tmp_path / "s"
    reception = Reception("reception", SystemClock(), health, most=8, most_each=3)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reception.serve, unix_socket.listen(path), echo)
        mine = [await anyio.connect_unix(path) for _ in range(10)]
        await anyio.sleep(0.1)
        code = (
            "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
            "s.send(b'hello'); print(s.recv(9))"
        )
        done = await anyio.run_process([sys.executable, "-c", code, str(path)])
        assert done.stdout == b"b'hello'\n"
        for one in mine:
            await one.aclose()
        tasks.cancel_scope.cancel()


async def test_the_status_socket_outlives_whoever_does_not_wait(
    health: Health, tmp_path: Path
) -> None:
    """At 87e98c6 one that closed before its answer ended it for up to a minute."""

    def status() -> Status:
        return Status(
            version="1",
            name="n" * 300_000,  # more than a socket holds
            pid=1,
            started_at=SystemClock().now(),
            controller="",
            connected=False,
            workspace_id=0,
            agent_id=0,
            probes=0,
            spool={},  # type: ignore[arg-type]
            problems={},
        )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(status_face.serve, tmp_path, status, SystemClock(), health)
        await anyio.sleep(0.1)
        path = tmp_path / status_face.SOCKET
        assert path.stat().st_mode & 0o777 == 0o600
        for _ in range(100):
            hasty = socket.socket(socket.AF_UNIX)
            hasty.connect(str(path))
            hasty.close()
            await anyio.lowlevel.checkpoint()
        await anyio.sleep(0.1)
        began = time.monotonic()
        heard = b""
        async with await anyio.connect_unix(path) as asking:
            async for data in asking:
                heard += data
        assert len(heard) > 300_000
        assert time.monotonic() - began < 8
        assert health.problems == {}
        tasks.cancel_scope.cancel()
