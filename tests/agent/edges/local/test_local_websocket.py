"""WebSockets of a local face, on a real port."""

import json
import socket

import anyio
import pytest
from anyio.abc import SocketStream
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from forepost.agent.edges.local.websocket import LocalSocket, WebSocketLine
from tests.fakes.echo_face import LARGE, ask, get, serving

pytestmark = pytest.mark.anyio


async def test_a_web_socket_echoes_and_closes() -> None:
    async with (
        serving() as port,
        connect(f"ws://127.0.0.1:{port}/socket?a=b", proxy=None) as line,
    ):
        assert line.protocol.extensions == []
        await line.send("text")
        assert await line.recv() == "text"
        await line.send([b"in ", b"three ", b"parts"])
        assert await line.recv() == b"in three parts"
        await (await line.ping(b"other"))
        await line.send("frames")
        assert await line.recv() == "7"
        await line.send("ping")
        await line.send("end")
        await line.wait_closed()
        assert (line.close_code, line.close_reason) == (4000, "asked for")


async def test_a_ping_may_have_a_pong_of_its_own() -> None:
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    asked = get("/socket", *upgrade, "Sec-WebSocket-Key: " + 22 * "A" + "==")
    masked = bytes(4)
    frames = b"\x89\x81" + masked + b"\x09" + b"\x89\x81" + masked + b"x" + b"\x89\x80" + masked
    async with serving() as port:
        heard = await ask(port, asked + frames)  # the frames come with the handshake
        assert b"\r\n\r\n\x8a\x01\x0a\x8a\x01x\x8a\x00" in heard


async def test_http_1_0_needs_no_host_and_ends_with_its_answer() -> None:
    async with serving() as port:
        heard = await ask(port, b"GET /old HTTP/1.0\r\n\r\n" + get("/never"))
        assert heard.endswith(b'["GET", "/old", "", ""]')
        assert b"\r\nconnection: close\r\n" in heard.lower()


async def test_a_web_socket_that_is_refused() -> None:
    async with serving() as port:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://127.0.0.1:{port}/elsewhere", proxy=None):
                pass
        assert refused.value.response.status_code == 400
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://127.0.0.1:{port}/socket", proxy=None, origin="http://x"):  # type: ignore[arg-type]
                pass
        assert refused.value.response.status_code == 403
        upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 12"]
        heard = await ask(port, get("/socket", *upgrade, "Sec-WebSocket-Key: " + 22 * "A" + "=="))
        assert heard.split()[1] == b"426"
        upgrade[2] = "Sec-WebSocket-Version: 13"
        heard = await ask(port, get("/socket", *upgrade, "Sec-WebSocket-Key: short"))
        assert heard.split()[1] == b"400"
        assert "Sec-WebSocket-Key" in json.loads(heard.partition(b"\r\n\r\n")[2])["error"]


async def test_half_a_frame_a_lie_and_a_message_without_end_end_one_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = "Sec-WebSocket-Key: " + 22 * "A" + "=="
    asked = get(
        "/socket", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key
    )
    masked = bytes(4)
    async with serving() as port:
        for frames in [
            b"\x81",
            b"\x81\xff" + (1 << 62).to_bytes(8, "big") + masked,
            b"\x82\x05plain",
            b"\xf1\x80" + masked,
            b"\x01\x81" + masked + b"a" + b"\x00\xff" + (2 << 20).to_bytes(8, "big") + masked,
            b"\x81\x82" + masked + b"\xff\xfe",
        ]:
            heard = await ask(port, asked + frames)
            assert heard.startswith(b"HTTP/1.1 101")
        assert (await ask(port, get())).split()[1] == b"200"
    assert not [one for one in caplog.records if one.levelname == "ERROR"]  # no fault of ours


async def test_who_does_not_read_its_web_socket_is_left_by_all_at_once() -> None:
    near, far = socket.socketpair()
    ended: list[str] = []
    with far:
        async with await SocketStream.from_socket(near) as stream:
            line = LocalSocket(stream, WebSocketLine(), "/", send_sec=0.2)

            async def tell() -> None:
                try:
                    await line.send(LARGE)
                except (TimeoutError, anyio.ClosedResourceError) as error:
                    ended.append(type(error).__name__)

            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(tell)
            with pytest.raises(anyio.ClosedResourceError):
                await line.send("more")
            with pytest.raises(anyio.ClosedResourceError):
                async for _ in line.messages():
                    pass
    assert ended == ["TimeoutError", *4 * ["ClosedResourceError"]]
