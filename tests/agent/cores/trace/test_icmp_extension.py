import struct

from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.trace.extension import MOST, extensions

LABEL = 24015 << 12 | 5 << 9 | 1 << 8 | 1
TOLD = "MPLS: Lbl 24015 TC 5 S 1 TTL 1"


def structure(*objects: tuple[int, int, bytes], checksum: bool = True) -> bytes:
    body = b"".join(
        struct.pack(
            "!HBB",
            4 + len(data),
            *kind,
        )
        + data
        for *kind, data in objects
    )
    head = struct.pack("!BBH", 0x20, 0, 0)
    words = struct.unpack(f"!{len(head + body) // 2}H", head + body)
    total = 0xFFFF - sum(words) % 0xFFFF if checksum else 0
    return struct.pack("!BBH", 0x20, 0, total) + body


def test_labels_are_told_in_their_order() -> None:
    stack = struct.pack("!II", 100 << 12 | 255, LABEL)
    data = bytes(108) + structure((1, 1, stack))
    assert extensions(data, 108, 20) == ["MPLS: Lbl 100 TC 0 S 0 TTL 255", TOLD]


def test_other_objects_are_told_as_they_are() -> None:
    data = structure((2, 9, b"\x01\x02\x03\x04"), (1, 1, struct.pack("!I", LABEL)))
    assert extensions(b"x" + data, 1, 20) == ["class 2 type 9: 01020304", TOLD]


def test_a_router_that_does_not_say_where_is_believed_with_a_right_checksum_only() -> None:
    data = bytes(108) + structure((1, 1, struct.pack("!I", LABEL)))
    assert extensions(data, 0, 20) == [TOLD]
    assert extensions(data, 0, 28) == []
    wrong = bytearray(data)
    wrong[-1] ^= 1
    assert extensions(bytes(wrong), 0, 20) == []
    assert extensions(bytes(108) + structure((1, 1, bytes(4)), checksum=False), 0, 20) == []
    assert extensions(bytes(200), 0, 20) == []


@given(st.binary(max_size=300), st.integers(0, 400), st.sampled_from([20, 28, 40, 48]))
def test_arbitrary_bytes_never_raise(data: bytes, at: int, headers: int) -> None:
    assert len(extensions(data, at, headers)) <= MOST


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.binary(max_size=40)), max_size=6),
    st.integers(0, 60),
)
def test_a_structure_that_was_cut_never_raises(
    objects: list[tuple[int, int, bytes]], cut: int
) -> None:
    body = b"".join(struct.pack("!HBB", 4 + len(d), g, k) + d for g, k, d in objects)
    data = b"-" + struct.pack("!BBH", 0x20, 0, 0) + body
    assert len(extensions(data[: len(data) - cut], 1, 20)) <= MOST
