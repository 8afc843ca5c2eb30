import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.icmp.packet import (
    DATAGRAM_IPV4,
    IPV6,
    RAW_IPV4,
    Form,
    meaning,
    quoted,
    reply,
    request,
)

FORMS = [RAW_IPV4, DATAGRAM_IPV4, IPV6]
U16, U64 = st.integers(0, 2**16 - 1), st.integers(0, 2**64 - 1)


def words_sum(packet: bytes) -> int:
    """RFC 1071, word by word, as the other side checks it."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@given(U16, U16, U64, st.integers(0, 100))
def test_a_raw_request_has_a_right_checksum(ident: int, seq: int, token: int, size: int) -> None:
    packet = request(RAW_IPV4, ident, seq, token, bytes(2 * size))
    assert words_sum(packet) in (0xFFFF, 0)
    assert packet[:2] == b"\x08\x00"


@given(st.sampled_from(FORMS), U16, U16, U64)
def test_a_reply_gives_back_what_was_asked(form: Form, ident: int, seq: int, token: int) -> None:
    packet = request(form, ident, seq, token, bytes(48))
    assert quoted(form, packet) == (ident, seq, token)
    assert quoted(form, packet[:8]) == (ident, seq, None)
    header = b"\x46" + bytes(23) if form.ip_header else b""
    assert reply(form, header + bytes([form.reply]) + packet[1:]) == (ident, seq, token)


@given(st.sampled_from(FORMS), st.binary(max_size=80))
def test_arbitrary_bytes_never_raise(form: Form, data: bytes) -> None:
    reply(form, data)
    quoted(form, data)


@pytest.mark.parametrize(
    ("form", "kind", "code", "words"),
    [
        (RAW_IPV4, 3, 1, "destination unreachable: host unreachable"),
        (RAW_IPV4, 3, 15, "destination unreachable: code 15"),
        (RAW_IPV4, 11, 0, "time to live exceeded"),
        (IPV6, 1, 0, "destination unreachable: no route"),
        (IPV6, 3, 0, "hop limit exceeded"),
        (IPV6, 200, 7, "ICMP type 200 code 7"),
    ],
)
def test_errors_are_said_in_words(form: Form, kind: int, code: int, words: str) -> None:
    assert meaning(form, kind, code) == words
