"""Who is dead and who is slow, on real sockets of the WebSocket side."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import uvicorn

from forepost.controller.web.listener import Listener

pytestmark = pytest.mark.anyio

PING_SEC = 0.3
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: LgZlIL7JQRkws1o6ZifnCQ==\r\n\r\n"
)


class Talk:
    """An application that sends `says` again and again, or waits for one message."""

    def __init__(self, says: str = "") -> None:
        self._says = says
        self.heard: dict[str, Any] = {}
        self.ended = anyio.Event()

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
            await send({"type": "websocket.accept"})
            while self._says:
                await send({"type": "websocket.send", "text": self._says})
            self.heard = await receive()
        finally:
            self.ended.set()


@asynccontextmanager
async def visited(talk: Talk, *, takes: int = 0) -> AsyncIterator[socket.socket]:
    """A client that has come as far as the upgrade. `takes`: bytes that its kernel takes for it."""
    config = uvicorn.Config(
        talk,
        ws=Listener,
        ws_ping_interval=PING_SEC,
        ws_ping_timeout=2 * PING_SEC,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as client:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        client.setblocking(False)
        if takes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, listening.getsockname())
        await loop.sock_sendall(client, UPGRADE)
        assert (await loop.sock_recv(client, 4_096)).startswith(b"HTTP/1.1 101")
        yield client
        server.should_exit = True
        await serving


async def test_whoever_takes_nothing_and_answers_nothing_is_cut_off() -> None:
    """A close that waits for its buffer would wait for as long as the kernel tries."""
    talk = Talk("x" * (1 << 20))
    async with visited(talk):
        with anyio.fail_after(20 * PING_SEC):
            await talk.ended.wait()


async def test_a_large_message_over_a_slow_line_is_a_sign_of_life() -> None:
    talk = Talk()
    async with visited(talk) as client:
        frame = b"\x81\xfe" + (2_000).to_bytes(2, "big") + b"\0\0\0\0" + b"x" * 2_000
        loop = asyncio.get_running_loop()
        for start in range(0, len(frame), 100):  # 8 times as long as a ping may wait
            await loop.sock_sendall(client, frame[start : start + 100])
            await anyio.sleep(0.8 * PING_SEC)
        with anyio.fail_after(20):
            await talk.ended.wait()
        assert talk.heard == {"type": "websocket.receive", "text": "x" * 2_000}


async def test_whoever_takes_a_large_message_slowly_and_says_nothing_is_alive() -> None:
    talk = Talk("x" * (1 << 20))
    async with visited(talk, takes=8_192) as client:
        loop = asyncio.get_running_loop()
        for _ in range(40):  # 8 times as long as a ping may wait
            assert await loop.sock_recv(client, 16_384)
            await anyio.sleep(0.4 * PING_SEC)
        assert not talk.ended.is_set()
