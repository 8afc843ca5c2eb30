"""What PING reports is what the wire did: each request by itself, not sums."""

import errno
import os
import signal
import socket
from statistics import median
from typing import Any

import anyio
import pytest

from forepost.agent.edges.icmp.engine import Icmp
from forepost.agent.ports.net import Round
from forepost.kit.clock import SystemClock
from tests.lab.wire import wired
from tests.lab.wire_plan import Plan, Way
from tests.lab.wire_record import Echo

pytestmark = [pytest.mark.anyio, pytest.mark.alone]  # round trips to a tenth of a millisecond

TARGETS = ("198.18.0.2", "2001:db8::2")
HARD = Plan(
    forth=Way(loss=0.08, delay_ms=3, jitter_ms=4, duplicate=0.1, reorder=0.1, reorder_ms=12),
    back=Way(loss=0.08, delay_ms=5, jitter_ms=4, duplicate=0.1, reorder=0.1, reorder_ms=12),
)
BURSTS = Plan(forth=Way(burst_enter=0.05, burst_leave=0.3), back=Way(every=9))
SLOP_NS = 50_000
"""Between two clocks, and what NTP may slew one of them."""


async def measured(
    plan: Plan, target: str, *, count: int = 120, gap_sec: float = 0.004, timeout_sec: float = 0.3
) -> tuple[Round, list[Echo]]:
    with wired(plan) as (near, _, wire), near.inside(), Icmp(SystemClock()) as net:
        got = await net.round(target, count=count, gap_sec=gap_sec, timeout_sec=timeout_sec)
        return got, wire.record().echoes()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("plan", [HARD, BURSTS], ids=["hard", "bursts"])
async def test_each_request_is_answered_lost_or_doubled_as_on_the_wire(
    plan: Plan, target: str
) -> None:
    got, echoes = await measured(plan, target)
    assert got.sent == len(echoes) == 120
    assert [rtt is None for rtt in got.rtts_ns] == [not echo.heard for echo in echoes]
    assert got.duplicates == sum(max(0, len(echo.heard) - 1) for echo in echoes)
    assert None in got.rtts_ns
    assert not got.reason


@pytest.mark.parametrize("target", TARGETS)
async def test_each_rtt_is_that_of_the_wire(target: str) -> None:
    got, echoes = await measured(HARD, target)
    over_ns = [
        rtt - echo.rtt_ns
        for rtt, echo in zip(got.rtts_ns, echoes, strict=True)
        if rtt is not None and echo.rtt_ns is not None
    ]
    # A request leaves the host before the wire has it, an answer comes in after the wire let it go.
    assert min(over_ns) > -SLOP_NS
    assert median(over_ns) < 1_000_000
    rtts = [rtt for rtt in got.rtts_ns if rtt is not None]
    assert min(rtts) >= 8_000_000
    assert max(rtts) - min(rtts) > 8_000_000


async def test_answers_that_are_too_late_are_lost_and_no_others() -> None:
    late = Plan(back=Way(reorder=0.2, reorder_ms=250))
    got, echoes = await measured(late, TARGETS[0], count=100, gap_sec=0.01, timeout_sec=0.12)
    kept = [echo.rtt_ns is not None and echo.rtt_ns < 120_000_000 for echo in echoes]
    assert [rtt is not None for rtt in got.rtts_ns] == kept
    assert got.duplicates == 0
    assert 5 < kept.count(False) < 50


async def test_targets_that_share_a_socket_are_told_apart() -> None:
    """Each of ten has its own loss, though all go by one socket and one number of the kernel's."""
    with wired(HARD) as (near, far, wire):
        addresses = [f"198.18.0.{number}" for number in range(10, 20)]
        for address in addresses:
            far.ip(f"addr add {address}/24 dev cable")
        got: dict[str, Round] = {}
        with near.inside(), Icmp(SystemClock()) as net:

            async def one(address: str) -> None:
                got[address] = await net.round(address, count=30, gap_sec=0.02, timeout_sec=0.5)

            async with anyio.create_task_group() as tasks:
                for address in addresses:
                    tasks.start_soon(one, address)
        record = wire.record()
    for address in addresses:
        echoes = record.echoes(socket.inet_aton(address))
        lost = [not echo.heard for echo in echoes]
        assert [rtt is None for rtt in got[address].rtts_ns] == lost
        assert got[address].duplicates == sum(max(0, len(e.heard) - 1) for e in echoes)


async def test_what_finds_the_host_full_waits_for_a_while() -> None:
    """A device whose queue is full and a wire that stands still: ENOBUFS."""
    with wired() as (near, _, wire), near.inside(), Icmp(SystemClock()) as net:
        near.ip("link set cable txqueuelen 4")
        near.run("tc", "qdisc", "replace", "dev", "cable", "root", "noqueue")
        for stopped_sec, lost in ((0.3, 0), (1.6, 5)):
            os.kill(wire.pid, signal.SIGSTOP)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(going_on, wire.pid, stopped_sec)
                got = await net.round(TARGETS[0], count=20, gap_sec=0.01, timeout_sec=2)
            assert got.rtts_ns.count(None) >= lost
            assert (got.reason == "no buffer space available") == bool(lost)
            if not lost:
                assert None not in got.rtts_ns
            assert got.duplicates == 0


async def going_on(pid: int, after_sec: float) -> None:
    try:
        await anyio.sleep(after_sec)
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("group", "number"),
    [("0 0", errno.EAGAIN), ("1 0", errno.ENOBUFS)],
    ids=["datagram", "raw"],
)
async def test_what_finds_the_socket_full_waits_too(group: str, number: int) -> None:
    """A line slower than what is sent, and a socket that holds next to nothing."""
    with wired() as (near, _, wire), near.inside(), Icmp(SystemClock()) as net:
        slow = "rate 80kbit burst 1600 limit 100000"
        near.sysctl("net.ipv4.ping_group_range", group)
        near.run("tc", "qdisc", "replace", "dev", "cable", "root", "tbf", *slow.split())
        await net.round(TARGETS[0], count=1, gap_sec=0, timeout_sec=1)
        (shared,) = net._shared.values()
        shared.socket._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        refused: list[int | None] = []

        def send(packet: bytes, to: tuple[Any, ...]) -> int:
            try:
                return sent(packet, to)
            except OSError as error:
                refused.append(error.errno)
                raise

        sent, shared.socket.send = shared.socket.send, send
        got = await net.round(TARGETS[0], count=60, gap_sec=0.002, timeout_sec=2)
        echoes = wire.record().echoes()[1:]
    assert set(refused) == {number}
    assert got.duplicates == 0
    for rtt, echo in zip(got.rtts_ns, echoes, strict=True):
        assert rtt is not None
        assert echo.rtt_ns is not None
        # What waits in the host's own queue may be counted from when it was handed over.
        assert -SLOP_NS < rtt - echo.rtt_ns < 300_000_000
