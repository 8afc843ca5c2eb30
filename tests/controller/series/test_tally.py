import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.series.packets import NS_PER_MS, packed_round
from forepost.controller.series.rollup import RELATIVE_ERROR, rank
from forepost.controller.series.sums import Result
from forepost.controller.series.tally import Tally

RTTS = st.floats(min_value=0.001, max_value=1e6)
ROUNDS: st.SearchStrategy[list[Result]] = st.lists(
    st.one_of(
        st.tuples(
            *(RTTS, st.none() | RTTS, st.none() | RTTS, st.none()),
            *(st.none() | st.floats(0, 100), st.none(), st.none(), st.none(), st.none()),
        ),
        st.just((None, None, None, None, 100.0, None, None, None, None)),
        st.just((None,) * 9),
    ),
    min_size=1,
    max_size=60,
)


def counted(rtts_ms: Sequence[float | None]) -> Result:
    """A result of packets, some of them lost."""
    came = sorted(rtt for rtt in rtts_ms if rtt is not None)
    packets = len(rtts_ms), len(came)
    loss = 100 * (1 - len(came) / len(rtts_ms))
    if not came:
        return (None, None, None, None, loss, None, *packets, None)
    middle = came[len(came) // 2]
    packed = packed_round([rtt * NS_PER_MS for rtt in came])
    return (middle, came[0], came[-1], None, loss, None, *packets, packed)


PACKETS = st.lists(
    st.lists(st.none() | RTTS, min_size=1, max_size=30)
    | st.lists(st.none() | RTTS, min_size=70, max_size=90),
    min_size=1,
    max_size=20,
)


def tally_of(results: Sequence[Result]) -> Tally:
    tally = Tally()
    tally.add_all(results)
    return tally


@given(ROUNDS, st.sampled_from([0.0, 0.5, 0.9, 0.95, 1.0]), st.integers(0, 60))
def test_sums_of_rounds_that_are_merged_are_as_good_as_the_results(
    results: list[Result], share: float, cut: int
) -> None:
    exact = tally_of(results)
    merged = Tally()
    merged.merge(tally_of(results[:cut]).sums())
    merged.merge(tally_of(results[cut:]).sums())

    values = sorted(rtt for rtt, *_ in results if rtt is not None)
    assert exact.answered == merged.answered == len(values)
    expected = values[rank(share, len(values))] if values else None
    assert exact.percentile(share) == expected
    found = merged.percentile(share)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert math.isclose(found, expected, rel_tol=RELATIVE_ERROR * 1.000_001)
        assert merged.rtt_min <= found <= merged.rtt_max
    assert (merged.results, merged.with_loss) == (exact.results, exact.with_loss)
    assert (merged.rtt_min, merged.rtt_max) == (exact.rtt_min, exact.rtt_max)
    assert merged.loss_pct == pytest.approx(exact.loss_pct)
    if values:
        mean, _ = merged.mean_and_deviation() or (None, None)
        assert mean == pytest.approx(math.fsum(values) / len(values))


@given(PACKETS, st.sampled_from([0.0, 0.5, 0.95, 1.0]), st.integers(0, 20), st.booleans())
def test_packets_count_one_by_one_however_often_they_are_merged(
    rounds: list[list[float | None]], share: float, cut: int, again: bool
) -> None:
    results = [counted(rtts) for rtts in rounds]
    tally = Tally()
    tally.merge(tally_of(results[:cut]).sums())
    tally.add_all(results[cut:])
    if again:
        once, tally = tally.sums(), Tally()
        tally.merge(once)

    all_sent = [rtt for rtts in rounds for rtt in rtts]
    came = sorted(rtt for rtt in all_sent if rtt is not None)
    point = tally.point(7)
    assert (point.time, point.count) == (7, len(rounds))
    assert (point.sent, point.received) == (len(all_sent), len(came))
    assert point.loss_pct == pytest.approx(100 - 100 * len(came) / len(all_sent))
    if not came:
        assert point.rtt_mean_ms is point.rtt_p50_ms is point.rtt_min_ms is None
        return
    assert (point.rtt_min_ms, point.rtt_max_ms) == (came[0], came[-1])
    assert tally.percentile(share) == pytest.approx(came[rank(share, len(came))], rel=0.02)
    mean = math.fsum(came) / len(came)
    assert point.rtt_mean_ms == pytest.approx(mean, rel=0.02)
    assert point.rtt_stddev_ms is not None
    deviation = math.sqrt(math.fsum((rtt - mean) ** 2 for rtt in came) / len(came))
    assert abs(point.rtt_stddev_ms - deviation) <= 0.02 * (mean + deviation)


def test_one_packet_lost_of_one_beside_a_thousand_is_one_of_1001() -> None:
    lost: Result = (None, None, None, None, 100.0, None, 1, 0, None)
    fine: Result = (5.0, 4.0, 6.0, None, 0.0, None, 1_000, 1_000, None)
    tally = tally_of([lost, fine])
    assert tally.loss_pct == pytest.approx(100 / 1_001)
    rolled = Tally()
    rolled.merge(tally.sums())
    assert rolled.loss_pct == pytest.approx(100 / 1_001)
    assert (rolled.point(0).sent, rolled.point(0).received) == (1_001, 1_000)


def test_a_round_of_before_weighs_as_much_as_the_mean_of_the_others() -> None:
    before: Result = (10.0, 10.0, 10.0, None, 100.0, None, None, None, None)
    since = [counted([20.0, 20.0, 20.0, None]), counted([20.0] * 4)]
    point = tally_of([before, *since]).point(0)
    # 4 of 12 lost before, 1 of 8 since.
    assert point.loss_pct == pytest.approx(100 * 5 / 12)
    assert (point.sent, point.received, point.count) == (None, None, 3)
    assert point.rtt_mean_ms == pytest.approx((3.5 * 10 + 7 * 20) / 10.5, rel=0.02)


def test_jitter_and_mos_weigh_by_packets_and_keep_the_worst() -> None:
    few: Result = (1.0, 1.0, 1.0, 9.0, 0.0, 2.0, 10, 10, None)
    many: Result = (1.0, 1.0, 1.0, 1.0, 0.0, 4.4, 90, 90, None)
    tally = Tally()
    tally.merge(tally_of([few]).sums())
    tally.merge(tally_of([many]).sums())
    point = tally.point(0)
    assert point.jitter_ms == pytest.approx(1.8)
    assert point.mos == pytest.approx(0.1 * 2.0 + 0.9 * 4.4)
    assert (point.jitter_max_ms, point.mos_min) == (9.0, 2.0)
    assert tally_of([counted([1.0])]).point(0).jitter_ms is None


@given(ROUNDS, PACKETS)
def test_merging_has_no_order(one: list[Result], rounds: list[list[float | None]]) -> None:
    other = [counted(rtts) for rtts in rounds]
    forth, back = Tally(), Tally()
    for results in (one, other):
        forth.merge(tally_of(results).sums())
    for results in (other, one):
        back.merge(tally_of(results).sums())
    assert forth.point(0) == back.point(0)


def test_one_result_is_exact_though_it_was_rolled_up() -> None:
    for packets in ((None, None), (1, 1), (5, 5)):
        tally = Tally()
        tally.merge(tally_of([(10.123, 9.0, 12.0, None, 0.0, None, *packets, None)]).sums())
        assert tally.percentile(0.5) == pytest.approx(10.123)
