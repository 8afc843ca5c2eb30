"""Objects out of a stream: any cut, any blanks, comments, and what is no object."""

import contextlib
import itertools
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.kit.jsonstream import Broken, JsonStream

texts = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
objects = st.lists(st.dictionaries(texts, values, max_size=4), max_size=5)
blanks = st.sampled_from(
    ["", " ", "\n", "\r\n\t", "// a } comment {\n", '/* and \n " one */', "/**/"]
)


def feed(stream: JsonStream, data: bytes, cuts: list[int]) -> list[object]:
    found: list[object] = []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        found += [json.loads(text) for text in stream.feed(data[start:end])]
    return found


@given(objects, st.lists(st.integers(0, 10_000), max_size=20), st.data(), st.booleans())
def test_any_cut_gives_the_same_objects(
    wanted: list[dict[str, object]], cuts: list[int], data: st.DataObject, pretty: bool
) -> None:
    text = ""
    for one in wanted:
        text += data.draw(blanks) + json.dumps(one, indent=2 if pretty else None)
    text += data.draw(blanks)
    stream = JsonStream()
    assert feed(stream, text.encode(), cuts) == wanted
    assert stream.empty or "/" in text


def test_comments_may_be_wherever_a_blank_may() -> None:
    text = b'{"a" /* "}" */: // {\n [1, /* 2, */ 3], "b": "// no /* comment */"}'
    assert feed(JsonStream(), text, list(range(len(text)))) == [
        {"a": [1, 3], "b": "// no /* comment */"}
    ]


@pytest.mark.parametrize("text", [b"5", b"[]", b'"x"', b"}", b"{} x", b"/ {}", b"{} /x", b"\xff"])
def test_what_is_no_object_breaks_the_stream(text: bytes) -> None:
    with pytest.raises(Broken):
        list(JsonStream().feed(text))


@given(st.binary(max_size=300))
def test_nothing_else_is_raised(data: bytes) -> None:
    stream = JsonStream()
    with contextlib.suppress(Broken):
        for cut in range(0, len(data), 7):
            assert all(list(stream.feed(data[cut : cut + 7])))


@pytest.mark.parametrize("start", [b'{"a": "', b"/* ", b'{"a": ['])
def test_what_never_ends_is_bounded(start: bytes) -> None:
    stream = JsonStream(most_bytes=1 << 20)
    list(stream.feed(start))
    endless = itertools.repeat(b"1, " * 10_000, 100)
    with pytest.raises(Broken):
        any(list(stream.feed(piece)) for piece in endless)


def test_sixteen_mebibytes_of_strings_are_taken() -> None:
    numbers = random.Random(3)
    entries = [f"198.18.{numbers.randrange(256)}.{n % 256}" for n in range(900_000)]
    text = json.dumps({"data": entries}).encode()
    assert 14 << 20 < len(text) < 16 << 20
    stream = JsonStream()
    found = [
        one for at in range(0, len(text), 1 << 16) for one in stream.feed(text[at : at + (1 << 16)])
    ]
    assert [len(json.loads(one)["data"]) for one in found] == [900_000]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (b"[],", "10,000 objects, arrays and comments"),
        (b"{},", "10,000 objects, arrays and comments"),
        (b"/**/", "10,000 objects, arrays and comments"),
        (b"[", "100 deep"),
    ],
)
def test_what_costs_many_steps_is_bounded(part: bytes, words: str) -> None:
    with pytest.raises(Broken, match=words):
        list(JsonStream().feed(b'{"data": [' + part * 50_000))
