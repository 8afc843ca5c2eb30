"""Reading packets: any bytes, in bounded time, and no exception."""

from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.meter.packet import IPV4, IPV6, Packet, flow_key, parse
from forepost.wire.flows.meter import KEY
from tests.lab.frames import ACK, PSH, ipv4, ipv6, tcp, udp

kinds = st.sampled_from([IPV4, IPV6, 0x8100, 0x88A8, 0x0806])
starts = st.sampled_from(
    [b"", ipv4("198.18.0.1", "198.18.0.2", 6, b"")[:12], ipv6("::1", "::2", 44, b"")[:8]]
)


@given(kinds, st.integers(0, 4_095), starts, st.binary(max_size=400))
def test_any_bytes_are_a_packet_or_none(kind: int, vlan: int, start: bytes, rest: bytes) -> None:
    packet = parse(kind, vlan, start + rest)
    if packet is not None:
        key, direction = flow_key(packet)
        assert len(key) == KEY.size
        assert direction in (0, 1)


@given(st.integers(0, 65_535), st.integers(0, 65_535), st.binary(max_size=50), st.booleans())
def test_both_directions_have_one_key(here: int, there: int, data: bytes, six: bool) -> None:
    def packet(back: bool) -> Packet:
        ports = (there, here) if back else (here, there)
        ends = ("::1", "::2") if six else ("198.18.0.1", "198.18.0.2")
        one, other = ends[::-1] if back else ends
        made = (ipv6 if six else ipv4)(one, other, 17, udp(*ports, data))
        found = parse(IPV6 if six else IPV4, 0, made)
        assert found is not None
        return found

    (key, forth), (same, back) = flow_key(packet(False)), flow_key(packet(True))
    assert key == same
    assert {forth, back} == {0, 1}


def test_padding_of_the_link_is_no_data() -> None:
    bare = ipv4("198.18.0.1", "198.18.0.2", 6, tcp(1, 2, 7, ACK))
    found = parse(IPV4, 0, bare + bytes(6))
    assert found is not None
    assert found.end - found.headers == 0
    with_data = ipv4("198.18.0.1", "198.18.0.2", 6, tcp(1, 2, 7, PSH | ACK, b"hello"))
    found = parse(IPV4, 0, with_data + bytes(6))
    assert found is not None
    assert (with_data + bytes(6))[found.headers : found.end] == b"hello"
