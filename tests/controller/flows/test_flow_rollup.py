"""What is merged is never lost: a list and its rest are the total, whatever falls out."""

from functools import reduce

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.flows.minutes import UnreadableMinute, lists_of, opened, start_of
from forepost.controller.flows.rollup import (
    LARGEST,
    NOTHING,
    Counts,
    Ranking,
    StoredList,
    minus,
    packed,
    plus,
    size,
    unpacked,
)
from forepost.wire.flows.rollup import FlowMinute, Named, Traffic
from forepost.wire.flows.rollup import Ranking as WireRanking
from tests.controller.flows.minutes import NIGHT, minute, row

count = st.integers(0, 2**40)
counts = st.tuples(count, count, count, count, count)
rows = st.lists(st.tuples(st.tuples(st.sampled_from("abcdefgh")), st.just(""), counts), max_size=12)
kept_lists = st.lists(st.builds(StoredList, rows, counts), max_size=6)


def total_of(lists: list[StoredList]) -> Counts:
    return reduce(plus, (one.total for one in lists), NOTHING)


@given(kept_lists, st.integers(0, 10))
def test_a_list_and_its_rest_are_the_total_after_any_merge(
    lists: list[StoredList], most: int
) -> None:
    kept = Ranking.of(lists).kept(most)
    assert kept.total == total_of(lists)
    assert len(kept.rows) <= most
    sizes = [size(counts) for _, _, counts in kept.rows]
    assert sizes == sorted(sizes, reverse=True)
    assert unpacked(packed(kept)) == kept


@given(kept_lists, st.integers(1, 4), st.integers(0, 6))
def test_nothing_is_lost_where_lists_are_cut_on_the_way(
    lists: list[StoredList], most: int, cut: int
) -> None:
    """Minutes to an hour, hours to a day: each step cuts."""
    first, second = Ranking.of(lists[:cut]).kept(most), Ranking.of(lists[cut:]).kept(most)
    together = Ranking.of([first, second]).kept(most)
    assert together.total == total_of(lists)
    exact = Ranking.of(lists).sums
    for key, _, found in together.rows:  # a row may miss what fell out, and never has too much
        assert min(minus(exact[key], found)) >= 0


@given(kept_lists)
def test_the_order_of_reports_does_not_matter(lists: list[StoredList]) -> None:
    assert Ranking.of(lists).kept(5) == Ranking.of(lists[::-1]).kept(5)


def test_no_sum_is_larger_than_what_can_be_kept() -> None:
    huge = (LARGEST, 0, 0, 0, 0)
    kept = Ranking.of([StoredList([(("a",), "", huge)], huge)] * 2).kept(1)
    assert unpacked(packed(kept)) == StoredList([(("a",), "", huge)], huge)


def test_the_rest_of_a_minute_is_what_its_list_leaves_out() -> None:
    made = minute(NIGHT, ("d", "TLS", "example.org", 10), ("e", "DNS", "example.org", 1), rest=5)
    lists = lists_of(made)
    for kind in ("devices", "applications", "remotes", "talks"):
        assert lists[kind].total == (16, 32, 9, 12, 3), kind
        assert lists[kind].rest == (5, 10, 3, 4, 1), kind
    assert lists["remotes"].rows == [(("example.org",), "", (11, 22, 6, 8, 2))]


def test_one_address_with_two_mac_addresses_is_one_device() -> None:
    half = Traffic(bytes_in=1)
    top = [Named(name="192.0.2.1", label=mac, bytes_in=1) for mac in ("", "02:00:00:00:00:01")]
    made = FlowMinute(minute=0, total=Traffic(bytes_in=3), devices=WireRanking(top=top, rest=half))
    assert lists_of(made)["devices"].rows == [
        (("192.0.2.1",), "02:00:00:00:00:01", (2, 0, 0, 0, 0))
    ]


def test_a_minute_whose_parts_are_more_than_the_whole_is_not_counted() -> None:
    top = [Named(name="192.0.2.1", bytes_in=2)]
    made = FlowMinute(minute=0, total=Traffic(bytes_in=1), devices=WireRanking(top=top))
    with pytest.raises(UnreadableMinute, match="devices: more than the total"):
        lists_of(made)


def test_what_is_no_minute_is_named() -> None:
    good = row(minute(NIGHT))
    for payload, reason in (
        (b"[]", "body: expected `object`"),
        (b'{"minute": -1}', "minute: expected `int` >= 0"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON|expected"),
    ):
        with pytest.raises(UnreadableMinute, match=reason):
            opened(msgspec.structs.replace(good, payload=payload))
    with pytest.raises(UnreadableMinute, match="of the future"):
        opened(row(minute(NIGHT), late_sec=-90_000))


def test_the_minute_is_that_of_the_corrected_time() -> None:
    for shift_us, start in ((0, NIGHT), (29_999_999, NIGHT), (-30_000_000, NIGHT)):
        assert start_of(NIGHT * 1_000_000 + shift_us) == start
    assert start_of(NIGHT * 1_000_000 + 30_000_000) == NIGHT + 60
