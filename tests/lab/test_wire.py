"""The wire's record is what really happened: compared with what two sockets saw."""

import os
import socket
import time
from collections.abc import Sequence

import pytest

from tests.lab.net import Namespace
from tests.lab.topology import topology
from tests.lab.wire import wired
from tests.lab.wire_plan import Match, Plan, Way

pytestmark = pytest.mark.alone  # a rate, and delays to half a millisecond

COUNT = 200
ADDRESSES = (("198.18.0.1", "198.18.0.2"), ("2001:db8::1", "2001:db8::2"))
PORT = 5_060
SO_RCVBUFFORCE = 33


def opened(where: Namespace, address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with where.inside():
        made = socket.socket(family, socket.SOCK_DGRAM)
    # Of each little datagram the kernel counts a kilobyte.
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    made.bind((address, port))
    made.settimeout(0.15)
    return made


def carried(
    near: Namespace, far: Namespace, addresses: Sequence[str], size: int = 40, port: int = PORT
) -> list[int]:
    """Send numbers from 1, one a millisecond; what came, in the order in which it came."""
    with opened(near, addresses[0], port) as here, opened(far, addresses[1], port) as there:
        for number in range(1, COUNT + 1):
            here.sendto(number.to_bytes(4, "big").ljust(size), (addresses[1], port))
            time.sleep(0.001)
        came = []
        try:
            while True:
                came.append(int.from_bytes(there.recv(2_048)[:4], "big"))
        except TimeoutError:
            return came


HARD = Way(loss=0.1, delay_ms=10, jitter_ms=5, reorder=0.1, reorder_ms=8, duplicate=0.1)


CASES = {
    "cable": (Way(), ADDRESSES[1]),
    "hard": (HARD, ADDRESSES[0]),
    "hard, IPv6": (HARD, ADDRESSES[1]),
    "bursts": (Way(burst_enter=0.05, burst_leave=0.3), ADDRESSES[0]),
}


@pytest.mark.parametrize(("way", "addresses"), CASES.values(), ids=CASES)
def test_what_came_is_what_the_record_says(way: Way, addresses: Sequence[str]) -> None:
    with wired(Plan(forth=way)) as (near, far, wire):
        came = carried(near, far, addresses)
        record = wire.record()
    assert record.overruns == record.pending == 0
    assert came == record.order_out("forth")
    assert len(record.going("forth")) == COUNT
    assert record.lost("forth") == COUNT - len(set(came))
    assert record.duplicates("forth") == len(came) - len(set(came))
    if way == HARD:
        assert min(record.lost("forth"), record.duplicates("forth")) > 4
        assert record.overtaken("forth") > 4
        assert all(10e6 <= p.out_ns[0] - p.in_ns < 100e6 for p in record.passages if p.out_ns)


def test_the_record_knows_the_wires_own_error() -> None:
    with wired(Plan(forth=Way(delay_ms=5))) as (near, far, wire):
        carried(near, far, ADDRESSES[0])
        error_ns = wire.record().error_ns
    assert error_ns[0] >= 0
    assert error_ns[len(error_ns) // 2] < 500_000


def test_a_rate_is_kept_and_a_full_queue_loses() -> None:
    plan = Plan(forth=Way(rate_kbit=2_000, queue_bytes=10_000))
    with wired(plan) as (near, far, wire):
        came = carried(near, far, ADDRESSES[0], 500)
        record = wire.record()
    # 542 bytes take 2.2 ms.
    full = [one.number for one in record.going("forth") if one.verdict == "overflow"]
    assert full
    assert sorted({*came, *full}) == list(range(1, COUNT + 1))
    passed = [one for one in record.going("forth") if one.out_ns]
    took_sec = (passed[-1].out_ns[0] - passed[0].out_ns[0]) / 1e9
    assert 542 * 8 * (len(passed) - 1) / took_sec == pytest.approx(2e6, rel=0.05)


def test_a_plan_may_change_and_only_what_matches_is_touched() -> None:
    with wired() as (near, far, wire):
        assert len(set(carried(near, far, ADDRESSES[0]))) == COUNT
        wire.follow(Plan(forth=Way(only=Match(protocol="udp", port=PORT), loss=1)))
        assert carried(near, far, ADDRESSES[0]) == []
        assert len(carried(near, far, ADDRESSES[1], port=PORT + 1)) == COUNT
        record = wire.record()
        wire.follow(Plan(back=Way(loss=1)))
        assert len(carried(near, far, ADDRESSES[0])) == COUNT
    assert (record.lost("forth"), len(record.going("forth"))) == (COUNT, 2 * COUNT)
    assert wire.record().lost("forth") == COUNT


def test_a_topology_may_have_wires() -> None:
    with topology("lossy") as net:
        ends = net.address("near", 4), net.address("far", 4)
        came = carried(net["near"], net["far"], ends)
        record = net.record("r1 r2")
    assert len(record.going("forth")) == COUNT
    assert came == record.order_out("forth")
    assert record.lost("forth") > 0


def test_wires_end_with_their_block() -> None:
    with wired() as (near, _, wire):
        os.kill(wire.pid, 0)
        assert "cable" in near.run("ip", "link")
    with pytest.raises(ProcessLookupError):
        os.kill(wire.pid, 0)
