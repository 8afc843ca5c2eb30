"""Sockets whose other side is gone without a word, by a clock in the hands of the test."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from logging import getLogger
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketStream

from forepost.agent.edges.local.websocket import LocalSocket, WebSocketLine
from forepost.agent.workloads.control import ControlSockets
from forepost.agent.workloads.local_api.control_lines import ControlLines
from forepost.agent.workloads.messages.bus import MessageBus
from forepost.agent.workloads.messages.io_message import IoMessage, encoded
from forepost.agent.workloads.messages.journal import Journal
from forepost.agent.workloads.messages.message_line import framed
from forepost.agent.workloads.messages.message_lines import MessageLines
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from tests.fakes.clock import FakeClock
from tests.fakes.disk import FakeDisk
from tests.fakes.microservices import SiteMicroservices

pytestmark = pytest.mark.anyio
PONG = b"\x8a\x81" + bytes(4) + b"\x0a"
PING = b"\x89\x01\x09"
SIGNAL = b"\x82\x01\x0c"
Talk = Callable[[str, LocalSocket], Awaitable[None]]


@asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[tuple[SocketStream, anyio.Event]]:
    """The far end of a socket that `talk` serves, and what is set when it serves no more."""
    near, far = socket.socketpair()
    over = anyio.Event()

    async def serve(line: LocalSocket) -> None:
        await talk("m", line)
        over.set()

    async with (
        await SocketStream.from_socket(near) as stream,
        await SocketStream.from_socket(far) as other,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(serve, LocalSocket(stream, WebSocketLine(), "/"))
        yield other, over
        tasks.cancel_scope.cancel()


async def heard(other: SocketStream) -> bytes:
    with anyio.fail_after(20):
        return await other.receive()


async def passes(clock: FakeClock, seconds: int) -> None:
    for _ in range(seconds):
        await clock.advance(1)
        await anyio.sleep(0.001)  # what came over the socket is read


async def test_a_control_socket() -> None:
    clock, site = FakeClock(), SiteMicroservices()
    site.configs = {"m": "{}"}
    lines = ControlLines(ControlSockets(), site, lambda: "[]", clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lines.run)
        async with talking(lines.talk) as (other, over):
            assert await heard(other) == SIGNAL
            await passes(clock, 21)
            told = await heard(other)
            assert sorted([told[:3], told[3:]]) == sorted([SIGNAL, PING])
            await other.send(PONG)
            await passes(clock, 40)
            assert not over.is_set(), "it lives"
            await passes(clock, 20)
            with anyio.fail_after(20):
                await over.wait()
        tasks.cancel_scope.cancel()


async def test_a_message_socket(tmp_path: Path) -> None:
    health = Health(getLogger("test"))
    bus = MessageBus(Journal(FakeDisk()), tmp_path, lambda _: ["m"], SystemClock(), health)
    made = bus.publish("a", IoMessage(contentdata=b"x"))
    clock = FakeClock()
    lines = MessageLines(bus, clock)
    async with talking(lines.talk) as (other, over):
        frame = framed(encoded(made))
        assert await heard(other) == bytes([0x82, len(frame)]) + frame
        for second in range(60):
            await clock.advance(1)
            bus.publish("a", IoMessage())  # wakes it
            await anyio.sleep(0.001)
            if second > 50 and over.is_set():
                break
        await passes(clock, 10)
        with anyio.fail_after(20):
            await over.wait()
    first = bus.first("m")
    assert first is not None
    assert first[1] == made, "it waits for the next socket"
