"""The engine on real sockets, in network namespaces."""

import sys
from collections.abc import Iterator
from functools import partial

import anyio
import pytest

from forepost.agent.edges.icmp.engine import Icmp
from forepost.agent.ports.net import Round
from forepost.kit.clock import SystemClock
from tests.lab.net import Namespace, pair

TARGETS = ("198.18.0.2", "2001:db8::2")
UNROUTED = ("198.18.9.9", "2001:db8:9::9")

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def cable() -> Iterator[tuple[Namespace, Namespace]]:
    with pair() as (near, far):
        near.ip("route add 198.18.9.0/24 via 198.18.0.2")
        near.ip("route add 2001:db8:9::/64 via 2001:db8::2")
        far.sysctl("net.ipv4.ip_forward", "1")
        far.sysctl("net.ipv6.conf.all.forwarding", "1")
        far.sysctl("net.ipv4.icmp_ratelimit", "0")
        far.sysctl("net.ipv6.icmp.ratelimit", "0")
        yield near, far


@pytest.fixture(params=["1 0", "0 0"], ids=["raw", "datagram"])
def near(cable: tuple[Namespace, Namespace], request: pytest.FixtureRequest) -> Iterator[Namespace]:
    cable[0].sysctl("net.ipv4.ping_group_range", request.param)
    with cable[0].inside():
        yield cable[0]


@pytest.fixture
def net() -> Iterator[Icmp]:
    with Icmp(SystemClock()) as net:
        yield net


@pytest.mark.parametrize("target", TARGETS)
async def test_a_neighbour_answers_every_request(near: Namespace, net: Icmp, target: str) -> None:
    got = await net.round(target, count=5, gap_sec=0.02, timeout_sec=2)
    assert got.sent == len(got.rtts_ns) == 5
    assert not got.reason
    assert not got.duplicates
    assert all(rtt is not None and 0 < rtt < 50_000_000 for rtt in got.rtts_ns)


async def test_the_kind_of_socket_is_the_least_that_is_allowed(
    cable: tuple[Namespace, Namespace], net: Icmp
) -> None:
    for allowed, raw in (("1 0", True), ("0 0", False)):
        cable[0].sysctl("net.ipv4.ping_group_range", allowed)
        with cable[0].inside(), Icmp(SystemClock()) as engine:
            await engine.round(TARGETS[0], count=1, gap_sec=0, timeout_sec=1)
            assert [shared.socket.raw for shared in engine._shared.values()] == [raw]


@pytest.mark.parametrize(
    ("kind", "reasons"),
    [
        ("blackhole", ("", "")),
        (
            "unreachable",
            ("destination unreachable: host unreachable", "destination unreachable: no route"),
        ),
        (
            "prohibit",
            (
                "destination unreachable: administratively prohibited",
                "destination unreachable: administratively prohibited",
            ),
        ),
    ],
)
async def test_what_a_router_drops_or_refuses_is_lost(
    cable: tuple[Namespace, Namespace],
    near: Namespace,
    net: Icmp,
    kind: str,
    reasons: tuple[str, str],
) -> None:
    far = cable[1]
    far.ip(f"route add {kind} 198.18.9.0/24")
    far.ip(f"-6 route add {kind} 2001:db8:9::/64")
    try:
        for target, reason in zip(UNROUTED, reasons, strict=True):
            # One each: the kernel refuses five times at once and then once a second.
            got = await net.round(target, count=1, gap_sec=0, timeout_sec=0.3)
            assert got == Round(sent=1, rtts_ns=[None], reason=reason)
    finally:
        far.ip(f"route del {kind} 198.18.9.0/24")
        far.ip(f"-6 route del {kind} 2001:db8:9::/64")


async def test_a_refusal_of_our_own_host_is_a_reason(near: Namespace, net: Icmp) -> None:
    none = await net.round("198.19.0.1", count=2, gap_sec=0.02, timeout_sec=0.3)
    assert none == Round(sent=2, rtts_ns=[None, None], reason="network is unreachable")
    good = await net.round(TARGETS[0], count=2, gap_sec=0.02, timeout_sec=1)
    assert None not in good.rtts_ns


async def test_one_socket_serves_many_rounds_at_once(near: Namespace, net: Icmp) -> None:
    got: list[Round] = []

    async def one(address: str) -> None:
        got.append(await net.round(address, count=3, gap_sec=0.1, timeout_sec=1))

    async with anyio.create_task_group() as tasks:
        for number in range(300):
            tasks.start_soon(one, TARGETS[number % 2])
    assert len(net._shared) == 2
    assert sum(rtt is None for one in got for rtt in one.rtts_ns) == 0
    assert len(got) == 300


async def test_a_round_that_is_cancelled_is_forgotten(near: Namespace, net: Icmp) -> None:
    with anyio.move_on_after(0.05):
        await net.round(TARGETS[0], count=50, gap_sec=0.02, timeout_sec=1)
    assert not net._waiting
    assert all(not shared.line.in_flight and not shared.watched for shared in net._shared.values())
    again = await net.round(TARGETS[0], count=2, gap_sec=0.01, timeout_sec=1)
    assert None not in again.rtts_ns


async def test_an_interface_is_used_or_named_as_the_reason(near: Namespace, net: Icmp) -> None:
    ask = partial(net.round, TARGETS[0], count=1, gap_sec=0, timeout_sec=0.3)
    assert None not in (await ask(interface="cable")).rtts_ns
    assert (await ask(interface="lo")).rtts_ns == [None]
    assert await ask(interface="no-such") == Round(
        sent=0, rtts_ns=[], reason="no interface 'no-such'"
    )


async def test_an_interface_that_goes_away_is_a_reason_and_may_come_back() -> None:
    with pair() as (near, far), near.inside(), Icmp(SystemClock()) as net:
        ask = partial(net.round, TARGETS[0], gap_sec=0.1, timeout_sec=1, interface="cable")
        got: list[Round] = []

        async def long() -> None:
            got.append(await ask(count=6))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(long)
            await anyio.sleep(0.15)
            near.ip("link del cable")
        assert got[0].rtts_ns[0] is not None
        assert got[0].rtts_ns[-1] is None
        assert got[0].reason
        assert (await ask(count=1)).reason == "no interface 'cable'"
        near.ip(f"link add cable type veth peer name cable netns {far.name}")
        near.ip("addr add 198.18.0.1/24 dev cable")
        near.ip("link set cable up")
        far.ip("addr add 198.18.0.2/24 dev cable")
        far.ip("link set cable up")
        assert None not in (await ask(count=1)).rtts_ns


async def test_something_that_is_no_address_is_a_reason(net: Icmp) -> None:
    got = await net.round("no.address", count=1, gap_sec=0, timeout_sec=1)
    assert got == Round(sent=0, rtts_ns=[], reason="not an address: 'no.address'")


UNPRIVILEGED = """
import anyio
from forepost.agent.edges.icmp.engine import Icmp
from forepost.kit.clock import SystemClock

async def main():
    with Icmp(SystemClock()) as net:
        got = await net.round("127.0.0.1", count=1, gap_sec=0, timeout_sec=1)
        print(got.sent, got.reason)

anyio.run(main)
"""


def test_without_any_permission_the_reason_says_what_to_grant(
    cable: tuple[Namespace, Namespace],
) -> None:
    near, _ = cable
    near.sysctl("net.ipv4.ping_group_range", "1 0")
    said = near.run("setpriv", "--bounding-set=-net_raw", sys.executable, "-c", UNPRIVILEGED)
    assert said.startswith("0 no permission to send ICMP: grant CAP_NET_RAW, or sysctl -w net.ipv4")
    near.sysctl("net.ipv4.ping_group_range", "0 0")
    said = near.run("setpriv", "--bounding-set=-net_raw", sys.executable, "-c", UNPRIVILEGED)
    assert said.split() == ["1"]
