"""WebSockets: opened, answered in, refused, and servers that are none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from forepost.wire.probes.options import WrongOption
from tests.agent.probes.services.asked import asked
from tests.lab.certificates import Authority
from tests.lab.peers import answering, serving, silence

pytestmark = pytest.mark.anyio


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(f"said: {message!r} by {socket.request.headers.get('X-Who')}")  # type: ignore[union-attr]


async def chatter(socket: ServerConnection) -> None:
    while True:
        await socket.send("x" * 10_000)


async def bye(socket: ServerConnection) -> None:
    await socket.close(4_001, "not you")


@asynccontextmanager
async def websockets_of(handler: Any, **more: Any) -> AsyncIterator[int]:
    async with serve(handler, "127.0.0.1", 0, **more) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_real_server_answers_a_ping() -> None:
    async with websockets_of(echo) as port:
        got = await asked("WEBSOCKET", f"ws://127.0.0.1:{port}/live?of=1")
    assert (got.error, got.status_code, got.subprotocol, got.messages) == ("", 101, "", 0)
    assert 0 < got.ping_ms < 2_000


async def test_what_is_sent_has_an_answer() -> None:
    async with websockets_of(echo) as port:
        at = f"ws://127.0.0.1:{port}/"
        told = {"send": "hello", "headers": {"X-Who": "me"}}
        got = await asked("WEBSOCKET", at, **told, expect="said: 'hello' by me")
        any_answer = await asked("WEBSOCKET", at, **told)
        never = await asked("WEBSOCKET", at, **told, expect="bye", timeout_sec=0.5)
    assert (got.error, got.messages, got.ping_ms) == ("", 1, None)
    assert any_answer.error == ""
    assert (never.messages, never.error) == (1, "message: not the one that is expected in 0.5 s")


async def test_subprotocols() -> None:
    async with websockets_of(echo, subprotocols=["mqtt"]) as port:
        at = f"ws://127.0.0.1:{port}/"
        got = await asked("WEBSOCKET", at, subprotocols=["chat", "mqtt"])
        other = await asked("WEBSOCKET", at, subprotocols=["chat"])
    assert (got.error, got.subprotocol) == ("", "mqtt")
    assert other.error != ""


async def test_inside_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.ca.cert_pem.bytes().decode()
    async with websockets_of(echo, ssl=authority.server("localhost")) as port:
        got = await asked("WEBSOCKET", f"wss://localhost:{port}/", ca_pem=own)
        bare = await asked("WEBSOCKET", f"localhost:{port}", insecure_tls=True)
        unknown = await asked("WEBSOCKET", f"wss://localhost:{port}/")
    assert (got.error, got.status_code, got.tls_version) == ("", 101, "TLS 1.3")
    assert (bare.error, bare.status_code) == ("", 101)
    assert unknown.error.startswith("tls: ")


async def test_who_never_stops_and_who_hangs_up() -> None:
    async with websockets_of(chatter) as port:
        endless = await asked("WEBSOCKET", f"ws://127.0.0.1:{port}/", expect="never")
    async with websockets_of(bye) as port:
        closed = await asked("WEBSOCKET", f"ws://127.0.0.1:{port}/", expect="never")
    assert endless.error == "message: more than 64 KiB, and not what was expected"
    assert closed.error == "message: the server closed it, with 4001 (private use) not you"


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (silence, "upgrade: no answer in 2 s"),
        (
            answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
            "upgrade: status 403 Forbidden",
        ),
        (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "upgrade: status 200 OK"),
        (answering(b"SSH-2.0-OpenSSH\r\n"), None),
        (answering(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), None),
        (answering(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000), None),
        (answering(b""), "upgrade: the server closed it"),
    ],
)
async def test_servers_that_are_no_websockets(talk: Any, error: str | None) -> None:
    async with serving(talk) as port:
        got = await asked("WEBSOCKET", f"ws://127.0.0.1:{port}/")
    assert got.error == error if error else got.error.startswith("upgrade: ")
    assert got.total_ms < 2_500


async def test_targets_and_options_that_make_no_sense() -> None:
    got = await asked("WEBSOCKET", "ftp://127.0.0.1/")
    assert got.error == "target: 'ftp://127.0.0.1/': the scheme is neither ws nor wss"
    with pytest.raises(WrongOption, match=r"^headers: 'a b' is no name of a header"):
        await asked("WEBSOCKET", "ws://127.0.0.1:9", headers={"a b": "c"})
    with pytest.raises(WrongOption, match=r"^subprotocols"):
        await asked("WEBSOCKET", "ws://127.0.0.1:9", subprotocols=["a b"])


async def test_a_server_that_never_ends_its_head() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 " + b"x" * 10_000)
            await writer.drain()

    async with serving(endless) as port:
        got = await asked("WEBSOCKET", f"ws://127.0.0.1:{port}/")
    assert got.error.startswith("upgrade: ")
    assert got.total_ms < 2_500
