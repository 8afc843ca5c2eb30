"""A capture file through the meter: the clock is that of the packets."""

import io
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.edges.capture.capture_file import CaptureFile
from forepost.agent.flows.flow import Flow
from forepost.agent.flows.names import Rules
from forepost.agent.flows.recorded import Recorded
from forepost.agent.flows.sides import Sides
from forepost.agent.meter.replay import Replay
from forepost.wire.flows.meter import MeterOrder, Totals
from tests.lab.captures import SECOND_NS, Timed, pcap
from tests.lab.frames import ACK, FIN, PSH, SYN, ethernet, ipv4, tcp, udp

NEAR, FAR = "10.0.0.1", "198.18.0.2"
START_NS = 1_700_000_000 * SECOND_NS
IPV4 = 0x0800
REQUEST = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"


def replayed(packets: Sequence[Timed], **order: int) -> tuple[list[Flow], Totals]:
    return replay_bytes(pcap(packets, nano=True), **order)


def replay_bytes(data: bytes, **order: int) -> tuple[list[Flow], Totals]:
    told = MeterOrder(interface="file", backend="file", **order)  # type: ignore[arg-type]
    recorded = Recorded("file", Sides(), Rules(), 100_000)
    frames = Replay(told, CaptureFile(io.BytesIO(data))).frames()
    return list(recorded.flows(frames)), recorded.totals


def at(second: float, frame: bytes) -> Timed:
    return START_NS + int(second * SECOND_NS), frame


def datagram(port: int, data: bytes = b"1234", *, back: bool = False) -> bytes:
    ends, ports = (NEAR, FAR), (40_000, port)
    if back:
        ends, ports = ends[::-1], ports[::-1]
    return ethernet(ipv4(*ends, 17, udp(*ports, data)), IPV4, back=back)


def segment(seq: int, flags: int, data: bytes = b"") -> bytes:
    return ethernet(ipv4(NEAR, FAR, 6, tcp(40_000, 80, seq, flags, data)), IPV4)


def test_a_flow_is_counted_and_named() -> None:
    flows, totals = replayed(
        [
            at(0, segment(1, SYN)),
            at(0.5, segment(2, PSH | ACK, REQUEST)),
            at(0.75, ethernet(bytes(28), 0x0806)),
            at(0.8, ethernet(b"\x45" + bytes(5), IPV4)),
        ]
    )
    (flow,) = flows
    assert (flow.local_packets, flow.local_bytes) == (2, 2 * 54 + len(REQUEST))
    assert (flow.detected, flow.server_name, flow.reason) == (
        "HTTP",
        "www.example.com",
        "http_host",
    )
    assert (flow.first_ns, flow.last_ns) == (START_NS, START_NS + SECOND_NS // 2)
    assert (totals.packets, totals.other_packets, totals.malformed_packets) == (4, 1, 1)
    assert totals.bytes == flow.local_bytes + 42 + 20
    assert flow.local_mac.hex(":") == "02:00:00:00:00:01"
    assert flow.other_mac.hex(":") == "02:00:00:00:00:02"


def test_flows_end_by_the_time_of_the_packets() -> None:
    """Silence of more than the TTL parts a flow in two; less does not."""
    quiet = [at(second, datagram(9)) for second in (0, 29, 58, 90, 91)]
    flows, _ = replayed(quiet)
    assert sorted(flow.local_packets for flow in flows) == [2, 3]
    flows, _ = replayed(quiet, ttl_idle_sec=40)
    assert [flow.local_packets for flow in flows] == [5]


def test_tcp_is_kept_longer_until_it_closes() -> None:
    flows, _ = replayed([at(0, segment(1, SYN)), at(250, segment(2, PSH | ACK, b"a"))])
    assert [flow.local_packets for flow in flows] == [2]
    closed = [at(0, segment(1, SYN)), at(1, segment(2, FIN | ACK)), at(40, segment(9, SYN))]
    flows, _ = replayed(closed)
    assert [flow.local_packets for flow in flows] == [2, 1]


def test_years_of_silence_cost_nothing() -> None:
    year_sec = 365 * 86_400
    flows, _ = replayed([at(n * year_sec, datagram(9)) for n in range(5)])
    assert [flow.local_packets for flow in flows] == [1] * 5


def test_a_packet_from_before_counts_as_of_now() -> None:
    flows, _ = replayed([at(10, datagram(9)), at(5, datagram(9)), at(5, datagram(10))])
    assert {(f.other_port, f.local_packets, f.last_ns - START_NS) for f in flows} == {
        (9, 2, 10 * SECOND_NS), (10, 1, 10 * SECOND_NS),
    }  # fmt: skip


def test_every_label_reaches_its_flow() -> None:
    """Also where more flows begin between two ticks than labels are kept for."""
    packets = [
        at(n / 1e5, ethernet(ipv4(NEAR, FAR, 6, tcp(1_024 + n, 80, 1, PSH | ACK, REQUEST)), IPV4))
        for n in range(17_000)
    ]
    flows, totals = replayed(packets)
    assert len(flows) == totals.created == 17_000
    assert {flow.server_name for flow in flows} == {"www.example.com"}


def test_what_finds_no_room_is_told() -> None:
    flows, totals = replayed([at(0, datagram(port)) for port in (1, 2, 3)], max_flows=2)
    assert len(flows) == 2
    assert (totals.refused_packets, totals.created) == (1, 2)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1 << 40),
            st.sampled_from([datagram(53, REQUEST), segment(1, PSH | ACK, REQUEST), datagram(68)]),
            st.integers(0, 90),
            st.integers(0, 255),
        ),
        max_size=20,
    )
)
def test_all_packets_are_counted_once(sent: list[tuple[int, bytes, int, int]]) -> None:
    """Whatever is in them."""
    packets = []
    for at_ns, frame, place, value in sent:
        spoilt = bytearray(frame)
        spoilt[place % len(spoilt)] = value
        packets.append((at_ns, bytes(spoilt)))
    flows, totals = replayed(packets)
    in_flows = sum(flow.local_packets + flow.other_packets for flow in flows)
    assert in_flows + totals.other_packets + totals.malformed_packets == len(packets)
    counted = sum(flow.local_bytes + flow.other_bytes for flow in flows)
    assert counted + totals.other_bytes + totals.malformed_bytes == totals.bytes
    assert totals.bytes == sum(len(frame) for _, frame in packets)


def test_a_file_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap([at(0, datagram(9)), at(1, datagram(9, back=True))]))
    with path.open("rb") as file:
        recorded = Recorded("some", Sides(), Rules(), 100)
        order = MeterOrder(interface="some", backend="file")
        (flow,) = recorded.flows(Replay(order, CaptureFile(file)).frames())
    assert (flow.local_packets, flow.other_packets, flow.local_began) == (1, 1, True)
