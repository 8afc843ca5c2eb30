import socket
import struct
import sys

from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.stamps.messages import SO_TIMESTAMPING, Trouble, arrival_ns, outcome

STAMP = (1, SO_TIMESTAMPING, struct.pack("@llllll", 1_700_000_000, 5, 0, 0, 0, 0))
NS = 1_700_000_000_000_000_005


def error(origin: int, kind: int = 0, code: int = 0, value: int = 0) -> bytes:
    return struct.pack("@IBBBBII", 42, origin, kind, code, 0, 0, value) + bytes(16)


def test_the_arrival_is_the_kernels_time() -> None:
    assert arrival_ns([STAMP]) == NS
    assert arrival_ns([]) is None
    assert arrival_ns([(1, SO_TIMESTAMPING, bytes(48))]) is None


def test_a_departure_has_the_number_of_its_packet() -> None:
    assert outcome([STAMP, (0, 11, error(4, value=77))]) == (77, NS)
    assert outcome([(41, 25, error(4, value=77)), STAMP]) == (77, NS)


def test_an_icmp_error_is_told_apart() -> None:
    assert outcome([(0, 11, error(2, 3, 1))]) == Trouble(3, 1)
    assert outcome([(41, 25, error(3, 1, 0))]) == Trouble(1, 0)


def test_an_error_has_who_said_so_and_when_and_where_the_extensions_begin() -> None:
    four = struct.pack("@HH", socket.AF_INET, 0) + bytes([198, 18, 0, 1]) + bytes(8)
    six = struct.pack("@HHI", socket.AF_INET6, 0, 0) + socket.inet_pton(
        socket.AF_INET6, "2001:db8::1"
    )
    at, wrong = struct.pack("@HBB", 108, 0, 0), struct.pack("@HBB", 108, 1, 0)
    for level, kind, origin, offender, address in (
        (0, 11, 2, four, "198.18.0.1"),
        (41, 25, 3, six + bytes(4), "2001:db8::1"),
    ):
        for said, extension_at in ((at, 108), (wrong, 0)):
            value = int.from_bytes(said, sys.byteorder)
            message = error(origin, 11, 0, value)[:16] + offender
            assert outcome([STAMP, (level, kind, message)]) == Trouble(
                11, 0, address, NS, extension_at
            )


def test_what_is_not_ours_to_know_is_nothing() -> None:
    assert outcome([(0, 11, error(1))]) is None
    assert outcome([STAMP]) is None
    assert outcome([(0, 11, error(4, value=77))]) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 41, 99]),
            st.sampled_from([11, 25, 37, 2]),
            st.binary(max_size=60),
        )
    )
)
def test_arbitrary_messages_never_raise(ancillary: list[tuple[int, int, bytes]]) -> None:
    arrival_ns(ancillary)
    outcome(ancillary)
