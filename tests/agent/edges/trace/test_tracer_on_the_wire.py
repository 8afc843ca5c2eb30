"""MTR where the way loses, delays, reorders and copies: hop by hop what the wires did."""

from collections import defaultdict
from itertools import chain
from statistics import median

import pytest

from forepost.agent.edges.trace.engine import Tracer
from forepost.agent.ports.trace import Traced, TracePlan, TraceProtocol
from forepost.kit.clock import SystemClock
from tests.lab.topology import Topology, topology
from tests.lab.wire_plan import ip_of
from tests.lab.wire_record import Passage, Record

pytestmark = pytest.mark.anyio

COUNT = 20
AHEAD = 3
"""Packets of the first cycle that went further than the target."""


async def trace(net: Topology, family: int, protocol: TraceProtocol, **more: object) -> Traced:
    asked = {"count": COUNT, "cycle_sec": 0.06, "timeout_sec": 0.6, **more}
    with net["near"].inside(), Tracer(SystemClock()) as tracer:
        plan = TracePlan(address=net.address("far", family), protocol=protocol, **asked)  # type: ignore[arg-type]
        return await tracer.trace(plan)


def nodes(net: Topology, traced: Traced) -> list[set[str]]:
    return [{net.node(host) for host in hop.hosts} for hop in traced.hops]


def lost(traced: Traced) -> list[int]:
    return [hop.rtts_ns.count(None) for hop in traced.hops]


def asked(record: Record) -> dict[bytes, Passage]:
    """Every packet of the tracer that came to a wire, by what no other has in it."""
    found = {}
    for one in record.going("forth"):
        ip = one.ip
        if ip.protocol == 17 or ip.rest[0] in (8, 128):
            found[_mark(ip.protocol, ip.rest)] = one
    return found


def heard(*ways: list[Passage]) -> dict[bytes, list[int]]:
    """When answers to each of them left a wire, ns."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for one in chain(*ways):
        ip = one.ip
        if ip.protocol == 17:
            continue
        mark = _mark(ip.protocol, ip.rest)
        if ip.rest[0] not in (0, 129):
            quoted = ip_of(
                bytes(12) + (b"\x86\xdd" if ip.protocol == 58 else b"\x08\x00") + ip.rest[8:]
            )
            assert quoted
            mark = _mark(quoted.protocol, quoted.rest)
        found[mark] += one.out_ns
    return found


def _mark(protocol: int, rest: bytes) -> bytes:
    return rest[8:18] if protocol == 17 else rest[4:16]


def hop_of(requests: dict[bytes, Passage], hop: int) -> list[bytes]:
    """The packets that were to end at a hop, in order; the wire is behind the first router."""
    return [mark for mark, one in requests.items() if one.ip.ttl == hop - 1]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("protocol", ["icmp", "udp"])
async def test_loss_copies_and_times_are_those_of_the_wire(
    family: int, protocol: TraceProtocol
) -> None:
    with topology("lossy") as net:
        traced = await trace(net, family, protocol)
        record = net.record("r1 r2")
        assert nodes(net, traced) == [{"r1"}, {"r2"}, {"r3"}, {"far"}]
    requests, answers = asked(record), heard(record.going("back"))
    assert lost(traced)[0] == 0
    for hop in traced.hops[1:]:
        marks = hop_of(requests, hop.ttl)
        assert [rtt is None for rtt in hop.rtts_ns] == [not answers[mark] for mark in marks]
        assert hop.duplicates == sum(max(0, len(answers[mark]) - 1) for mark in marks)
        assert hop.late == 0
        over_ns = [
            rtt - (min(answers[mark]) - requests[mark].in_ns)
            for rtt, mark in zip(hop.rtts_ns, marks, strict=True)
            if rtt is not None
        ]
        assert min(over_ns) > -1_000_000
        assert median(over_ns) < 10_000_000
    assert sum(lost(traced)) > 5
    assert sum(hop.duplicates for hop in traced.hops) > 0


async def test_what_is_lost_on_the_way_back_alone_is_loss_of_the_hops_that_it_serves() -> None:
    with topology("lopsided") as net:
        traced = await trace(net, 4, "icmp")
        forth, back = net.record("r1 r2"), net.record("back r1")
        assert nodes(net, traced) == [{"r1"}, {"r2"}, {"r3"}, {"far"}]
    requests, answers = asked(forth), heard(back.going("forth"), forth.going("back"))
    assert forth.lost("forth") == forth.lost("back") == 0
    for hop in traced.hops[1:]:
        marks = hop_of(requests, hop.ttl)
        assert [rtt is None for rtt in hop.rtts_ns] == [not answers[mark] for mark in marks]
    assert lost(traced)[0] == 0
    assert sum(lost(traced)) == pytest.approx(back.lost("forth"), abs=AHEAD)
    rtts = [rtt for rtt in traced.hops[-1].rtts_ns if rtt is not None]
    assert min(rtts) >= 23_000_000


@pytest.mark.parametrize("family", [4, 6])
async def test_a_packet_too_large_for_the_way_is_refused_by_who_found_it_so(family: int) -> None:
    with topology("narrow") as net:
        small = await trace(net, family, "udp", count=2, size=1_000)
        assert nodes(net, small) == [{"r1"}, {"r2"}, {"far"}]
        assert lost(small) == [0, 0, 0]
        large = await trace(net, family, "udp", count=2, size=1_400)
        assert nodes(net, large)[0] == {"r1"}
        assert (large.hops[1].refusal, net.node(large.hops[1].refuser)) == ("!F", "r1")
