import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.wire.depth import MOST_DEEP, is_deep


def nested(levels: int, kind: str = "object") -> bytes:
    left, right = ('{"a":', "}") if kind == "object" else ("[", "]")
    return (left * levels + "1" + right * levels).encode()


@pytest.mark.parametrize("kind", ["object", "list"])
def test_the_limit_is_exact(kind: str) -> None:
    assert not is_deep(nested(MOST_DEEP, kind))
    assert is_deep(nested(MOST_DEEP + 1, kind))
    assert is_deep(nested(100_000, kind))


def test_brackets_in_texts_and_side_by_side_are_not_deep() -> None:
    assert not is_deep(
        json.dumps({"a": "[" * 1_000, "b": '"{' * 1_000, "\\": "{\\" * 500}).encode()
    )
    assert not is_deep(json.dumps([[[]]] * 1_000).encode())


JSON = st.recursive(
    st.none() | st.integers() | st.text(alphabet='a"\\[]{}é', max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(alphabet='"\\[{', max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON, st.integers(MOST_DEEP - 3, MOST_DEEP + 3))
def test_it_counts_as_a_decoder_would(value: Any, levels: int) -> None:
    wrapped = nested(levels).replace(b"1", json.dumps(value).encode())
    assert is_deep(wrapped) == (levels + depth(value) > MOST_DEEP)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def test_a_million_quotes_are_read_once() -> None:
    started = time.monotonic()
    for data in (b'\\"' * 500_000, b'"' * 1_000_000, b'"\\' * 500_000):
        is_deep(b"[" * 200 + data)
        is_deep(b"[[]]" * 200 + data)
    assert time.monotonic() - started < 5, "twice for each quote is an hour"


@given(st.binary(max_size=200))
def test_any_bytes_are_deep_or_not(data: bytes) -> None:
    assert is_deep(data * 20) in (True, False)
