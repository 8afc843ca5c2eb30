"""Connecting: what is there, what says no, and what says nothing."""

import anyio
import pytest

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes import tcp
from forepost.kit.clock import SystemClock
from forepost.wire.probes.tcp import TcpOptions, TcpResult
from tests.fakes.clock import FakeClock, settle
from tests.fakes.dialer import FakeDialer
from tests.fakes.net import FakeNet, fake_edges
from tests.lab.net import Namespace, pair
from tests.lab.peers import real_edges, serving, silence

pytestmark = pytest.mark.anyio


async def connect(target: str, **options: object) -> TcpResult:
    asked = TcpOptions(**{"timeout_sec": 2.0, "interval_sec": 0.1, **options})  # type: ignore[arg-type]
    return await tcp.run(asked, target, SystemClock(), real_edges())


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
async def test_a_port_that_listens(host: str, shown: str) -> None:
    async with serving(silence, host=host) as port:
        got = await connect(f"{shown}:{port}", count=4)
    assert (got.attempts, got.connected, got.loss_pct, got.error) == (4, 4, 0.0, "")
    assert got.remote_addr == f"{shown}:{port}"
    times = [ms for ms in got.connects_ms if ms is not None]
    assert len(times) == 4
    assert got.min_ms == min(times) > 0
    assert got.max_ms == max(times) < 1_000
    assert got.min_ms <= got.avg_ms <= got.max_ms


async def test_a_port_that_refuses(unused_port: int) -> None:
    got = await connect(f"localhost:{unused_port}")
    assert (got.attempts, got.connected, got.refused, got.timed_out) == (3, 0, 3, 0)
    assert (got.loss_pct, got.connects_ms) == (100.0, [None, None, None])
    assert got.error == "connection refused"


async def test_silence_refusal_and_no_way_are_told_apart() -> None:
    with pair() as (near, _):
        near.ip("route add 198.18.9.0/24 via 198.18.0.99")
        near.ip("route add unreachable 198.18.8.0/24")
        near.ip("neigh add 198.18.0.99 lladdr 02:00:00:00:00:99 dev cable nud permanent")
        lost = await inside(near, "198.18.9.1:80")
        assert (lost.timed_out, lost.refused, lost.unreachable) == (1, 0, 0)
        assert lost.error == "no answer in 0.2 s"
        refused = await inside(near, "198.18.0.2:9")
        assert (refused.timed_out, refused.refused, refused.unreachable) == (0, 1, 0)
        nowhere = await inside(near, "198.18.8.1:80")
        assert (nowhere.timed_out, nowhere.refused, nowhere.unreachable) == (0, 0, 1)
        assert nowhere.error == "no route to host"
        bound = await inside(near, "198.18.0.2:9", bind_interface="lo")
        assert bound.refused == 0
        denied = await inside(near, "198.18.0.2:9", bind_interface="eth9")
        assert (denied.attempts, denied.remote_addr) == (0, "")
        assert denied.error == "no interface 'eth9'"


async def inside(near: Namespace, target: str, bind_interface: str = "") -> TcpResult:
    with near.inside():
        return await connect(target, timeout_sec=0.2, count=1, bind_interface=bind_interface)


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("127.0.0.1", "'127.0.0.1': no port"),
        ("127.0.0.1:0", "'127.0.0.1:0': no such port"),
        ("127.0.0.1:65536", "'127.0.0.1:65536': no such port"),
        ("host.invalid:80", "host.invalid: name or service not known"),
    ],
)
async def test_what_cannot_be_tried_is_a_result(target: str, error: str) -> None:
    got = await connect(target)
    assert (got.attempts, got.loss_pct, got.error) == (0, 100.0, error)


async def test_no_permission_ends_it_at_once() -> None:
    dialer = FakeDialer()
    dialer.fails = Failed("denied", "no permission to bind to eth1: grant CAP_NET_RAW")
    clock = FakeClock()
    edges = fake_edges(FakeNet(clock), dialer=dialer)
    options = TcpOptions(count=50, bind_interface="eth1")
    got = await tcp.run(options, "198.18.0.2:80", clock, edges)
    assert (got.attempts, len(dialer.interfaces)) == (0, 1)
    assert got.error == "no permission to bind to eth1: grant CAP_NET_RAW"


async def test_attempts_are_spaced_and_fit_in_the_interval() -> None:
    clock, dialer = FakeClock(), FakeDialer()
    dialer.peers["198.18.0.2", 80] = lambda _: []
    edges = fake_edges(FakeNet(clock), dialer=dialer)
    for interval_sec, count, lasts_sec in ((60.0, 5, 4.0), (2.0, 5, 1.6), (60.0, 0, 2.0)):
        before = clock.monotonic()
        done: list[float] = []

        async def run(options: TcpOptions, done: list[float] = done) -> None:
            got = await tcp.run(options, "198.18.0.2:80", clock, edges)
            assert got.connected == (options.count or 3)
            done.append(clock.monotonic())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run, TcpOptions(interval_sec=interval_sec, count=count))
            await settle()
            await clock.advance(30)
        assert done[0] - before == pytest.approx(lasts_sec)
    assert dialer.open == 0
