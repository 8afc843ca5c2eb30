"""What a probe sets in its packets is what the other end gets."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from forepost.agent.edges.icmp.engine import MOST_IDLE, Icmp
from forepost.agent.ports.net import PacketOptions
from forepost.kit.clock import SystemClock
from tests.lab.net import Namespace, pair

pytestmark = pytest.mark.anyio

TARGETS = ("198.18.0.2", "2001:db8::2")
BEYOND = ("198.18.9.9", "2001:db8:9::9")
SECOND = ("198.18.0.33", "2001:db8::33")
DF = 0x40


@pytest.fixture(scope="module")
def cable() -> Iterator[tuple[Namespace, Namespace]]:
    with pair() as (near, far):
        near.ip("addr add 198.18.0.33/24 dev cable")
        near.ip("addr add 2001:db8::33/64 dev cable nodad")
        near.ip("route add 198.18.9.0/24 via 198.18.0.2")
        near.ip("route add 2001:db8:9::/64 via 2001:db8::2")
        far.ip("route add 198.18.9.0/24 via 198.18.0.1")
        far.ip("route add 2001:db8:9::/64 via 2001:db8::1")
        far.sysctl("net.ipv4.ip_forward", "1")
        far.sysctl("net.ipv6.conf.all.forwarding", "1")
        yield near, far


@pytest.fixture(params=["1 0", "0 0"], ids=["raw", "datagram"])
def near(cable: tuple[Namespace, Namespace], request: pytest.FixtureRequest) -> Iterator[Namespace]:
    cable[0].sysctl("net.ipv4.ping_group_range", request.param)
    with cable[0].inside():
        yield cable[0]


@contextmanager
def heard(far: Namespace, family: int) -> Iterator[list[bytes]]:
    """Frames of one family that the other end's device gets: from the IP header."""
    protocol = 0x0800 if family == socket.AF_INET else 0x86DD
    with far.inside():
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(protocol))
    opened.settimeout(0.2)
    packets: list[bytes] = []
    try:
        yield packets
        while True:
            try:
                packet, to = opened.recvfrom(4096)
            except TimeoutError:
                break
            if to[2] != socket.PACKET_OUTGOING:
                packets.append(packet)
    finally:
        opened.close()


async def test_the_header_is_as_asked(cable: tuple[Namespace, Namespace], near: Namespace) -> None:
    for target, source in zip(TARGETS, SECOND, strict=True):
        packet = PacketOptions(source=source, dscp=46, ttl=7, dont_fragment=True)
        family = socket.AF_INET6 if ":" in target else socket.AF_INET
        with Icmp(SystemClock()) as net, heard(cable[1], family) as packets:
            got = await net.round(
                target, count=2, gap_sec=0.02, timeout_sec=2, size=200, packet=packet
            )
        assert None not in got.rtts_ns, got.reason
        if family == socket.AF_INET:
            ours = [p for p in packets if p[12:16] == socket.inet_aton(source)]
            assert [(p[1], p[8], p[6] & DF) for p in ours] == [(46 << 2, 7, DF)] * 2
            assert {len(p) for p in ours} == {20 + 8 + 200}
        else:
            ours = [p for p in packets if p[8:24] == socket.inet_pton(family, source)]
            ours = [p for p in ours if p[6] == 58 and p[40] == 128]
            assert [((p[0] & 15) << 4 | p[1] >> 4, p[7]) for p in ours] == [(46 << 2, 7)] * 2


async def test_what_is_too_large_is_cut_in_pieces_or_lost_with_a_reason(near: Namespace) -> None:
    with Icmp(SystemClock()) as net:
        for target in TARGETS:
            for whole in (False, True):
                packet = PacketOptions(dont_fragment=whole)
                got = await net.round(
                    target, count=1, gap_sec=0, timeout_sec=0.5, size=2_000, packet=packet
                )
                assert (got.rtts_ns == [None]) == whole, (target, got.reason)
                assert got.reason == ("message too long" if whole else "")


async def test_a_ttl_that_ends_on_the_way_is_the_reason(near: Namespace) -> None:
    with Icmp(SystemClock()) as net:
        for target, words in zip(
            BEYOND, ("time to live exceeded", "hop limit exceeded"), strict=True
        ):
            packet = PacketOptions(ttl=1)
            got = await net.round(target, count=1, gap_sec=0, timeout_sec=0.3, packet=packet)
            assert (got.rtts_ns, got.reason) == ([None], words)


async def test_a_source_that_is_not_this_hosts_is_a_reason(near: Namespace) -> None:
    with Icmp(SystemClock()) as net:
        packet = PacketOptions(source="198.18.0.99")
        got = await net.round(TARGETS[0], count=1, gap_sec=0, timeout_sec=0.3, packet=packet)
        assert got.sent == 0
        assert got.reason == "source 198.18.0.99: cannot assign requested address"
        other = PacketOptions(source="2001:db8::33")
        got = await net.round(TARGETS[0], count=1, gap_sec=0, timeout_sec=0.3, packet=other)
        assert got.sent == 0
        assert "2001:db8::33" in got.reason


async def test_sockets_of_packets_that_nobody_sends_any_more_are_closed(near: Namespace) -> None:
    with Icmp(SystemClock()) as net:
        for ttl in range(1, 60):
            packet = PacketOptions(ttl=ttl)
            await net.round(TARGETS[0], count=1, gap_sec=0, timeout_sec=1, packet=packet)
            assert len(net._shared) <= MOST_IDLE
        got = await net.round(TARGETS[0], count=3, gap_sec=0.01, timeout_sec=1)
        assert None not in got.rtts_ns
