"""The tracer on real sockets, in networks made of namespaces."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import anyio
import pytest

from forepost.agent.edges.trace.engine import Tracer
from forepost.agent.ports.trace import Traced, TracePlan
from forepost.kit.clock import SystemClock
from tests.lab.topology import Topology, topology

pytestmark = pytest.mark.anyio

NAMES = ("chain", "silent", "limited", "parallel", "asymmetric", "rejecting", "lost")
PROTOCOLS = ("icmp", "udp", "tcp")


@pytest.fixture(scope="module")
def nets() -> Iterator[dict[str, Topology]]:
    opened = {name: topology(name) for name in NAMES}
    made: dict[str, Topology] = {}
    try:
        for name, one in opened.items():
            made[name] = one.__enter__()
        yield made
    finally:
        for name in made:
            opened[name].__exit__(None, None, None)


async def trace(net: Topology, family: int = 4, **more: object) -> Traced:
    asked = {"count": 3, "cycle_sec": 0.1, **more}
    with net["near"].inside(), Tracer(SystemClock()) as tracer:
        plan = TracePlan(address=net.address("far", family), **asked)  # type: ignore[arg-type]
        return await tracer.trace(plan)


def nodes(net: Topology, traced: Traced) -> list[set[str]]:
    return [{net.node(host) for host in hop.hosts} for hop in traced.hops]


def losses(traced: Traced) -> list[int]:
    return [sum(rtt is None for rtt in hop.rtts_ns) for hop in traced.hops]


@pytest.mark.parametrize("raw", [False, True], ids=["datagram", "raw"])
@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_ten_routers_are_ten_hops(
    nets: dict[str, Topology], protocol: str, family: int, raw: bool
) -> None:
    net = nets["chain"]
    net["near"].sysctl("net.ipv4.ping_group_range", "1 0" if raw else "0 0")
    got = await trace(net, family, protocol=protocol)
    assert nodes(net, got) == [{f"r{number}"} for number in range(1, 11)] + [{"far"}]
    assert losses(got) == [0] * 11
    assert [len(hop.rtts_ns) for hop in got.hops] == [3] * 11
    assert got.reached
    assert all(0 < rtt < 100_000_000 for hop in got.hops for rtt in hop.rtts_ns if rtt)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_silent_router_is_a_silent_hop(
    nets: dict[str, Topology], protocol: str, family: int
) -> None:
    got = await trace(nets["silent"], family, protocol=protocol)
    assert nodes(nets["silent"], got) == [{"r1"}, set(), {"r3"}, {"far"}]
    assert losses(got) == [0, 3, 0, 0]


@pytest.mark.parametrize("family", [4, 6])
async def test_a_router_that_limits_its_answers_shows_loss_that_later_hops_do_not(
    nets: dict[str, Topology], family: int
) -> None:
    got = await trace(nets["limited"], family, count=10, cycle_sec=0.1)
    assert nodes(nets["limited"], got) == [{"r1"}, {"r2"}, {"r3"}, {"far"}]
    first, second, third, end = losses(got)
    assert (first, third, end) == (0, 0, 0)
    assert 5 <= second <= 9


@pytest.mark.parametrize("family", [4, 6])
async def test_one_flow_goes_one_way_and_many_flows_find_both(
    nets: dict[str, Topology], family: int
) -> None:
    net = nets["parallel"]
    one = await trace(net, family, protocol="udp", count=6, cycle_sec=0.1)
    assert [len(hosts) for hosts in nodes(net, one)] == [1, 1, 1, 1]
    assert one.ways == []
    many = await trace(net, family, protocol="udp", count=16, cycle_sec=0.1, paths=16)
    assert nodes(net, many) == [{"r1"}, {"up", "down"}, {"r3"}, {"far"}]
    assert len(many.ways) == 16
    assert {net.node(way[1]) for way in many.ways} == {"up", "down"}
    assert losses(many) == [0, 0, 0, 0]


async def test_the_flow_of_an_agent_keeps_its_way_from_run_to_run(
    nets: dict[str, Topology],
) -> None:
    net = nets["parallel"]
    with net["near"].inside(), Tracer(SystemClock()) as tracer:
        plan = TracePlan(address=net.address("far", 4), protocol="udp", count=2, cycle_sec=0.1)
        got = [await tracer.trace(plan) for _ in range(4)]
    assert len({one.fingerprint for one in got}) == 1
    assert len({tuple(hop.hosts[0] for hop in one.hops) for one in got}) == 1


@pytest.mark.parametrize("family", [4, 6])
async def test_answers_that_come_another_way_are_answers(
    nets: dict[str, Topology], family: int
) -> None:
    got = await trace(nets["asymmetric"], family)
    assert nodes(nets["asymmetric"], got) == [{"r1"}, {"r2"}, {"r3"}, {"far"}]
    assert losses(got) == [0, 0, 0, 0]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_router_that_refuses_is_the_last_that_is_heard(
    nets: dict[str, Topology], protocol: str, family: int
) -> None:
    net = nets["rejecting"]
    got = await trace(net, family, protocol=protocol)
    assert nodes(net, got) == [{"r1"}, {"r2"}, {"r3"}, set()]
    end = got.hops[-1]
    assert (end.refusal, net.node(end.refuser)) == ("!X", "r3")
    assert end.rtts_ns == [None] * 3
    assert not got.reached


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_target_that_says_nothing_is_lost(
    nets: dict[str, Topology], protocol: str, family: int
) -> None:
    got = await trace(nets["lost"], family, protocol=protocol, timeout_sec=0.5)
    assert nodes(nets["lost"], got) == [{"r1"}, {"r2"}, {"r3"}, set()]
    assert losses(got) == [0, 0, 0, 3]
    assert not got.reached


def echoed(packet: bytes) -> list[bytes]:
    """Echo replies, twice."""
    request = packet[(packet[0] & 15) * 4 :]
    checksum = (int.from_bytes(request[2:4], "big") + 0x0800) % 0xFFFF
    return [b"\x00\x00" + checksum.to_bytes(2, "big") + request[4:]] * 2


def exceeded(packet: bytes) -> list[bytes]:
    """What a router of an MPLS network says (RFC 4884, RFC 4950)."""
    stack = (100 << 12 | 255).to_bytes(4, "big") + (24015 << 12 | 1 << 8 | 1).to_bytes(4, "big")
    objects = (4 + len(stack)).to_bytes(2, "big") + b"\x01\x01" + stack
    extension = summed(b"\x20\x00\x00\x00" + objects)
    return [
        summed(bytes([11, 0, 0, 0, 0, 32, 0, 0]) + packet[:128].ljust(128, b"\x00") + extension)
    ]


def summed(message: bytes) -> bytes:
    """With the checksum of RFC 1071 in its third and fourth byte."""
    checksum = 0xFFFF - int.from_bytes(message, "big") % 0xFFFF
    return message[:2] + checksum.to_bytes(2, "big") + message[4:]


@contextmanager
def answering(
    net: Topology, node: str, says: Callable[[bytes], list[bytes]], delay_sec: float = 0
) -> Iterator[None]:
    """A host that answers ICMP echo in its own way."""
    net[node].sysctl("net.ipv4.icmp_echo_ignore_all", "1")
    with net[node].inside():
        opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    opened.settimeout(0.05)
    ended = threading.Event()

    def serve() -> None:
        waiting: list[tuple[float, bytes, Any]] = []
        while not ended.is_set():
            with suppress(TimeoutError):
                data, source = opened.recvfrom(2048)
                if data[(data[0] & 15) * 4] == 8:
                    waiting.append((time.monotonic() + delay_sec, data, source))
            while waiting and waiting[0][0] <= time.monotonic():
                _, data, source = waiting.pop(0)
                for message in says(data):
                    opened.sendto(message, source)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        opened.close()
        net[node].sysctl("net.ipv4.icmp_echo_ignore_all", "0")


@pytest.mark.parametrize("raw", [False, True], ids=["datagram", "raw"])
async def test_labels_of_mpls_are_read(nets: dict[str, Topology], raw: bool) -> None:
    net = nets["chain"]
    net["near"].sysctl("net.ipv4.ping_group_range", "1 0" if raw else "0 0")
    with answering(net, "far", exceeded):
        got = await trace(net, max_hops=11)
    assert net.node(got.hops[10].hosts[0]) == "far"
    assert got.hops[10].extensions == [
        "MPLS: Lbl 100 TC 0 S 0 TTL 255",
        "MPLS: Lbl 24015 TC 0 S 1 TTL 1",
    ]
    assert not any(hop.extensions for hop in got.hops[:10])


async def test_late_answers_and_duplicates_are_counted_as_such(nets: dict[str, Topology]) -> None:
    with answering(nets["chain"], "far", echoed, 0.15):
        got = await trace(nets["chain"], timeout_sec=0.1, count=4, cycle_sec=0.3)
    end = got.hops[-1]
    assert got.reached
    heard = [rtt for rtt in end.rtts_ns if rtt is not None]
    assert len(heard) >= 3
    assert all(150_000_000 <= rtt < 290_000_000 for rtt in heard)
    assert end.late == len(heard)
    assert end.duplicates >= 2
    assert losses(got)[:10] == [0] * 10


async def test_many_runs_share_their_sockets(nets: dict[str, Topology]) -> None:
    net, got = nets["chain"], list[Traced]()
    with net["near"].inside(), Tracer(SystemClock()) as tracer:

        async def one(family: int) -> None:
            plan = TracePlan(address=net.address("far", family), count=2, cycle_sec=0.5)
            got.append(await tracer.trace(plan))

        async with anyio.create_task_group() as tasks:
            for number in range(60):
                tasks.start_soon(one, 4 if number % 2 else 6)
                await anyio.sleep(0.01)  # the kernel answers 50 at once at most
        assert len(tracer._shared) == 2
        assert not any(shared._line.in_flight for shared in tracer._shared.values())
    assert {len(one.hops) for one in got} == {11}
    assert sum(map(sum, map(losses, got))) == 0


async def test_progress_is_told_with_every_cycle(nets: dict[str, Topology]) -> None:
    seen: list[Traced] = []
    net = nets["chain"]
    with net["near"].inside(), Tracer(SystemClock()) as tracer:
        plan = TracePlan(address=net.address("far", 4), count=3, cycle_sec=0.2)
        got = await tracer.trace(plan, seen.append)
    assert len(seen) >= 3
    assert all(one.reason == "" for one in seen)
    assert len(seen[-1].hops) == len(got.hops)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_host_without_a_way_out_says_so(nets: dict[str, Topology], protocol: str) -> None:
    net = nets["chain"]
    with net["near"].inside(), Tracer(SystemClock()) as tracer:
        plan = TracePlan(address="198.19.0.1", protocol=protocol, cycle_sec=0.2)  # type: ignore[arg-type]
        got = await tracer.trace(plan)
    assert got.reason == "network is unreachable"
    assert [hop.hosts for hop in got.hops] == [[]]


async def test_what_cannot_be_traced_is_a_reason(nets: dict[str, Topology]) -> None:
    with nets["chain"]["near"].inside(), Tracer(SystemClock()) as tracer:
        for plan, reason in (
            (TracePlan(address="nope"), "not an address: 'nope'"),
            (TracePlan(address="198.18.1.2", interface="nope"), "no interface 'nope'"),
        ):
            assert await tracer.trace(plan) == Traced(reason=reason)
        tcp = TracePlan(address="198.18.1.2", protocol="tcp", interface="nope", cycle_sec=0.2)
        assert (await tracer.trace(tcp)).reason == "no interface 'nope'"


async def test_an_interface_is_used_alone(nets: dict[str, Topology]) -> None:
    for protocol in PROTOCOLS:
        got = await trace(nets["chain"], protocol=protocol, interface="c1", count=1)
        assert len(got.hops) == 11, protocol
