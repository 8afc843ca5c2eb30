"""TRAFFICSIM over real sockets: with NetWatcher's peers, with our own, over a wire that errs."""

import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.edges.dial.udp import SystemUdp
from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.udp import UdpPort
from forepost.agent.probes.trafficsim.figures import bursts, reordered
from forepost.agent.probes.trafficsim.probe import plan, run, serve
from forepost.agent.probes.trafficsim.server import Allowed, Cycle, EchoServer
from forepost.controller import payloads
from forepost.kit.clock import SystemClock
from forepost.wire.probes.trafficsim import TrafficSimResult, TrafficSimRun
from tests.fakes.net import FakeNet, fake_edges
from tests.lab.net import Namespace, pair
from tests.lab.trafficsim_peers import netwatcher_client, netwatcher_server
from tests.lab.wire import wired
from tests.lab.wire_plan import Match, Plan, Way
from tests.lab.wire_record import Passage, Record

pytestmark = pytest.mark.anyio

KEY = b"k" * 32
CLIENT, SERVER = 10, 11
CLOCK = SystemClock()


class Placed(SystemUdp):
    """Sockets of a namespace, with a clock that is said to be so right."""

    def __init__(self, where: Namespace, error_ns: int | None = None) -> None:
        self._where, self._error_ns = where, error_ns

    def towards(self, address: str, port: int, *, interface: str = "", tos: int = 0) -> UdpPort:
        with self._where.inside():
            return super().towards(address, port, interface=interface, tos=tos)

    def listening(self, host: str, port: int, *, interface: str = "") -> list[UdpPort]:
        with self._where.inside():
            return super().listening(host, port, interface=interface)

    def clock_error_ns(self) -> int | None:
        return self._error_ns


def options(**more: Any) -> TrafficSimRun:
    asked = {"agent_id": CLIENT, "target_agent": SERVER, "interval_ms": 5, "count": 40}
    return msgspec.convert({**asked, **more}, TrafficSimRun)


async def measured(asked: TrafficSimRun, target: str, udp: SystemUdp | None = None) -> Any:
    net = FakeNet(CLOCK)
    net.names = {address: address for address in ("::1", "2001:db8::2")}
    return await run(asked, target, CLOCK, fake_edges(net, udp=udp))


@asynccontextmanager
async def served(
    allowed: Allowed, udp: SystemUdp | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[tuple[int, EchoServer, list[tuple[Cycle, TrafficSimResult]]]]:
    posts: list[tuple[Cycle, TrafficSimResult]] = []
    server, opener = EchoServer(SERVER, {CLIENT: allowed}), udp or SystemUdp()

    async def post(cycle: Cycle, result: TrafficSimResult) -> None:
        posts.append((cycle, result))

    ports = opener.listening(host, port)
    edges = fake_edges(FakeNet(CLOCK), udp=opener)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve, server, ports, CLOCK, edges, post)
        yield ports[0].port, server, posts
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("both_ways", [False, True])
async def test_our_client_and_netwatchers_server(both_ways: bool) -> None:
    async with netwatcher_server(SERVER, {CLIENT}, both_ways=both_ways) as (peer, port):
        asked = options(bidirectional=both_ways, payload_size=172)
        got = await measured(asked, f"127.0.0.1:{port}")
    assert (got.total_packets, got.received_packets, got.out_of_order) == (40, 40, 0)
    assert not got.authenticated
    assert got.error == ""
    assert 0 < got.min_rtt <= got.median_rtt <= got.max_rtt < 100
    sent = [(message, size) for message, size in peer.heard if message["type"] == "DATA"]
    assert [message["data"]["seq"] for message, _ in sent] == list(range(1, 41))
    assert {size for _, size in sent} == {172}
    assert {(m["src_agent"], m["dst_agent"], m["size"]) for m, _ in sent} == {(10, 11, 172)}
    acks = [message["data"]["seq"] for message in peer.of("ACK")]
    assert acks == (list(range(1, 42)) if both_ways else [])


async def test_netwatchers_client_and_our_server() -> None:
    async with (
        served(Allowed(way_back=42)) as (port, server, _),
        netwatcher_client(CLIENT, port) as peer,
        netwatcher_client(99, port) as stranger,
    ):
        stranger.say("HELLO", 1, dst=SERVER)
        await peer.cycle(SERVER, 40, 0.005)
        await anyio.sleep(0.05)
        assert stranger.heard == []
        acks = peer.of("ACK")
        assert [ack["data"]["seq"] for ack in acks] == [1, *range(1, 41)]
        assert {(ack["src_agent"], ack.get("dst_agent", 0)) for ack in acks} == {(SERVER, 0)}
        assert all(ack["data"]["received"] >= ack["data"]["sent"] > 0 for ack in acks)
        # Its own packets, as many as their answers and what came allow.
        own = [message["data"]["seq"] for message in peer.of("DATA")]
        assert own == list(range(1, len(own) + 1))
        assert len(own) >= 25
        (session,) = server._sessions.values()
        assert len(session.flight.arrivals) == len(own)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_two_of_ours_with_a_key(host: str) -> None:
    text = f"[{host}]" if ":" in host else host
    async with served(Allowed(key=KEY), host=host) as (port, server, _):
        got = await measured(options(key=KEY, payload_size=172, dscp=34), f"{text}:{port}")
        assert got.received_packets == 40
        assert got.authenticated
        assert (got.dscp_value, got.dscp_at_target, got.dscp_received) == (34, 34, 34)
        assert (got.payload_size, got.lost_forward, got.lost_backward) == (172, 0, 0)
        header = 48 if ":" in host else 28
        assert got.estimated_bandwidth_kbps == pytest.approx((172 + header) * 8 / 5)
        assert server.refused == 0
        said = payloads.measures_of(payloads.read("TRAFFICSIM", msgspec.json.encode(got)))
        assert (said.rtt_ms, said.loss_pct, said.mos) == (got.median_rtt, 0, got.mos)
        # With another key there is nobody.
        got = await measured(options(key=b"other", timeout_sec=1.5), f"{text}:{port}")
        assert (got.received_packets, got.total_packets) == (0, 2)
        assert (got.loss_percentage, got.error) == (100, "no answer in 1.5 s")


async def test_where_nobody_is_every_greeting_is_lost_and_the_reason_is_said(
    unused_port: int,
) -> None:
    got = await measured(options(timeout_sec=1.2), f"127.0.0.1:{unused_port}")
    assert (got.total_packets, got.lost_packets, got.loss_percentage) == (2, 2, 100)
    assert got.error == "destination unreachable: port unreachable"
    nowhere = await measured(options(), "nowhere.example:5000")
    assert (nowhere.total_packets, nowhere.remote_addr) == (0, "")
    assert nowhere.error == "nowhere.example: name or service not known"
    wrong = await measured(options(bind_interface="none0"), "127.0.0.1:5000")
    assert wrong.error == "no interface 'none0'"


def test_as_many_packets_as_fit_in_the_interval_and_in_a_minute() -> None:
    assert plan(options(count=0, interval_ms=0)) == 60
    assert plan(options(count=0, interval_ms=0, voip_mode=True)) == 3_000
    assert plan(options(count=0, interval_ms=0, interval_sec=10)) == 10
    assert plan(options(count=500, interval_ms=0, interval_sec=10)) == 10
    assert plan(options(count=0, interval_ms=0, interval_sec=600)) == 60
    assert plan(options(count=0, interval_ms=20, duration_sec=2)) == 100


HARD = Plan(
    forth=Way(
        only=Match(protocol="udp"),
        loss=0.06,
        delay_ms=3,
        jitter_ms=2,
        duplicate=0.08,
        reorder=0.1,
        reorder_ms=14,
    ),
    back=Way(
        only=Match(protocol="udp"),
        burst_enter=0.04,
        burst_leave=0.4,
        delay_ms=5,
        jitter_ms=2,
        duplicate=0.08,
        reorder=0.1,
        reorder_ms=14,
    ),
    seed=7,
)
COUNT = 150


def seq_of(passage: Passage) -> int | None:
    """The number of the DATA, or of that which an ACK answers; None for a greeting."""
    payload = passage.ip.rest[8:]
    if payload[:1] == b"\xf0":
        kind, seq = payload[1], struct.unpack_from("!I", payload, 28)[0]
        return seq if kind else None
    found = re.search(rb'"type":"(\w+)".*"seq":(\d+)', payload)
    assert found
    return None if found[1] == b"HELLO" else int(found[2])


def sent_of(passage: Passage) -> bytes:
    """What the client's packet, or the answer to it, says of when it was sent."""
    payload = passage.ip.rest[8:]
    if payload[:1] == b"\xf0":
        return payload[32:40]
    found = re.search(rb'"sent":(\d+)', payload)
    assert found
    return found[1]


def wanted(record: Record, *, key: bool) -> dict[str, object]:
    """What follows from the record alone."""
    there = {s: p for p in record.going("forth") if (s := seq_of(p)) is not None}
    greetings = {sent_of(p) for p in record.going("forth") if seq_of(p) is None}
    acks = [
        (out, seq)
        for passage in record.going("back")
        if (seq := seq_of(passage)) is not None and sent_of(passage) not in greetings
        for out in passage.out_ns
    ]
    heard = [seq for _, seq in sorted(acks)]
    first = list(dict.fromkeys(heard))
    doubled = len(heard) - len(first)
    if key:  # the server tells of those, and answers none of them
        doubled += sum(max(0, passage.copies - 1) for passage in there.values())
    lost = [None if seq not in first else 0.0 for seq in range(1, COUNT + 1)]
    return {
        "sent": len(there),
        "received": len(first),
        "duplicates": doubled,
        "out_of_order": reordered(first),
        "longest": max(bursts(lost), default=0),
        "bursts": sum(length > 1 for length in bursts(lost)),
    }


@pytest.mark.parametrize(
    ("key", "address"), [(b"", "198.18.0.2"), (KEY, "198.18.0.2"), (KEY, "2001:db8::2")]
)
async def test_loss_copies_and_order_are_those_of_the_wire(key: bytes, address: str) -> None:
    with wired(HARD) as (near, far, wire):
        async with served(Allowed(key=key), Placed(far), address, 5000):
            target = f"[{address}]:5000" if ":" in address else f"{address}:5000"
            asked = options(key=key, count=COUNT, packet_timeout_ms=300, payload_size=172)
            got = await measured(asked, target, Placed(near))
        record = wire.record()
    assert wanted(record, key=bool(key)) == {
        "sent": got.total_packets,
        "received": got.received_packets,
        "duplicates": got.duplicates,
        "out_of_order": got.out_of_order,
        "longest": got.max_consecutive_loss,
        "bursts": got.total_bursts,
    }
    assert got.lost_packets > 5
    assert got.duplicates > 5
    assert got.out_of_order > 5
    if key:
        forth = sum(p.verdict != "passed" for p in record.going("forth"))
        assert got.lost_forward == forth
        # Of the last packets it may not be known on which way they were lost.
        assert 0 <= got.lost_packets - got.lost_forward - got.lost_backward <= 3


LOPSIDED = Plan(
    forth=Way(only=Match(protocol="udp"), delay_ms=30, jitter_ms=1),
    back=Way(only=Match(protocol="udp"), delay_ms=5),
)


async def test_each_way_of_a_lopsided_wire_has_its_own_delay_or_none_is_said() -> None:
    with wired(LOPSIDED) as (near, far, _):
        for error_ns in (100_000, None):
            udp = Placed(far, error_ns)
            async with served(Allowed(key=KEY), udp, "198.18.0.2", 5000):
                asked = options(key=KEY)
                got = await measured(asked, "198.18.0.2:5000", Placed(near, error_ns))
            assert got.median_rtt == pytest.approx(35.5, abs=3)
            if error_ns is None:
                assert b"oneWay" not in msgspec.json.encode(got)
                continue
            assert got.one_way_error == pytest.approx(0.2, abs=0.001)
            assert got.one_way_forward == pytest.approx(30.5, abs=2)
            assert got.one_way_backward == pytest.approx(5, abs=2)
            assert got.one_way_latency == got.one_way_forward


async def test_the_traffic_class_a_router_took_away_is_seen_and_the_interface_is_kept() -> None:
    with pair() as (near, far):
        rules = (
            "table ip t { chain c { type filter hook prerouting priority 0; ip dscp set cs1; }; }"
        )
        far.run("nft", "-f", "-", stdin=rules)
        async with served(Allowed(key=KEY), Placed(far), "198.18.0.2", 5000):
            asked = options(key=KEY, voip_mode=True, bind_interface="cable")
            got = await measured(asked, "198.18.0.2:5000", Placed(near))
            other = options(key=KEY, bind_interface="lo", timeout_sec=0.3)
            elsewhere = await measured(other, "198.18.0.2:5000", Placed(near))
    assert (got.dscp_value, got.dscp_at_target, got.dscp_received) == (46, 8, 8)
    assert got.received_packets == 40
    assert elsewhere.received_packets == 0


async def test_a_server_answers_from_the_address_that_was_asked() -> None:
    with pair() as (near, far):
        far.ip("addr add 198.18.0.77/24 dev cable")
        async with served(Allowed(), Placed(far), "0.0.0.0", 5000):
            for address in ("198.18.0.77", "[2001:db8::2]"):
                got = await measured(options(count=5), f"{address}:5000", Placed(near))
                assert got.received_packets == 5


def test_a_port_in_use_is_said() -> None:
    (port,) = SystemUdp().listening("127.0.0.1", 0)
    try:
        with pytest.raises(Failed, match=f"port {port.port}: address already in use"):
            SystemUdp().listening("127.0.0.1", port.port)
    finally:
        port.close()
