"""Names with several addresses, of which some do not answer: as clients meet them (RFC 8305)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.edges.dial.sockets import SystemDialer
from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.ports.net import Family, Resolved
from forepost.agent.probes import tls
from forepost.agent.probes.http import probe as http
from forepost.agent.probes.reach import Reached, reach
from forepost.agent.probes.services import ssh
from forepost.kit.clock import SystemClock
from forepost.wire.probes.http import HttpOptions
from forepost.wire.probes.ssh import SshOptions
from forepost.wire.probes.tls import TlsOptions
from tests.fakes.dialer import FakeDialer, FakeStream
from tests.fakes.net import FakeNet
from tests.lab.certificates import Authority
from tests.lab.net import pair
from tests.lab.peers import answering, real_edges, serving, silence

pytestmark = pytest.mark.anyio

SILENT = "198.18.9.1"
"""Packets to it vanish."""


class Names(FakeNet):
    def __init__(self, *addresses: str) -> None:
        super().__init__(SystemClock())
        self._addresses = addresses

    async def resolve(
        self, name: str, *, family: Family = "auto", timeout_sec: float = 5.0
    ) -> Resolved:
        return Resolved(self._addresses)


def named(*addresses: str) -> Edges:
    return msgspec.structs.replace(real_edges(), net=Names(*addresses))


@asynccontextmanager
async def two_of_a_name(talk: Any = silence, tls_context: Any = None) -> AsyncIterator[int]:
    """A server at one address, on a host from which another one is silent."""
    with pair() as (near, _):
        near.ip(f"route add {SILENT}/32 via 198.18.0.99")
        near.ip("neigh add 198.18.0.99 lladdr 02:00:00:00:00:99 dev cable nud permanent")
        near.ip("route add unreachable 198.18.8.1/32")
        with near.inside():
            async with serving(talk, tls_context) as port:
                yield port


async def to(*addresses: str, port: int, within_sec: float = 5.0) -> Reached:
    with anyio.fail_after(within_sec):
        reached = await reach(SystemDialer(), addresses, port)
    reached.stream.close()
    return reached


async def test_an_address_without_an_answer_costs_a_quarter_of_a_second() -> None:
    async with two_of_a_name() as port:
        began = anyio.current_time()
        reached = await to(SILENT, "127.0.0.1", port=port)
        took_sec = anyio.current_time() - began
    assert (reached.address, reached.missed) == ("127.0.0.1", (f"{SILENT}: no answer",))
    assert 0.2 < took_sec < 2


async def test_one_that_refuses_makes_room_at_once(unused_port: int) -> None:
    async with two_of_a_name() as port:
        reached = await to("198.18.8.1", "127.0.0.2", "127.0.0.1", port=port)
        assert reached.address in ("127.0.0.2", "127.0.0.1")
        assert reached.missed[0] == "198.18.8.1: no route to host"
        with pytest.raises(Failed) as refused:
            await to("127.0.0.2", "127.0.0.3", port=unused_port)
        assert refused.value.kind == "refused"
        assert refused.value.reason == (
            "127.0.0.2: connection refused; 127.0.0.3: connection refused"
        )
        with pytest.raises(Failed) as alone:
            await to("127.0.0.2", port=unused_port)
        assert alone.value.reason == "connection refused"


async def test_nobody_who_answers_waits_no_longer_than_it_is_bounded() -> None:
    async with two_of_a_name() as port:
        with pytest.raises(TimeoutError):
            await to(SILENT, "198.18.9.2", port=port, within_sec=1)


async def test_both_versions_of_ip_by_turns() -> None:
    asked: list[str] = []

    class Refusing(FakeDialer):
        async def tcp(self, address: str, port: int, *, interface: str = "") -> FakeStream:
            asked.append(address)
            raise Failed("refused", "connection refused")

    six = [f"2001:db8::{n}" for n in range(1, 20)]
    with pytest.raises(Failed):
        await reach(Refusing(), [*six, "198.18.0.1", "198.18.0.2"], 80)
    assert asked[:5] == [six[0], "198.18.0.1", six[1], "198.18.0.2", six[2]]
    assert len(asked) == 16


async def test_probes_say_which_address_did_not_answer(tmp_path: Any) -> None:
    missed = [f"{SILENT}: no answer"]
    page = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    edges, clock = named(SILENT, "127.0.0.1"), SystemClock()
    async with two_of_a_name(page) as port:
        web = await http.run(HttpOptions(), f"http://shop.example:{port}/", clock, edges)
    assert (web.error, web.missed_addrs) == ("", missed)
    assert web.remote_addr == f"127.0.0.1:{port}"
    assert 200 < web.tcp_connect_ms < 2_000, "what a client waits"
    context = Authority(tmp_path).server("shop.example")
    async with two_of_a_name(silence, context) as port:
        chain = await tls.run(TlsOptions(), f"shop.example:{port}", clock, edges)
    assert (chain.missed_addrs, chain.remote_addr) == (missed, f"127.0.0.1:{port}")
    assert chain.certificate is not None, "asked a second time where it is not trusted"
    async with two_of_a_name(silence) as port:
        greeting = await ssh.run(SshOptions(timeout_sec=1.0), f"x:{port}", clock, edges)
    assert (greeting.missed_addrs, greeting.error) == (missed, "greeting: no answer in 1 s")
