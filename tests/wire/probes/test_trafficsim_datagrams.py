"""The datagrams of TRAFFICSIM: NetWatcher's literally, ours sealed, and whatever else comes in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.wire.probes.datagrams import (
    SMALLEST,
    NotOurs,
    Packet,
    claimed_sender,
    is_sealed,
    plain,
    read_plain,
    read_sealed,
    sealed,
)

OBSERVED = (
    b'{"type":"DATA","data":{"sent":1795252457886,"received":0,"seq":568},'
    b'"src_agent":10,"dst_agent":11,"timestamp":1795252457886,"size":133}'
)
"""Of NetWatcher's agent, on the wire."""
KEY = b"k" * 32
PACKETS = st.builds(
    Packet,
    kind=st.sampled_from(["HELLO", "ACK", "DATA"]),
    seq=st.integers(0, 2**31 - 1),
    src_agent=st.integers(1, 2**31 - 1),
    dst_agent=st.integers(0, 2**31 - 1),
    sent_ns=st.integers(0, 2**62),
    received_ns=st.integers(0, 2**62),
    answered_ns=st.integers(0, 2**62),
    session=st.integers(0, 2**64 - 1),
    cookie=st.integers(0, 2**64 - 1),
    count=st.integers(0, 2**32 - 1),
    highest=st.integers(0, 2**32 - 1),
    duplicates=st.integers(0, 2**32 - 1),
    tos=st.integers(0, 255),
    clock_error_us=st.integers(0, 2**32 - 1),
)


def test_a_packet_of_netwatchers_agent_is_read_and_written_alike() -> None:
    packet = read_plain(OBSERVED)
    assert (packet.kind, packet.seq, packet.src_agent, packet.dst_agent) == ("DATA", 568, 10, 11)
    assert packet.sent_ns == 1_795_252_457_886_000_000
    written = plain(packet)
    assert written is not None
    assert json.loads(written) == {**json.loads(OBSERVED), "size": 133}


def test_an_answer_has_netwatchers_fields_and_is_cut_where_it_would_amplify() -> None:
    answer = Packet(
        kind="ACK",
        seq=568,
        src_agent=11,
        sent_ns=1_795_252_457_886_000_000,
        received_ns=1_795_252_457_890_000_000,
    )
    full = plain(answer)
    assert full is not None
    assert json.loads(full) == {
        "type": "ACK",
        "data": {"sent": 1795252457886, "received": 1795252457890, "seq": 568},
        "src_agent": 11,
        "dst_agent": 0,
        "timestamp": 1795252457890,
        "size": 0,
    }
    for most in (len(OBSERVED), 100):
        brief = plain(answer, most=most)
        assert brief is not None
        assert len(brief) <= most
        assert json.loads(brief)["data"] == json.loads(full)["data"]
    assert plain(answer, most=60) is None


@given(PACKETS, st.integers(0, 1_400))
def test_both_forms_come_back_as_they_were_in_the_size_that_was_asked_for(
    packet: Packet, size: int
) -> None:
    written = sealed(packet, KEY, size=size)
    assert len(written) == max(size, SMALLEST)
    assert is_sealed(written)
    assert claimed_sender(written) == packet.src_agent
    assert read_sealed(written, KEY) == packet
    text = plain(packet, size=size)
    assert text is not None
    assert len(text) >= size
    assert not is_sealed(text)
    assert json.loads(text)["data"]["seq"] == packet.seq
    assert read_plain(text).kind == packet.kind


@given(PACKETS, st.integers(0, 10_000), st.integers(1, 255))
def test_no_bit_of_a_sealed_packet_can_be_changed(packet: Packet, place: int, by: int) -> None:
    whole = bytearray(sealed(packet, KEY, size=120))
    whole[place % len(whole)] ^= by
    with pytest.raises(NotOurs):
        read_sealed(bytes(whole), KEY)
    with pytest.raises(NotOurs):
        read_sealed(sealed(packet, KEY, size=120), b"another")


@given(st.binary(max_size=2_048))
def test_any_bytes_are_no_packet(data: bytes) -> None:
    with pytest.raises(NotOurs):
        read_sealed(data, KEY)
    with pytest.raises(NotOurs):
        read_plain(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "data", "sent", "seq", "received", "src_agent", "size"]),
                inner,
                max_size=5,
            )
        ),
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        packet = read_plain(json.dumps(value).encode())
    except NotOurs:
        return
    assert packet.kind in ("HELLO", "ACK", "DATA")


def test_deep_json_is_refused() -> None:
    with pytest.raises(NotOurs):
        read_plain(b"[" * 2_000)
    with pytest.raises(NotOurs):
        read_plain(b'{"type":"DATA","data":{"seq":1},"x":' + b"[" * 1_900)
