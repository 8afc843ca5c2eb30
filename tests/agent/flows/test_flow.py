"""What a flow reads in its key and row is what FLOW and KEY say is there."""

import pytest

from forepost.agent.flows.flow import NOTHING, Flow, fresh
from forepost.agent.flows.sides import Sides
from forepost.wire.flows.meter import FLOW, KEY

HERE, THERE = bytes((10, 0, 0, 1)), bytes((198, 18, 0, 9))
OURS, THEIRS = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"


def flow(*, local_is_a: bool, initiator: int = 0, length: int = 4, first_flags: int = 2) -> Flow:
    """Of a site in which only `HERE` is local. a sends 10 packets, b sends 20, and so on."""
    here, there = HERE, THERE
    if length == 16:
        here, there = b"\xfd" + bytes(15), b"\x20\x01" + bytes(14)
    a, b = (here, there) if local_is_a else (there, here)
    ports = (b"\xc0\0", b"\x01\xbb") if local_is_a else (b"\x01\xbb", b"\xc0\0")
    macs = (OURS, THEIRS) if local_is_a else (THEIRS, OURS)
    version = 4 if length == 4 else 6
    key = KEY.pack(a.ljust(16, b"\0"), b.ljust(16, b"\0"), *ports, 6, version, 300)
    row = FLOW.pack(
        *(10, 20, 1_000, 2_000, 5_000, 6_000),  # packets, bytes, times
        *(77, 88, 1, 2, 3, 4),  # next sequence numbers, retransmissions, gaps
        *(0x12, 0x18, 5, 6),  # flags, passed to inspection
        *(initiator, 1, 0xB8, 9),  # initiator, outgoing, TOS, resets
        *macs,
        first_flags,
    )
    return fresh("cable", key, row, Sides())


@pytest.mark.parametrize("local_is_a", [True, False])
def test_each_field_is_read_where_it_is(local_is_a: bool) -> None:
    one = flow(local_is_a=local_is_a)
    ours, theirs = (0, 1) if local_is_a else (1, 0)
    assert (one.version, one.protocol, one.vlan) == (4, 6, 300)
    assert (one.local_address, one.other_address) == (HERE, THERE)
    assert (one.local_port, one.other_port) == (0xC000, 443)
    assert (one.local_mac, one.other_mac) == (OURS, THEIRS)
    assert (one.local_packets, one.other_packets) == ((10, 20)[ours], (10, 20)[theirs])
    assert (one.local_bytes, one.other_bytes) == ((1_000, 2_000)[ours], (1_000, 2_000)[theirs])
    assert one.all_bytes == 3_000
    assert (one.first_ns, one.last_ns) == (5_000, 6_000)
    assert (one.retransmits, one.gaps, one.resets, one.inspected) == (3, 7, 9, 11)
    assert (one.tos, one.other_type) == (0xB8, "remote")


@pytest.mark.parametrize("local_is_a", [True, False])
@pytest.mark.parametrize("initiator", [0, 1])
def test_who_began(local_is_a: bool, initiator: int) -> None:
    one = flow(local_is_a=local_is_a, initiator=initiator)
    assert one.local_began == ((initiator == 0) == local_is_a)


def test_addresses_of_ipv6_are_whole() -> None:
    one = flow(local_is_a=True, length=16)
    assert (one.local_address[0], len(one.local_address), len(one.other_address)) == (0xFD, 16, 16)


def test_since_is_what_came_after_a_row() -> None:
    one = flow(local_is_a=False)
    assert one.since(NOTHING) == (20, 10, 2_000, 1_000)
    before, one.row = one.counters, FLOW.pack(11, 22, 1_003, 2_004, *[0] * 16, OURS, THEIRS, 0)
    assert one.since(before) == (2, 1, 4, 3)
    assert one.since(one.counters) == (0, 0, 0, 0)
