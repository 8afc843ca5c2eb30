"""Capture files of every kind, whole, cut off and broken."""

import io
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.edges.capture.capture_file import Captured, CaptureFile, NotACapture
from tests.lab import captures
from tests.lab.captures import SECOND_NS, Timed, enhanced, interface, option, section, simple
from tests.lab.frames import MACS, ethernet, ipv4, ipv6, udp

IPV4, IPV6 = 0x0800, 0x86DD
INSIDE4 = ipv4("198.18.0.1", "198.18.0.2", 17, udp(1, 2, b"four"))
INSIDE6 = ipv6("2001:db8::1", "2001:db8::2", 17, udp(1, 2, b"six"))
START_NS = 1_700_000_000 * SECOND_NS
PACKETS: list[Timed] = [
    (START_NS, ethernet(INSIDE4, IPV4)),
    (START_NS + 1_234_567_000, ethernet(INSIDE6, IPV6, back=True)),
    (START_NS + 2_000_001_000, ethernet(INSIDE4, IPV4, vlans=(7,))),
]
FORMS: dict[str, Callable[[list[Timed]], bytes]] = {
    "pcap": captures.pcap,
    "pcap, big": lambda packets: captures.pcap(packets, order=">"),
    "pcap, ns": lambda packets: captures.pcap(packets, nano=True),
    "pcap, big, ns": lambda packets: captures.pcap(packets, order=">", nano=True),
    "pcapng": captures.pcapng,
    "pcapng, big": lambda packets: captures.pcapng(packets, order=">"),
    "pcapng, us": lambda packets: captures.pcapng(packets, resolution=6),
    "pcapng, 2^-30": lambda packets: captures.pcapng(packets, resolution=0x80 | 30),
}


def read(data: bytes) -> tuple[list[Captured], CaptureFile]:
    file = CaptureFile(io.BytesIO(data))
    return list(file), file


def ip_of(packet: Captured) -> tuple[int, bytes]:
    return packet.frame.ether_type, packet.frame.data


@pytest.mark.parametrize("form", FORMS)
def test_each_form_says_the_same(form: str) -> None:
    found, file = read(FORMS[form](PACKETS))
    assert not file.cut
    assert [ip_of(one) for one in found] == [(IPV4, INSIDE4), (IPV6, INSIDE6), (IPV4, INSIDE4)]
    assert [one.length for one in found] == [len(data) for _, data in PACKETS]
    for one, (at_ns, _) in zip(found, PACKETS, strict=True):
        assert abs(one.at_ns - at_ns) <= 1
    assert [one.frame.vlan for one in found] == [0, 0, 7]
    assert (found[0].frame.source_mac, found[0].frame.target_mac) == MACS
    assert (found[1].frame.source_mac, found[1].frame.target_mac) == MACS[::-1]


COOKED = struct.pack("!HHH8sH", 4, 1, 6, MACS[0], IPV4)
COOKED_2 = struct.pack("!HHIHBB8s", IPV6, 0, 3, 1, 0, 6, MACS[0])


@pytest.mark.parametrize(
    ("link", "header", "inside", "kind", "on_line"),
    [
        (101, b"", INSIDE4, IPV4, 0),
        (101, b"", INSIDE6, IPV6, 0),
        (12, b"", INSIDE4, IPV4, 0),
        (228, b"", INSIDE4, IPV4, 0),
        (229, b"", INSIDE6, IPV6, 0),
        (0, struct.pack("<I", 2), INSIDE4, IPV4, 0),
        (0, struct.pack(">I", 30), INSIDE6, IPV6, 0),
        (108, struct.pack(">I", 24), INSIDE6, IPV6, 0),
        (113, COOKED, INSIDE4, IPV4, 14),
        (276, COOKED_2, INSIDE6, IPV6, 14),
    ],
)
def test_link_types(link: int, header: bytes, inside: bytes, kind: int, on_line: int) -> None:
    """Lengths are those on the line: what only the capture put in front is not counted."""
    ((one,), _) = read(captures.pcap([(START_NS, header + inside)], link=link))
    assert ip_of(one) == (kind, inside)
    assert one.length == len(inside) + on_line
    assert one.frame.outgoing == (link == 113)
    assert one.frame.source_mac == (MACS[0] if on_line else bytes(6))


def test_a_short_snap_length_keeps_the_length_on_the_line() -> None:
    ((one,), file) = read(captures.pcap([(START_NS, ethernet(INSIDE4, IPV4))], snap=40))
    assert one.length == 14 + len(INSIDE4)
    assert one.frame.data == INSIDE4[:26]
    assert not file.cut


def test_sections_interfaces_and_directions_of_pcapng() -> None:
    """A second section has another byte order; a packet without a time has that of the last."""
    frame = ethernet(INSIDE4, IPV4)
    first = (
        section()
        + interface(147)  # unknown here
        + interface(101, options=option(9, b"\3") + option(14, struct.pack("<q", 1_000)))
        + interface(options=option(13, b"\4"))
        + captures.block(5, bytes(16))  # statistics
        + enhanced(0, 0, b"whatever")
        + enhanced(1, 2_500, INSIDE4, options=option(2, struct.pack("<I", 2)))
        + enhanced(2, 0, frame + b"FCS!")
    )
    second = section(">") + interface(snap=60, order=">") + simple(frame, order=">")
    found, file = read(first + second)
    assert (file.unread, file.cut) == (1, "")
    assert [one.at_ns for one in found] == [1_002_500_000_000, 0, 0]
    assert [one.frame.outgoing for one in found] == [True, False, False]
    assert [one.length for one in found] == [len(INSIDE4), len(frame), len(frame)]
    assert [one.frame.data for one in found] == [INSIDE4, INSIDE4, INSIDE4]


@pytest.mark.parametrize("form", FORMS)
def test_a_cut_file_gives_what_was_whole_and_says_so(form: str) -> None:
    whole = FORMS[form](PACKETS)
    every, _ = read(whole)
    seen = set()
    for size in range(len(FORMS[form]([])), len(whole)):
        found, file = read(whole[:size])
        assert found == every[: len(found)]
        at_an_end = size in {len(FORMS[form](PACKETS[:n])) for n in range(len(PACKETS))}
        assert file.cut == ("" if at_an_end else f"the file is cut off after {len(found)} packets")
        seen.add(len(found))
    assert seen == {0, 1, 2}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "neither pcap nor pcapng"),
        (b"\x1f\x8b\x08\x00", "Compressed file ended"),
        (b"PK\x03\x04", "neither pcap nor pcapng"),
        (captures.pcap([])[:20], "cut off within its header"),
        (captures.pcap([], link=147), "link type 147"),
    ],
)
def test_what_is_no_capture(data: bytes, why: str) -> None:
    with pytest.raises(NotACapture, match=why):
        CaptureFile(io.BytesIO(data))


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (struct.pack("<II", 6, 1 << 30), "a block of 1073741824 bytes"),
        (struct.pack("<II", 6, 13), "a block of 13 bytes"),
        (struct.pack("<III", 6, 12, 16), "a block has two lengths"),
        (captures.block(6, bytes(4)), "too short"),
        (enhanced(9, 0, b""), "of an interface that is not told"),
        (captures.block(6, struct.pack("<5I", 0, 0, 0, 99, 99)), "a packet of 99 bytes"),
        (captures.block(0x0A0D0D0A, bytes(16)), "a section has no byte order"),
    ],
)
def test_a_broken_block_ends_the_reading(after: bytes, why: str) -> None:
    found, file = read(captures.pcapng(PACKETS) + after + section())
    assert len(found) == len(PACKETS)
    assert why in file.cut
    assert "after 3 packets" in file.cut


def test_more_interfaces_than_anybody_has_end_the_reading() -> None:
    _, file = read(section() + interface() * 4_097)
    assert "more than 4096 interfaces" in file.cut


@given(
    st.sampled_from([make(PACKETS) for make in FORMS.values()]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
    st.binary(max_size=60),
)
def test_no_byte_raises_anything_but_what_is_said(
    whole: bytes, spoilt: list[tuple[int, int]], more: bytes
) -> None:
    data = bytearray(whole)
    for at, value in spoilt:
        data[at % len(data)] = value
    try:
        found, _ = read(bytes(data) + more)
    except NotACapture:
        return
    assert len(found) <= len(data) // 12 + 5
    assert all(0 <= one.at_ns < 1 << 62 and 0 <= one.length <= 1 << 20 for one in found)
