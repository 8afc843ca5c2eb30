import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.icmp.packet import DATAGRAM_IPV4, IPV6, RAW_IPV4
from forepost.agent.cores.stamps.messages import Trouble
from forepost.agent.cores.trace.packet import (
    DatagramStyle,
    EchoStyle,
    HopAnswer,
    Style,
    said,
    token,
)

SECRETS = st.integers(0, (1 << 48) - 1)
SEQS = st.integers(0, 0xFFFF)
STYLES: list[Style] = [EchoStyle(DATAGRAM_IPV4, 7), EchoStyle(RAW_IPV4, 7), EchoStyle(IPV6, 7)]
TARGET = "198.18.0.9"


def ones_sum(data: bytes) -> int:
    """RFC 1071, for an even number of bytes; 0 and 65,535 are one number in it."""
    return int.from_bytes(data, "big") % 0xFFFF


@given(SECRETS, SEQS, SEQS, st.integers(0, 15), st.integers(5, 40))
def test_all_packets_of_a_flow_have_one_checksum(
    secret: int, one: int, other: int, flow: int, words: int
) -> None:
    styles: list[Style] = [*STYLES, DatagramStyle(v6=False)]
    for style in styles:
        sums = {
            ones_sum(style.packet(seq, token(secret, seq, flow), 2 * words)) for seq in (one, other)
        }
        assert len(sums) == 1


@given(SECRETS, SEQS)
def test_flows_differ_in_the_checksum(secret: int, seq: int) -> None:
    packets = [STYLES[0].packet(seq, token(secret, seq, flow), 56) for flow in range(16)]
    assert len({ones_sum(packet) for packet in packets}) == 16


@given(SECRETS, SEQS, st.integers(0, 15))
def test_what_a_router_quotes_is_known_again(secret: int, seq: int, flow: int) -> None:
    made = token(secret, seq, flow)
    styles: list[Style] = [*STYLES, DatagramStyle(v6=True)]
    for style in styles:
        packet = style.packet(seq, made, 56)
        assert style.quoted(packet) == (seq, made)
        assert style.quoted(packet[:8]) == (seq, None)
    assert DatagramStyle(v6=True).replied(DatagramStyle(v6=True).packet(seq, made, 0)) == (
        seq,
        made,
    )
    assert EchoStyle(DATAGRAM_IPV4, 8).quoted(STYLES[0].packet(seq, made, 56)) is None


@given(st.binary(max_size=80))
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    styles: list[Style] = [*STYLES, DatagramStyle(v6=False)]
    for style in styles:
        style.quoted(data)
        style.replied(data)


@given(st.integers(0, 255), st.integers(0, 255), st.booleans(), st.sampled_from([TARGET, "x", ""]))
def test_every_error_means_something_or_nothing(
    kind: int, code: int, v6: bool, offender: str
) -> None:
    found = said(Trouble(kind, code, offender), TARGET, v6=v6)
    assert found is None or (found.verdict == "refused") == bool(found.refusal)


@pytest.mark.parametrize(
    ("v6", "kind", "code", "offender", "expected"),
    [
        (False, 11, 0, "198.18.0.1", HopAnswer("passed")),
        (True, 3, 0, "2001:db8::1", HopAnswer("passed")),
        (False, 11, 1, "198.18.0.1", None),
        (False, 3, 3, TARGET, HopAnswer("reached")),
        (False, 3, 13, TARGET, HopAnswer("reached")),
        (False, 3, 0, "198.18.0.1", HopAnswer("refused", "!N")),
        (False, 3, 1, "198.18.0.1", HopAnswer("refused", "!H")),
        (False, 3, 10, "198.18.0.1", HopAnswer("refused", "!X")),
        (False, 3, 99, "198.18.0.1", HopAnswer("refused", "!99")),
        (True, 1, 3, "2001:db8::1", HopAnswer("refused", "!H")),
        (True, 2, 0, "2001:db8::1", HopAnswer("refused", "!F")),
        (False, 5, 0, "198.18.0.1", None),
    ],
)
def test_an_error_says(
    v6: bool, kind: int, code: int, offender: str, expected: HopAnswer | None
) -> None:
    assert said(Trouble(kind, code, offender), TARGET, v6=v6) == expected
