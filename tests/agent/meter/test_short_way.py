"""Packets of known flows are counted by a short way: to the same rows and totals."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.cores.stamps.departures import Moment
from forepost.agent.edges.capture.link import CaptureLink
from forepost.agent.edges.capture.ring import RingFrame, Seen
from forepost.agent.meter.packet import Packet
from forepost.agent.meter.sources import RingSource
from forepost.agent.meter.table import MeterTable, ends
from forepost.wire.flows.meter import Totals
from tests.agent.meter.test_kernel_and_process_agree import conversation, random_frames
from tests.lab.frames import ACK, FIN, PSH, ipv4, ipv6, tcp, udp

LINK = CaptureLink(name="cable", ethernet=True, loopback=False, mtu=1_500)
IPV4, IPV6 = 0x0800, 0x86DD
Shown = tuple[dict[bytes, bytes], Totals, list[tuple[bytes, int, bytes]]]


class Frames:
    """In the place of a ring."""

    def __init__(self, frames: list[Seen]) -> None:
        self._frames = frames

    def seen(self, _: int) -> Iterator[Seen]:
        return iter(self._frames)


class InFull(MeterTable):
    def count_known(self, at_ns: int, ether_type: int, data: bytes, length: int) -> bool:
        return False


def seen(number: int, frame: bytes) -> Seen:
    """As the kernel shows an Ethernet frame: it takes the first VLAN tag off."""
    kind, data, vlan = int.from_bytes(frame[12:14]), frame[14:], 0
    if kind == 0x8100 and len(data) >= 4:
        vlan, kind = int.from_bytes(data[:2]) & 0xFFF, int.from_bytes(data[2:4])
        data = data[4:]
    return tuple(RingFrame(number, kind, False, vlan, len(data), frame[6:12], data))  # type: ignore[return-value]


def read(table: MeterTable, frames: list[Seen]) -> Shown:
    looked: list[tuple[bytes, int, bytes]] = []

    def inspect(key: bytes, direction: int, _: Packet, data: bytes) -> None:
        looked.append((key, direction, data))

    ring = Frames(frames)
    RingSource(ring, table, LINK, lambda: Moment(0, 0)).read(inspect)  # type: ignore[arg-type]
    return dict(table.rows(-1)), table.totals(), looked


def both(frames: list[Seen], pass_: int = 3) -> tuple[Shown, Shown, MeterTable]:
    short = MeterTable(max_flows=10_000, pass_=pass_)
    full = InFull(max_flows=10_000, pass_=pass_)
    return read(short, frames), read(full, frames), short


@pytest.mark.parametrize("pass_", [0, 3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rows_totals_and_what_is_inspected_are_the_same(seed: int, pass_: int) -> None:
    frames = random_frames(seed, 3_000) if seed else conversation() * 3
    short, full, table = both([seen(n, one) for n, one in enumerate(frames)], pass_)
    assert short == full
    assert table._short_tcp + table._short_udp > len(frames) // 30


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.booleans(), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1),
            st.sampled_from([ACK, PSH | ACK, FIN | ACK, 2, 4]), st.integers(0, 3),
            st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=1),
        ),
        max_size=30,
    )
)  # fmt: skip
def test_whatever_is_sent(
    sent: list[tuple[bool, bool, bool, int, int, int, list[tuple[int, int]]]],
) -> None:
    frames: list[Seen] = []
    for number, (six, is_tcp, back, seq, flags, size, spoilt) in enumerate(sent):
        ports = (443, 9_000) if back else (9_000, 443)
        one = ("2001:db8::1", "2001:db8::2") if six else ("198.18.0.1", "198.18.0.2")
        data = b"x" * size
        inner = tcp(*ports, seq, flags, data) if is_tcp else udp(*ports, data)
        made = (ipv6 if six else ipv4)(*(one[::-1] if back else one), 6 if is_tcp else 17, inner)
        packet = bytearray(made)
        for place, value in spoilt:
            packet[place % len(packet)] = value
        kind = IPV6 if six else IPV4
        frames.append((number, kind, False, 0, len(packet), bytes(6), bytes(packet)))
    short, full, _ = both(frames)
    assert short == full


def test_a_flow_that_is_taken_is_forgotten_by_the_short_way_too() -> None:
    frame = (
        1,
        IPV4,
        False,
        0,
        32,
        bytes(6),
        ipv4("198.18.0.1", "198.18.0.2", 17, udp(1, 2, b"12345678")),
    )
    table = MeterTable(max_flows=10, pass_=1)
    read(table, [frame] * 4)
    assert table._short_udp == 3  # the first was inspected
    ((key, _),) = table.rows(-1)
    table.take(key)
    assert not table._known_udp
    rows, totals, _ = read(table, [frame] * 2)
    assert len(rows) == 1
    assert (totals.packets, totals.udp, totals.created) == (6, 6, 2)


@pytest.mark.parametrize("data", [b"", b"\x45", bytes(19), b"\x60" + bytes(30), b"\x45" * 33])
def test_what_is_too_short_has_no_ends(data: bytes) -> None:
    assert ends(IPV4, data) == (0, b"")
    assert ends(IPV6, data) == (0, b"")
    table = MeterTable(max_flows=1, pass_=0)
    assert not table.count_known(1, IPV4, data, 60)
    assert not table.count_known(1, IPV6, data, 60)
    assert not table.count_known(1, 0x0806, data, 60)
