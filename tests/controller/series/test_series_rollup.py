import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.series.rollup import (
    LAST_INDEX,
    LEAST_MS,
    RELATIVE_ERROR,
    Result,
    Tally,
    index_of,
    pack,
    rank,
    unpack,
    value_of,
    width_sec,
)

RTTS = st.floats(min_value=0.001, max_value=1e6)
RESULTS: st.SearchStrategy[list[Result]] = st.lists(
    st.one_of(
        st.tuples(RTTS, st.none() | RTTS, st.none() | RTTS, st.none() | st.floats(0, 100)),
        st.just((None, None, None, 100.0)),
        st.just((None, None, None, None)),
    ),
    min_size=1,
    max_size=60,
)


def tally_of(results: Sequence[Result]) -> Tally:
    tally = Tally()
    tally.add_all(results)
    return tally


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


@given(RESULTS, st.sampled_from([0.0, 0.5, 0.9, 0.95, 1.0]), st.integers(0, 60))
def test_sums_that_are_merged_are_as_good_as_the_results(
    results: list[Result], share: float, cut: int
) -> None:
    exact = tally_of(results)
    merged = Tally()
    merged.merge(tally_of(results[:cut]).sums())
    merged.merge(tally_of(results[cut:]).sums())

    values = sorted(rtt for rtt, *_ in results if rtt is not None)
    assert exact.rtts == merged.rtts == len(values)
    expected = values[rank(share, len(values))] if values else None
    assert exact.percentile(share) == expected
    found = merged.percentile(share)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert math.isclose(found, expected, rel_tol=RELATIVE_ERROR * 1.000_001)
        assert merged.rtt_min <= found <= merged.rtt_max
    assert (merged.results, merged.losses) == (exact.results, exact.losses)
    assert (merged.rtt_min, merged.rtt_max) == (exact.rtt_min, exact.rtt_max)
    assert math.isclose(merged.loss_sum, exact.loss_sum)
    assert math.isclose(merged.rtt_sum, exact.rtt_sum)


@given(RESULTS, RESULTS)
def test_merging_has_no_order(one: list[Result], other: list[Result]) -> None:
    forth, back = Tally(), Tally()
    for results in (one, other):
        forth.merge(tally_of(results).sums())
    for results in (other, one):
        back.merge(tally_of(results).sums())
    assert forth.point(0) == back.point(0)


def test_one_result_is_exact_though_it_was_rolled_up() -> None:
    tally = Tally()
    tally.merge(tally_of([(10.123, 9.0, 12.0, 0.0)]).sums())
    assert tally.percentile(0.5) == 10.123


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
