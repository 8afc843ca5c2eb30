import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.series.packets import (
    MIDDLE_MS,
    MOST_SINGLE,
    NS_PER_MS,
    bucket_of,
    counted_rounds,
    packed,
    packed_round,
    unpacked,
)

RTTS_NS = st.floats(1, 8.64e13) | st.integers(1, 10**9).map(float)
ROUNDS = st.lists(RTTS_NS, min_size=1, max_size=MOST_SINGLE) | st.lists(
    RTTS_NS, min_size=MOST_SINGLE, max_size=3 * MOST_SINGLE
)


@given(RTTS_NS)
def test_a_bucket_is_near_what_it_counts(rtt_ns: float) -> None:
    rtt_ms = rtt_ns / NS_PER_MS
    assert math.isclose(MIDDLE_MS[bucket_of(rtt_ms)], rtt_ms, rel_tol=0.016)


@given(st.lists(ROUNDS, max_size=6))
def test_every_packet_of_every_round_is_counted(rounds: list[list[float]]) -> None:
    counts = counted_rounds([packed_round(sorted(rtts)) for rtts in rounds])
    found = sorted(MIDDLE_MS[bucket] for bucket, count in counts.items() for _ in range(count))
    expected = sorted(rtt / NS_PER_MS for rtts in rounds for rtt in rtts)
    assert len(found) == len(expected)
    assert all(math.isclose(a, b, rel_tol=0.016) for a, b in zip(found, expected, strict=True))


@given(st.dictionaries(st.integers(0, (1 << 14) - 1), st.integers(1, (1 << 32) - 1), min_size=1))
def test_a_histogram_of_packets_is_packed_without_loss(counts: dict[int, int]) -> None:
    assert {bucket: count for bucket, count in unpacked(packed(counts)) if count} == counts


@pytest.mark.parametrize(
    ("rtts_ns", "most"),
    [([4_000_000 + 90_000 * n for n in range(10)], 11), ([32e6 + 5e5 * n for n in range(10)], 15)],
)
def test_a_round_of_ten_has_hardly_more_than_ten_bytes(rtts_ns: list[float], most: int) -> None:
    assert len(packed_round(rtts_ns)) <= most


def test_no_time_at_all_is_no_time() -> None:
    ((bucket, count),) = counted_rounds([packed_round([0.0, 0.0])]).items()
    assert (count, round(MIDDLE_MS[bucket], 9)) == (2, 0)
