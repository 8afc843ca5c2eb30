"""The tracer finds what Debian's mtr finds, in less time."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import anyio
import pytest

from forepost.agent.edges.trace.engine import Tracer
from forepost.agent.ports.trace import Traced, TracePlan, TraceProtocol
from forepost.kit.clock import SystemClock
from tests.lab.peer_mtr import PeerHop, peer_mtr
from tests.lab.topology import Topology, topology

pytestmark = pytest.mark.alone  # in less time than mtr

NAMES = ("chain", "silent", "asymmetric", "rejecting", "lost", "parallel")
SWITCHES: dict[TraceProtocol, tuple[str, ...]] = {"icmp": (), "udp": ("-u",), "tcp": ("-T",)}
COUNT = 2

Timed = tuple[list[PeerHop], float]


def peer(net: Topology, family: int, protocol: TraceProtocol) -> Timed:
    started = time.monotonic()
    options = ("-c", str(COUNT), *SWITCHES[protocol])
    found = peer_mtr(net["near"], net.address("far", family), *options)
    return found, time.monotonic() - started


async def ours(net: Topology, family: int, protocol: TraceProtocol) -> tuple[Traced, float]:
    started = time.monotonic()
    with Tracer(SystemClock()) as tracer, net["near"].inside():
        plan = TracePlan(address=net.address("far", family), protocol=protocol, count=COUNT)
        return await tracer.trace(plan), time.monotonic() - started


@pytest.mark.timeout(240)  # where mtr has to be asked again
def test_hops_and_loss_are_those_of_mtr_in_less_time() -> None:
    with ExitStack() as stack:
        nets = {name: stack.enter_context(topology(name)) for name in NAMES}
        cases = [(name, family, p) for name in NAMES for family in (4, 6) for p in SWITCHES]
        pool = stack.enter_context(ThreadPoolExecutor(2 * len(cases)))
        peers = [pool.submit(peer, nets[name], family, p) for name, family, p in cases]
        # A thread is in one namespace at a time: each of ours has a loop in a thread of its own.
        found = [pool.submit(anyio.run, ours, nets[name], family, p) for name, family, p in cases]
        for case, own, other in zip(cases, found, peers, strict=True):
            (traced, own_sec), (hops, peer_sec) = own.result(), other.result()
            assert own_sec < peer_sec
            name, parallel = case[0], case[0] == "parallel"
            try:
                compare(nets[name], traced, hops, parallel=parallel)
            except AssertionError:
                # mtr loses packets, and takes hops for others, when it runs many times at once.
                hops, _ = peer(nets[name], *case[1:])
                compare(nets[name], traced, hops, parallel=parallel)


def compare(net: Topology, traced: Traced, hops: list[PeerHop], *, parallel: bool) -> None:
    assert len(traced.hops) == len(hops)
    for hop, other in zip(traced.hops, hops, strict=True):
        if hop.refusal:
            # mtr takes a router's refusal for an answer of the hop behind it.
            assert other.address == hop.refuser
            continue
        # All or nothing; mtr itself loses a packet now and then when it runs many times at once.
        assert {rtt is None for rtt in hop.rtts_ns} == {other.lost_pct == 100}
        # Of two that share the load, another flow may meet the other.
        expected = [net.node(other.address)] if other.address else []
        assert [net.node(host) for host in hop.hosts][:1] == expected or parallel
