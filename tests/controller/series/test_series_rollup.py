import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.series.rollup import (
    LAST_INDEX,
    LEAST_MS,
    RELATIVE_ERROR,
    index_of,
    pack,
    unpack,
    value_of,
    width_sec,
)

RTTS = st.floats(min_value=0.001, max_value=1e6)


@given(RTTS)
def test_a_bucket_is_within_the_relative_error_of_what_it_counts(rtt_ms: float) -> None:
    assert math.isclose(value_of(index_of(rtt_ms)), rtt_ms, rel_tol=RELATIVE_ERROR * 1.000_001)


@given(RTTS, RTTS)
def test_buckets_are_in_the_order_of_values(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert index_of(low) <= index_of(high)


@pytest.mark.parametrize(
    ("rtt_ms", "index"),
    [(0.0, 0), (-3.0, 0), (LEAST_MS, 0), (math.inf, LAST_INDEX), (1e300, LAST_INDEX)],
)
def test_values_out_of_range_are_counted_at_the_ends(rtt_ms: float, index: int) -> None:
    assert index_of(rtt_ms) == index


@given(st.dictionaries(st.integers(0, LAST_INDEX), st.integers(1, (1 << 32) - 1)))
def test_a_histogram_is_packed_without_loss(counts: dict[int, int]) -> None:
    assert dict(unpack(pack(counts))) == counts


@given(
    st.integers(0, 1 << 34),
    st.integers(0, 1 << 34),
    st.integers(1, 2_000),
)
def test_widths_keep_to_the_points(one: int, other: int, points: int) -> None:
    low, high = sorted((one, other))
    width = width_sec(low, high, points)
    assert high // width - low // width + 1 <= points


@pytest.mark.parametrize(
    ("span_sec", "points", "width"),
    [(0, 500, 1), (3_600, 500, 10), (86_400, 500, 300), (30 * 86_400, 500, 7_200)],
)
def test_widths_are_the_usual_ones(span_sec: int, points: int, width: int) -> None:
    assert width_sec(1_767_225_600, 1_767_225_600 + span_sec, points) == width
