"""TCP and UDP of this host, as they are."""

import asyncio
import errno
import socket
from collections.abc import Iterator

import pytest

from forepost.agent.edges.dial.sockets import SystemDialer, failed
from forepost.agent.ports.dialer import Failed
from tests.free_ports import free_port
from tests.lab.net import Namespace, pair
from tests.lab.peers import answering_datagrams, rudeness, serving, silence

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def near() -> Iterator[Namespace]:
    with pair() as (near, _):
        yield near


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read(100))
    await writer.drain()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_bytes_go_and_come(host: str) -> None:
    async with serving(echo, host=host) as port:
        stream = await SystemDialer().tcp(host, port)
        await stream.send(b"hello")
        assert await stream.receive() == b"hello"
        assert await stream.receive() == b""
        shown = f"[{host}]" if ":" in host else host
        assert stream.remote == f"{shown}:{port}"
        stream.close()
    async with answering_datagrams(lambda data: [data, b"again"], host) as port:
        datagrams = await SystemDialer().udp(host, port)
        await datagrams.send(b"hello")
        assert [await datagrams.receive() for _ in range(2)] == [b"hello", b"again"]
        datagrams.close()


async def test_a_datagram_from_elsewhere_is_not_heard() -> None:
    async with answering_datagrams(lambda _: [b"right"]) as port:
        datagrams = await SystemDialer().udp("127.0.0.1", port)
        own = datagrams._socket.getsockname()  # type: ignore[attr-defined]
        with socket.socket(type=socket.SOCK_DGRAM) as liar:
            liar.sendto(b"wrong", own)
        await datagrams.send(b"hello")
        assert await datagrams.receive() == b"right"
        datagrams.close()


async def test_refusals_resets_and_nonsense_have_their_kind() -> None:
    port = free_port()
    with pytest.raises(Failed, match="connection refused") as raised:
        await SystemDialer().tcp("127.0.0.1", port)
    assert raised.value.kind == "refused"
    datagrams = await SystemDialer().udp("127.0.0.1", port)
    await datagrams.send(b"x")
    with pytest.raises(Failed) as raised:
        await datagrams.receive()
    assert raised.value.kind == "refused"
    datagrams.close()
    async with serving(rudeness) as port:
        stream = await SystemDialer().tcp("127.0.0.1", port)
        await stream.send(b"x")
        with pytest.raises(Failed) as raised:
            await stream.receive()
        assert raised.value.kind == "reset"
        stream.close()
    for address in ("host.example", "127.0.0.256"):
        with pytest.raises(Failed, match="is no address"):
            await SystemDialer().tcp(address, 1)


async def test_an_attempt_that_is_given_up_leaves_no_socket(near: Namespace) -> None:
    with near.inside():
        near.ip("route replace 198.18.9.0/24 via 198.18.0.2")
        near.ip("neigh replace 198.18.0.2 lladdr 02:00:00:00:00:99 dev cable nud permanent")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(SystemDialer().tcp("198.18.9.1", 80), 0.1)


async def test_an_interface_is_bound_to_or_denied_in_words(near: Namespace) -> None:
    with near.inside():
        async with serving(silence) as port:
            bound = await SystemDialer().tcp("127.0.0.1", port, interface="lo")
            bound.close()
        with pytest.raises(Failed, match="no interface 'eth9'") as raised:
            await SystemDialer().udp("127.0.0.1", 9, interface="eth9")
        assert raised.value.kind == "denied"


def test_a_refusal_of_this_host_is_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(OSError(errno.EMFILE, "")).reason == "too many open files"
    assert failed(OSError(errno.EMFILE, "")).kind == "denied"
    assert failed(OSError("odd")).reason == "odd"


async def test_no_permission_says_what_to_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(sock: socket.socket, *asked: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(socket.socket, "setsockopt", deny)
    with pytest.raises(Failed, match="no permission to bind to lo: grant CAP_NET_RAW") as raised:
        await SystemDialer().udp("127.0.0.1", 9, interface="lo")
    assert raised.value.kind == "denied"
