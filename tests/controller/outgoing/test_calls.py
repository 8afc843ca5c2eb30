"""Calls by a proxy: the same addresses are refused as without one."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream

from forepost.controller.outgoing.calls import Calls, Unallowed, Unsent
from forepost.controller.outgoing.route import Route
from forepost.kit.proxies import proxy_of
from tests.free_ports import free_port
from tests.lab.net import pair
from tests.lab.proxies import PASSWORD, Standing, microsocks, squid
from tests.receiver import Receiver
from tests.running import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]  # Squid takes its time to start
HOSTS = "127.0.0.1 known.example\n"


def route(standing: Standing, scheme: str = "http", **more: Any) -> Route:
    return Route(proxy_of(standing.url(scheme)), **more)


async def status(calls: Calls, host: str, port: int) -> bytes:
    async def say(stream: ByteStream) -> bytes:
        await stream.send(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return await stream.receive(15)

    return await calls.call(host, port, say)


def calls(route: Route, *, allow_private: bool = True) -> Calls:
    return Calls(allow_private=allow_private, timeout_sec=10, route=route)


@contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, name: str, *addresses: str) -> Iterator[None]:
    """This process's resolver has that name."""
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host == name:
            return [found for one in addresses for found in real(one, port, *rest, **more)]
        return real(host, port, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", answer)
        yield


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_the_proxy_is_given_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    kind = squid if scheme == "http" else microsocks
    with (
        Receiver() as receiver,
        resolving(monkeypatch, "ours.example", "127.0.0.1"),
        kind(knows=True) as standing,
    ):
        found = await status(calls(route(standing, scheme)), "ours.example", receiver.port)
        assert found == b"HTTP/1.0 200 OK"
        if scheme == "http":
            there = f"CONNECT 127.0.0.1:{receiver.port} "
            until(lambda: there in standing.log, 10, lambda: standing.log)
            assert "ours.example" not in standing.log


@pytest.mark.parametrize(
    ("host", "kind", "who_resolves"),
    [
        ("127.0.0.1", "loopback", "either"),
        ("0x7f.1", "loopback", "either"),
        ("2130706433", "loopback", "either"),
        ("localhost", "loopback", "either"),
        ("LocalHost.", "loopback", "proxy"),
        ("a.localhost", "loopback", "proxy"),
        ("169.254.169.254", "link-local", "either"),
        ("::ffff:10.0.0.1", "private", "either"),
        ("mixed.example", "private", "we"),
    ],
)
async def test_what_is_refused_without_a_proxy_is_refused_with_one(
    monkeypatch: pytest.MonkeyPatch, host: str, kind: str, who_resolves: str
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as proxy,
        resolving(monkeypatch, "mixed.example", "1.1.1.1", "10.0.0.1"),
    ):
        proxy.settimeout(0)
        at = proxy_of(f"http://127.0.0.1:{proxy.getsockname()[1]}")
        for resolves in {"either": (False, True), "proxy": (True,), "we": (False,)}[who_resolves]:
            guarded = calls(Route(at, resolves), allow_private=False)
            with pytest.raises(Unallowed, match=f"is not allowed: {kind}"):
                await status(guarded, host, 80)
        with pytest.raises(BlockingIOError):  # nobody came
            proxy.accept()


async def test_a_name_that_changes_its_answer_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The proxy would be led to loopback by it, and is never asked for it."""
    with (
        squid(hosts="127.0.0.1 rebind.example\n") as standing,
        Receiver() as receiver,
        resolving(monkeypatch, "rebind.example", "2001:db8::1"),
    ):
        with pytest.raises(Unsent, match=r"the proxy \(outgoing\.proxy\): it (cannot|does not)"):
            await status(calls(route(standing)), "rebind.example", receiver.port)
        assert receiver.requests == []


async def test_a_name_that_only_the_proxy_knows() -> None:
    with squid(knows=True, hosts=HOSTS) as standing, Receiver() as receiver:
        with pytest.raises(Unsent, match=r"its name is not known: .*outgoing\.proxy_resolves"):
            await status(calls(route(standing)), "known.example", receiver.port)
        handed = calls(route(standing, resolves=True), allow_private=False)
        assert await status(handed, "known.example", receiver.port) == b"HTTP/1.0 200 OK"


async def test_exceptions_go_there_themselves() -> None:
    nobody = Route(proxy_of(f"http://127.0.0.1:{free_port()}"), exceptions=("127.0.0.0/8",))
    with Receiver() as receiver:
        assert await status(calls(nobody), "127.0.0.1", receiver.port) == b"HTTP/1.0 200 OK"


async def test_a_log_says_what_the_proxy_did_and_not_where_it_is() -> None:
    for login, said in (
        ("edge:wr0ng@", "it does not take this name and password (407"),
        (None, "it cannot reach 127.0.0.1:"),
    ):
        with squid(knows=True) as standing:
            way = Route(proxy_of(standing.url(login=login)))
            with pytest.raises(Unsent) as raised:
                await status(calls(way), "127.0.0.1", free_port())
        assert str(raised.value).startswith(f"the proxy (outgoing.proxy): {said}")
        assert str(standing.port) not in str(raised.value)
        assert PASSWORD not in str(raised.value)


async def test_nor_where_a_proxy_is_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with resolving(monkeypatch, "proxy.example", "127.0.0.9"):
        way = Route(proxy_of(f"http://proxy.example:{free_port()}"), resolves=True)
        with pytest.raises(Unsent) as raised:
            await status(calls(way), "hook.example", 80)
    assert str(raised.value) == "the proxy (outgoing.proxy) cannot be reached"


async def test_a_black_hole_beside_an_address_that_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pair() as (near, far), resolving(monkeypatch, "a.example", "2001:db8::2", "198.18.0.2"):
        with far.inside():
            listening = socket.create_server(("198.18.0.2", 80))
        far.run("nft", "add table inet t")
        far.run("nft", "add chain inet t c { type filter hook input priority 0 ; }")
        far.run("nft", "add rule inet t c ip6 daddr 2001:db8::2 drop")
        with near.inside(), listening, anyio.fail_after(20):
            to = Calls(allow_private=True, timeout_sec=9)

            async def say(stream: ByteStream) -> str:
                return str(stream.extra(anyio.abc.SocketAttribute.remote_address)[0])

            assert await to.call("a.example", 80, say) == "198.18.0.2"
