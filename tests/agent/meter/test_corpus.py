"""A corpus that is made here: links x layers x protocols x cuts at every byte, and spoilt bits.

No packet is lost, none is counted twice, nothing is raised; tshark counts the same of TCP and UDP.
"""

import io
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from forepost.agent.edges.capture.capture_file import CaptureFile
from forepost.agent.flows.names import Rules
from forepost.agent.flows.recorded import Recorded
from forepost.agent.flows.sides import Sides
from forepost.agent.meter.replay import Replay
from forepost.wire.flows.meter import MeterOrder, Totals
from tests.agent.meter.test_names_behind_others import TALKS
from tests.agent.meter.test_names_in_packets import REQUEST, a_dhcp_request, answer_of, initials
from tests.lab import captures, frames, odd_links
from tests.lab.frames import ACK, PSH, SYN, ipv4, ipv6, tcp, udp

IPV4, IPV6 = 0x0800, 0x86DD
HERE4, THERE4 = "198.18.0.1", "198.18.0.2"
HERE6, THERE6 = "2001:db8::1", "2001:db8::2"
ANSWER = answer_of("a.example", ("a.example.", "A", "198.18.0.1"))

INSIDE: list[tuple[int, bytes]] = [
    (6, tcp(40_000, 80, 1, SYN)),
    (6, tcp(40_000, 80, 2, PSH | ACK, REQUEST)),
    *((6, tcp(40_001, 5_555, 1, PSH | ACK, talk[0][1])) for talk in TALKS.values()),
    (17, udp(53, 40_000, ANSWER)),
    (6, tcp(53, 40_000, 1, PSH | ACK, len(ANSWER).to_bytes(2) + ANSWER)),
    (17, udp(68, 67, a_dhcp_request())),
    (17, udp(40_000, 443, initials("a.example", 1)[0][:200])),
    (17, udp(5_353, 5_353, b"\0\0\0\0\0\1\0\0\0\0\0\0\1a\5local\0\0\1\0\1")),
    (1, frames.icmp_echo(1)),
    (47, b"\0\0\x08\0" + ipv4("10.0.0.1", "10.0.0.2", 17, udp(1, 2, b"inner"))),
]


def packets() -> Iterator[tuple[bytes, int]]:
    for protocol, inside in INSIDE:
        yield ipv4(HERE4, THERE4, protocol, inside), IPV4
        yield ipv6(HERE6, THERE6, protocol, inside), IPV6


def linked() -> Iterator[tuple[int, list[bytes]]]:
    """Link type, and its records."""
    every = list(packets())
    yield 1, [frames.layered(*one, order) for order in frames.LAYERS for one in every]
    yield odd_links.WIFI, [odd_links.wifi(*one, ways=ways) for one in every for ways in (1, 3)]
    yield odd_links.RADIOTAP, [odd_links.radiotap(odd_links.wifi(*one)) for one in every]
    yield odd_links.PPP, [odd_links.ppp(*one) for one in every]
    yield odd_links.PPP_ETHER, [odd_links.ppp_ether(*one) for one in every]
    yield odd_links.NFLOG, [odd_links.nflog(packet) for packet, _ in every]
    yield 101, [packet for packet, _ in every]


LINKED = dict(linked())


def read(link: int, records: list[bytes]) -> tuple[Totals, int]:
    """What was counted, and packets in flows."""
    data = captures.pcap(list(enumerate(records)), link=link)
    recorded = Recorded("file", Sides(), Rules(), 100_000)
    order = MeterOrder(interface="file", backend="file")
    flows = list(recorded.flows(Replay(order, CaptureFile(io.BytesIO(data))).frames()))
    return recorded.totals, sum(flow.local_packets + flow.other_packets for flow in flows)


def every_one_is_somewhere(link: int, records: list[bytes]) -> Totals:
    total, in_flows = read(link, records)
    assert total.packets == len(records)
    assert in_flows == total.packets - total.other_packets - total.malformed_packets
    return total


@pytest.mark.parametrize("link", sorted(LINKED))
def test_whole_packets_are_all_in_flows(link: int) -> None:
    total = every_one_is_somewhere(link, LINKED[link])
    assert (total.other_packets, total.malformed_packets) == (0, 0)


@pytest.mark.parametrize("link", sorted(LINKED))
def test_cut_at_every_byte(link: int) -> None:
    dice = random.Random(link)
    records = dice.sample(LINKED[link], min(30, len(LINKED[link])))
    for record in records:
        every_one_is_somewhere(link, [record[:cut] for cut in range(len(record))])


@pytest.mark.parametrize("link", sorted(LINKED))
@pytest.mark.parametrize("seed", range(4))
def test_spoilt_bits(link: int, seed: int) -> None:
    dice = random.Random(f"{link} {seed}")
    records = []
    for record in LINKED[link]:
        spoilt = bytearray(record)
        for _ in range(dice.randrange(1, 9)):
            spoilt[dice.randrange(min(len(spoilt), 90))] ^= 1 << dice.randrange(8)
        records.append(bytes(spoilt))
    every_one_is_somewhere(link, records)


@pytest.mark.parametrize("link", sorted(LINKED))
def test_tshark_counts_the_same(link: int, tmp_path: Path) -> None:
    file = tmp_path / "corpus.pcap"
    file.write_bytes(captures.pcap(list(enumerate(LINKED[link])), link=link))
    total = every_one_is_somewhere(link, LINKED[link])
    for protocol, ours in (("tcp", total.tcp), ("udp", total.udp)):
        # Of GRE, only what is outside is counted here.
        done = subprocess.run(
            ["tshark", "-r", str(file), "-Y", f"{protocol} && !gre", "-T", "fields", "-e", "frame.number"],  # noqa: E501
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert len(done.stdout.split()) == ours
