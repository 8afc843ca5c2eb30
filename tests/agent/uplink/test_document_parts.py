import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.talk import TooMuch
from forepost.agent.uplink.document_parts import DocumentParts
from forepost.wire.uplink.documents import WantDocument

MOST = 1 << 10


def cut(revision: str, parts: int, size: int = 0) -> list[WantDocument]:
    return [
        WantDocument(
            document="d",
            revision=revision,
            part=number,
            parts=parts,
            body=msgspec.Raw(f'"{revision}{number}{"x" * size}"'.encode()),
        )
        for number in range(1, parts + 1)
    ]


def texts(found: list[msgspec.Raw] | None) -> list[str] | None:
    return None if found is None else [msgspec.json.decode(one) for one in found]


def test_nothing_is_there_before_the_last_part() -> None:
    parts = DocumentParts(MOST)
    first, second, third = cut("r", 3)
    assert parts.take(first) is None
    assert parts.take(second) is None
    assert texts(parts.take(third)) == ["r1", "r2", "r3"]
    assert parts.take(third) is None
    assert texts(parts.take(cut("s", 1)[0])) == ["s1"]


def test_a_part_that_does_not_follow_is_passed_over_and_part_1_begins_anew() -> None:
    parts = DocumentParts(MOST)
    (first, second, third), other = cut("r", 3), cut("s", 3)
    for part in (second, third, first, other[1], third, first):
        assert parts.take(part) is None
    assert parts.take(second) is None
    assert parts.take(other[2]) is None
    assert texts(parts.take(third)) == ["r1", "r2", "r3"]
    assert parts.take(first) is None
    assert parts.take(other[0]) is None
    for part in (second, third):
        assert parts.take(part) is None
    assert parts.take(other[1]) is None
    assert texts(parts.take(other[2])) == ["s1", "s2", "s3"]


def test_parts_are_bounded_in_bytes_together() -> None:
    parts = DocumentParts(MOST)
    many = cut("r", 20_000, size=250)
    for part in many[:4]:
        assert parts.take(part) is None
    with pytest.raises(TooMuch, match="document d: more than 1,024 bytes"):
        parts.take(many[4])
    assert parts.take(many[5]) is None  # all of them are forgotten
    assert texts(parts.take(cut("s", 1)[0])) == ["s1"]


@given(st.lists(st.tuples(st.sampled_from("rs"), st.integers(1, 3)), max_size=40))
def test_what_comes_out_is_one_whole_revision_in_its_order(
    order: list[tuple[str, int]],
) -> None:
    parts = DocumentParts(MOST)
    wanted = {name: cut(name, 3) for name in "rs"}
    for name, number in order:
        found = texts(parts.take(wanted[name][number - 1]))
        assert found in (None, [f"{name}{one}" for one in (1, 2, 3)])
