"""Capture files of Wi-Fi, PPP and NFLOG, and packed ones."""

import gzip
import io

import pytest
import zstandard

from forepost.agent.edges.capture.capture_file import CaptureFile, NotACapture
from forepost.agent.meter.packet import parse
from tests.lab import captures, odd_links
from tests.lab.frames import MACS, ethernet, ipv4, ipv6, mpls, udp

IPV4, IPV6 = 0x0800, 0x86DD
FOUR = ipv4("198.18.0.1", "198.18.0.2", 17, udp(1_000, 2_000, b"four"))
SIX = ipv6("2001:db8::1", "2001:db8::2", 17, udp(1_000, 2_000, b"six"))
WIFI4 = odd_links.wifi(FOUR, IPV4)


@pytest.mark.parametrize(
    ("link", "data", "length"),
    [
        (odd_links.WIFI, WIFI4, len(WIFI4)),
        (odd_links.WIFI, odd_links.wifi(SIX, IPV6, qos=True, ways=2), 26 + 8 + len(SIX)),
        (odd_links.WIFI, odd_links.wifi(FOUR, IPV4, qos=True, ways=3), 32 + 8 + len(FOUR)),
        (odd_links.RADIOTAP, odd_links.radiotap(WIFI4), len(WIFI4)),
        (odd_links.RADIOTAP, odd_links.radiotap(WIFI4, fcs=True, stamp=True), len(WIFI4)),
        (odd_links.PPP, odd_links.ppp(FOUR, IPV4), 2 + len(FOUR)),
        (odd_links.PPP, odd_links.ppp(SIX, IPV6, short=True), 1 + len(SIX)),
        (odd_links.PPP_HDLC, odd_links.ppp(FOUR, IPV4, hdlc=True), 4 + len(FOUR)),
        (odd_links.PPP_HDLC, b"\xff\x03\x02\x81" + mpls(FOUR), 8 + len(FOUR)),
        (odd_links.PPP_ETHER, b"\x11\0\0\7\0\x22" + odd_links.ppp(FOUR, IPV4), 8 + len(FOUR)),
        (odd_links.NFLOG, odd_links.nflog(FOUR), len(FOUR)),
        (odd_links.NFLOG, odd_links.nflog(SIX, order=">"), len(SIX)),
    ],
)  # fmt: skip
def test_a_packet_of_each(link: int, data: bytes, length: int) -> None:
    (one,) = CaptureFile(io.BytesIO(captures.pcap([(0, data)], link=link)))
    packet = parse(one.frame.ether_type, one.frame.vlan, one.frame.data)
    assert packet is not None
    assert (packet.source_port, packet.target_port) == (b"\x03\xe8", b"\x07\xd0")
    assert one.length == length


def test_addresses_of_wifi() -> None:
    for ways in (1, 2, 3):
        data = odd_links.wifi(FOUR, IPV4, ways=ways)
        (one,) = CaptureFile(io.BytesIO(captures.pcap([(0, data)], link=odd_links.WIFI)))
        assert (one.frame.source_mac, one.frame.target_mac) == MACS


def test_what_of_wifi_is_no_packet() -> None:
    """A beacon, data that is encrypted, data without data."""
    kinds = (b"\x80\0", b"\x08\x41", b"\x48\1")
    sent = [(0, kind + WIFI4[2:]) for kind in kinds]
    found = list(CaptureFile(io.BytesIO(captures.pcap(sent, link=odd_links.WIFI))))
    assert [parse(one.frame.ether_type, 0, one.frame.data) for one in found] == [None] * 3
    assert [one.length for one in found] == [len(WIFI4)] * 3


PLAIN = captures.pcap([(n, ethernet(FOUR, IPV4)) for n in range(200)])


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(PLAIN),
        gzip.compress(PLAIN[:500]) + gzip.compress(PLAIN[500:]),
        zstandard.compress(PLAIN),
        zstandard.compress(PLAIN[:500]) + zstandard.compress(PLAIN[500:]),
    ],
)
def test_packed_files(packed: bytes) -> None:
    file = CaptureFile(io.BytesIO(packed))
    assert len(list(file)) == 200
    assert not file.cut
    for cut in range(6, len(packed) - 1, 7):
        try:
            part = CaptureFile(io.BytesIO(packed[:cut]))
        except NotACapture:
            continue
        assert len(list(part)) <= 200


def test_one_that_is_cut_off_says_so() -> None:
    parts = [zstandard.compress(PLAIN[at : at + 100]) for at in range(0, len(PLAIN), 100)]
    for packed in (gzip.compress(PLAIN, 0), b"".join(parts)):
        file = CaptureFile(io.BytesIO(packed[: len(packed) // 2]))
        list(file)
        assert "cut off" in file.cut or "packed" in file.cut
    with pytest.raises(NotACapture):
        CaptureFile(io.BytesIO(gzip.compress(b"hello, it is text")))
