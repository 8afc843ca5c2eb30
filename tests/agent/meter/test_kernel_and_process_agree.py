"""The same frames, counted by the kernel's program and by the table in Python: the same rows."""

import random
import socket
import time
from collections.abc import Callable

import pytest

from forepost.agent.edges.capture import link
from forepost.agent.edges.capture.kernel_table import KernelTable
from forepost.agent.edges.capture.ring import ETHERNET_HEADER, TAG
from forepost.agent.meter.packet import carries_ip, flow_key, parse
from forepost.agent.meter.table import MeterTable
from forepost.wire.flows.meter import FLOW, KEY
from tests.lab import frames
from tests.lab.frames import ACK, FIN, PSH, RST, SYN, ethernet, ipv4, ipv6, tcp, udp
from tests.lab.net import Namespace

IPV4, IPV6 = 0x0800, 0x86DD
NEAR4, FAR4 = "198.18.0.1", "198.18.0.2"
NEAR6, FAR6 = "2001:db8::1", "2001:db8::2"
PASS = 3


def conversation() -> list[bytes]:
    """One of each kind that the program tells apart."""
    up = [SYN, ACK, PSH | ACK, PSH | ACK, FIN | ACK]
    long = udp(5_000, 5_001, bytes(3_000))
    hop_by_hop = bytes((17, 0)) + bytes(6)
    first = bytes((17, 0, 0, 1)) + b"\0\0\0\7"
    later = bytes((17, 0)) + (1_448 | 0).to_bytes(2, "big") + b"\0\0\0\7"
    return [
        *(ethernet(ipv4(NEAR4, FAR4, 6, tcp(40_000, 443, 100 + n, f, b"x" * (f & PSH))), IPV4)
          for n, f in enumerate(up)),
        ethernet(ipv4(NEAR4, FAR4, 6, tcp(40_000, 443, 50, PSH | ACK, b"again")), IPV4),
        ethernet(ipv4(NEAR4, FAR4, 6, tcp(40_000, 443, 9_000, PSH | ACK, b"ahead")), IPV4),
        ethernet(ipv4(FAR4, NEAR4, 6, tcp(443, 40_000, 1, RST)), IPV4, back=True),
        ethernet(ipv4(NEAR4, FAR4, 17, udp(53_000, 53, b"query")), IPV4),
        ethernet(ipv4(FAR4, NEAR4, 17, udp(53, 53_000, b"answer" * 30)), IPV4, back=True),
        *(ethernet(ipv4(NEAR4, FAR4, 17, udp(4_000, 4_001, b"data")), IPV4) for _ in range(6)),
        ethernet(ipv4(NEAR4, FAR4, 17, udp(7, 7, b"o"), options=bytes(8), tos=0xB8), IPV4),
        ethernet(ipv4(NEAR4, FAR4, 1, frames.icmp_echo(1)), IPV4),
        ethernet(ipv4(NEAR4, FAR4, 47, bytes(30)), IPV4),
        ethernet(ipv4(NEAR4, FAR4, 17, long[:1_480], number=9, more=True), IPV4),
        ethernet(ipv4(NEAR4, FAR4, 17, long[1_480:2_960], number=9, offset=1_480, more=True), IPV4),
        ethernet(ipv4(NEAR4, FAR4, 17, long[2_960:], number=9, offset=2_960), IPV4),
        ethernet(ipv4(NEAR4, FAR4, 17, bytes(64), number=10, offset=64), IPV4),
        ethernet(ipv6(NEAR6, FAR6, 17, udp(1, 2, b"six")), IPV6),
        ethernet(ipv6(NEAR6, FAR6, 0, udp(1, 2, b"hops"), extensions=hop_by_hop), IPV6),
        ethernet(ipv6(NEAR6, FAR6, 44, long[:1_448], extensions=first), IPV6),
        ethernet(ipv6(NEAR6, FAR6, 44, long[1_448:2_800], extensions=later), IPV6),
        ethernet(ipv6(NEAR6, FAR6, 58, bytes((128, 0)) + bytes(20), tos=0x20), IPV6),
        ethernet(ipv4(NEAR4, FAR4, 17, udp(4_000, 4_001, b"tagged")), IPV4, vlans=(7,)),
        ethernet(ipv4(NEAR4, FAR4, 17, udp(4_000, 4_001, b"twice")), IPV4, vlans=(8, 9)),
        ethernet(bytes(28), 0x0806),
        ethernet(b"\x45" + bytes(5), IPV4),
        ethernet(b"\x43" + bytes(39), IPV4),
        ethernet(b"\x60" + bytes(20), IPV6),
    ]  # fmt: skip


def random_frames(seed: int, count: int) -> list[bytes]:
    """Packets of few hosts and ports, some of them cut or spoilt."""
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        data = dice.randbytes(dice.choice((0, 1, 40, 200)))
        ports = dice.choice((53, 67, 443, 8_080)), dice.randrange(3_000, 3_004)
        flags = dice.choice((SYN, ACK, PSH | ACK, FIN | ACK, RST))
        inner, protocol = dice.choice(
            ((udp(*ports, data), 17), (tcp(*ports, dice.randrange(1_000), flags, data), 6))
        )
        if dice.random() < 0.5:
            one, other = dice.sample([f"198.18.0.{n}" for n in range(1, 5)], 2)
            packet = ipv4(one, other, protocol, inner, number=dice.randrange(5),
                          offset=dice.choice((0, 0, 0, 8)), more=dice.random() < 0.2)  # fmt: skip
            kind = IPV4
        else:
            one, other = dice.sample([f"2001:db8::{n}" for n in range(1, 5)], 2)
            packet, kind = ipv6(one, other, protocol, inner), IPV6
        if dice.random() < 0.2:
            packet = packet[: dice.randrange(2, len(packet))]
        if dice.random() < 0.1:
            spoilt = bytearray(packet)
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
            packet = bytes(spoilt)
        vlans = dice.choice(((), (), (), (5,)))
        made.append(ethernet(packet, kind, vlans=vlans, back=dice.random() < 0.3))
    return made


def layers() -> list[bytes]:
    """Behind each order of layers, both families, whole and cut at every byte of the layers; the
    kernel itself drops a tag that is cut.
    """
    made = []
    for number, order in enumerate(frames.LAYERS):
        packets = (
            (ipv4(NEAR4, FAR4, 17, udp(6_000 + number, 5_000, b"data")), IPV4),
            (ipv6(NEAR6, FAR6, 6, tcp(6_000 + number, 443, 5, SYN)), IPV6),
        )
        for packet, kind in packets:
            whole = frames.layered(packet, kind, order)
            made += [whole, whole, frames.layered(packet, kind, order, back=True)]
            made += [whole[:cut] for cut in range(20, len(whole) - len(packet) + 24)]
    made.append(ethernet(b"\x11\x09" + bytes(40), 0x8864))
    made.append(ethernet(b"\x11\0\0\7\0\x10\xc0\x21" + bytes(40), 0x8864))
    made.append(ethernet(frames.mpls(bytes(60)), 0x8847))
    made.append(ethernet(b"\x42\x42\x03" + bytes(40), 43))
    made.append(ethernet(b"\x06\x06\x03" + ipv4(NEAR4, FAR4, 17, udp(9, 9, b"llc")), 34))
    return made


@pytest.mark.parametrize(
    "sent", [conversation, layers, lambda: random_frames(1, 4_000), lambda: random_frames(2, 4_000)]
)
def test_rows_and_totals_are_the_same(
    cable: tuple[Namespace, Namespace], sent: Callable[[], list[bytes]]
) -> None:
    near, far = cable
    with far.inside():
        found = link.find("cable")
        kernel = KernelTable.open(found, max_flows=10_000, pass_=PASS)
    try:
        passed = _send(near, sent(), kernel)
        expected, wanted = _count(sent())
        assert kernel.totals() == expected.totals()
        assert _rows(kernel) == _rows(expected)
        assert passed == wanted
    finally:
        kernel.close()


def test_what_finds_no_room_is_told(cable: tuple[Namespace, Namespace]) -> None:
    near, far = cable
    with far.inside():
        kernel = KernelTable.open(link.find("cable"), max_flows=2, pass_=PASS)
    sent = [
        ethernet(ipv4(NEAR4, FAR4, 17, udp(port, 9, b"1234")), IPV4) for port in (1, 2, 3, 4, 1)
    ]
    try:
        _send(near, sent, kernel)
        total = kernel.totals()
        assert (total.packets, total.created) == (5, 2)
        assert (total.refused_packets, total.refused_bytes) == (2, 2 * 46)
        assert len(list(kernel.rows(0))) == 2
    finally:
        kernel.close()


def test_a_key_that_is_taken_is_forgotten(cable: tuple[Namespace, Namespace]) -> None:
    near, far = cable
    with far.inside():
        kernel = KernelTable.open(link.find("cable"), max_flows=100, pass_=PASS)
    frame = ethernet(ipv4(NEAR4, FAR4, 17, udp(1, 9, b"1234")), IPV4)
    try:
        _send(near, [frame, frame], kernel)
        ((key, row),) = kernel.rows(0)
        assert kernel.take(key) == row
        assert kernel.get(key) is None
        assert kernel.take(key) is None
        _send(near, [frame], kernel)
        assert sum(FLOW.unpack(kernel.get(key) or b"")[:2]) == 1
    finally:
        kernel.close()


def _send(near: Namespace, sent: list[bytes], kernel: KernelTable) -> list[tuple[bytes, int]]:
    """Send them; return key and direction of what came for inspection."""
    before = kernel.totals()
    with near.inside(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as cable:
        cable.bind(("cable", 0))
        for frame in sent:
            cable.send(frame)
    passed = []
    until = time.monotonic() + 5
    while time.monotonic() < until:
        for shown in kernel.ring.frames(100):
            packet = parse(shown.ether_type, shown.vlan, shown.data)
            assert packet is not None, shown
            passed.append(flow_key(packet))
        total = kernel.totals()
        if (total.packets - before.packets, total.passed - before.passed) == (
            len(sent),
            len(passed),
        ):
            break
        time.sleep(0.01)
    return passed


def _count(sent: list[bytes]) -> tuple[MeterTable, list[tuple[bytes, int]]]:
    """As a capture of these frames is counted."""
    table = MeterTable(max_flows=10_000, pass_=PASS)
    passed = []
    for number, frame in enumerate(sent, 1):
        target, source = frame[:6], frame[6:12]
        kind, data, vlan, tags = int.from_bytes(frame[12:14]), frame[14:], 0, 0
        if kind in (0x8100, 0x88A8) and len(data) >= 4:  # as the kernel takes the first tag off
            vlan, kind = int.from_bytes(data[:2]) & 0xFFF, int.from_bytes(data[2:4])
            data, tags = data[4:], TAG
        length = len(data) + ETHERNET_HEADER + tags
        packet = parse(kind, vlan, data)
        if packet is None:
            table.other(length, malformed=carries_ip(kind, data))
        elif found := table.observe(number, packet, length, macs=(source, target)):
            passed.append(found)
    return table, passed


def _rows(table: KernelTable | MeterTable) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Without times."""
    rows = {}
    for key, row in table.rows(0):
        fields = FLOW.unpack(row)
        rows[KEY.unpack(key)] = fields[:4] + fields[6:]
    return rows
