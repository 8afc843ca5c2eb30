"""Loss, order, jitter, bursts and the E-model, by number of packet."""

import math
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.stamps.departures import Moment
from forepost.agent.probes.trafficsim import figures
from forepost.agent.probes.trafficsim.emodel import mos_of, rate
from forepost.agent.probes.trafficsim.flight import Arrival, Flight
from forepost.agent.probes.trafficsim.report import Manner, report
from forepost.wire.probes.datagrams import MS, Packet
from tests.fakes.clock import START

WALL_NS = 1_795_252_457_000_000_000
RTTS = st.lists(st.none() | st.floats(0.01, 500), min_size=1, max_size=60)


def at(ms: float, tos: int = 0) -> Arrival:
    """Both clocks at so many ms; the kernel saw it then."""
    mono_ns = round(ms * MS)
    return Arrival(Moment(mono_ns, WALL_NS), WALL_NS + mono_ns, tos)


def flown(*arrivals: tuple[int, float], sent: int = 10, gap_ms: float = 20) -> Flight:
    """`arrivals`: number and RTT in ms, in the order in which the answers come."""
    flight = Flight(2_000 * MS)
    for number in range(sent):
        flight.leaves(Moment(round(number * gap_ms * MS), WALL_NS))
    for seq, rtt_ms in arrivals:
        sent_ms = (seq - 1) * gap_ms
        ack = Packet(kind="ACK", seq=seq, src_agent=2, sent_ns=WALL_NS + round(sent_ms * MS))
        flight.answered(ack, at(sent_ms + rtt_ms), exact=False)
    return flight


MANNER = Manner(
    voip=True, gap_ms=20, dscp=46, size=160, authenticated=False, remote="198.18.0.2:5000"
)


def test_what_is_lost_doubled_late_and_out_of_order_is_counted_once_each() -> None:
    flight = flown((1, 5), (3, 5), (2, 30), (2, 31), (5, 5), (9, 2_500), (10, 5), (99, 5))
    got = report(flight, MANNER, START, 1.0)
    assert (got.total_packets, got.received_packets, got.lost_packets) == (10, 5, 5)
    assert (got.duplicates, got.out_of_order, got.late) == (1, 1, 1)
    assert got.loss_percentage == 50
    # 4, then 6 to 9: by number, whatever came when.
    assert (got.max_consecutive_loss, got.total_bursts) == (4, 1)
    assert (got.min_rtt, got.max_rtt, got.median_rtt) == (5, 30, 5)


def test_an_answer_that_echoes_another_time_is_that_of_a_greeting() -> None:
    flight = Flight(2_000 * MS, echoes=True)
    flight.leaves(Moment(0, WALL_NS))
    greeting = Packet(kind="ACK", seq=1, src_agent=2, sent_ns=WALL_NS - 5 * MS)
    assert not flight.answered(greeting, at(1), exact=False)
    assert flight.arrivals == []


def test_rfc3550_by_hand() -> None:
    # |D| = 16, 16, 0: J = 1, 1.9375, 1.81640625
    assert figures.rfc3550([10, 26, 10, 10]) == pytest.approx(1.81640625)
    assert figures.rfc3550([10]) is None


@given(RTTS)
def test_runs_of_loss_are_all_that_was_lost(rtts: list[float | None]) -> None:
    assert sum(figures.bursts(rtts)) == rtts.count(None)
    assert figures.burst_ratio(rtts) >= 1
    assert all(step >= 0 for step in figures.steps(rtts))


@given(st.permutations(list(range(1, 12))))
def test_nothing_is_out_of_order_exactly_where_numbers_rise(order: list[int]) -> None:
    assert (figures.reordered(order) == 0) == (order == sorted(order))
    assert figures.reordered(order) <= len(order) - 1


@given(st.lists(st.floats(0, 1e4), min_size=1), st.floats(0, 100))
def test_a_percentile_is_between_the_ends(values: list[float], percent: float) -> None:
    ordered = sorted(values)
    assert ordered[0] <= figures.percentile(ordered, percent) <= ordered[-1]
    assert figures.percentile(ordered, 100) == ordered[-1]


def exchanged(*ways: tuple[float, float], offset_ms: float = 0.0, far_error_us: int = 10) -> Flight:
    """Packets that took so long there and back (ms), to a clock that is wrong by `offset_ms`."""
    flight = Flight(2_000 * MS)
    for number, (there, back) in enumerate(ways):
        sent_ms = number * 20.0
        flight.leaves(Moment(round(sent_ms * MS), WALL_NS))
        received_ns = WALL_NS + round((sent_ms + there + offset_ms) * MS)
        ack = Packet(
            kind="ACK",
            seq=number + 1,
            src_agent=2,
            received_ns=received_ns,
            answered_ns=received_ns,
            count=number + 1,
            highest=number + 1,
            clock_error_us=far_error_us,
        )
        flight.answered(ack, at(sent_ms + there + back), exact=True)
    return flight


def test_one_way_figures_have_their_bound_or_are_left_out() -> None:
    known = figures.one_way(exchanged((20, 5), (21, 5)), own_error_ns=10_000)
    assert known is not None
    assert known.forward == pytest.approx(20.5)
    assert known.backward == pytest.approx(5)
    assert known.error == pytest.approx(0.02)
    assert figures.one_way(exchanged((20, 5)), own_error_ns=None) is None
    assert figures.one_way(exchanged((20, 5), far_error_us=0), own_error_ns=10_000) is None


def test_clocks_that_are_more_wrong_than_they_say_give_no_figures() -> None:
    assert figures.one_way(exchanged((20, 5), offset_ms=-30), own_error_ns=10_000) is None


@given(
    st.lists(st.tuples(st.floats(0.1, 50), st.floats(0.1, 50)), min_size=1, max_size=10),
    st.floats(-3, 3),
)
def test_the_truth_is_within_the_bound(ways: list[tuple[float, float]], offset_ms: float) -> None:
    """Whatever the clocks do, as long as they are no more wrong than they say (5 ms together)."""
    known = figures.one_way(
        exchanged(*ways, offset_ms=offset_ms, far_error_us=3_000), own_error_ns=2_000_000
    )
    assert known is not None
    there = figures.percentile(sorted(way for way, _ in ways), 50)
    assert abs(known.forward - there) <= known.error + 1e-4
    assert known.error <= 5 + 1e-9


def test_loss_is_told_apart_by_direction() -> None:
    flight = Flight(2_000 * MS)
    for number in range(10):
        flight.leaves(Moment(number * MS, WALL_NS))
    # 3 and 4 never arrived there; the answers to 5 and 9 got lost; 10 is not known.
    for seq, count in ((1, 1), (2, 2), (6, 4), (7, 5), (8, 6)):
        ack = Packet(kind="ACK", seq=seq, src_agent=2, count=count, highest=seq)
        flight.answered(ack, at(seq + 10), exact=True)
    assert flight.split() == (2, 1)


def test_the_published_values_of_g107() -> None:
    """Table 2 and its note: with all defaults R = 93.2, and MOS = 4.41."""
    perfect = rate(0)
    assert perfect.r == pytest.approx(93.2, abs=0.05)
    assert perfect.mos == pytest.approx(4.41, abs=0.005)
    assert perfect.quality == "excellent"
    # Annex B, Table B.1: the limits of the categories of R.
    for r, mos in ((90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)):
        assert mos_of(r) == pytest.approx(mos, abs=0.01)
    assert (mos_of(0), mos_of(3), mos_of(100)) == (1, 1, 4.5)
    # G.113 Appendix I: 1 % of random loss costs G.711 with concealment 95 / 26.1.
    assert perfect.r - rate(0, 1).r == pytest.approx(95 / 26.1)


def test_where_netwatcher_loses_41_at_60_ms_g107_loses_two() -> None:
    assert 1 < rate(0).r - rate(60).r < 3


@given(st.floats(10, 2_000), st.floats(0, 500), st.floats(0, 99), st.floats(0.01, 1))
def test_longer_and_lossier_is_never_better(
    delay_ms: float, more_ms: float, loss_pct: float, more_pct: float
) -> None:
    here = rate(delay_ms, loss_pct)
    assert rate(delay_ms + more_ms, loss_pct).r <= here.r + 1e-9
    assert rate(delay_ms, loss_pct + more_pct).r <= here.r + 1e-9
    assert rate(delay_ms, loss_pct, burst_ratio=2).r <= here.r + 1e-9
    assert 1 <= here.mos <= 4.5
    assert 0 <= here.r <= 100


def test_the_mean_opinion_rises_with_the_rating() -> None:
    assert all(a <= b for a, b in pairwise(mos_of(r) for r in range(101)))


def test_telephony_is_only_judged_where_it_is_voip() -> None:
    quiet = report(flown((1, 5)), msgspec.structs.replace(MANNER, voip=False), START, 1.0)
    assert b"MOS" not in msgspec.json.encode(quiet)
    said = report(flown((1, 5), (2, 5), sent=2), MANNER, START, 1.0)
    assert said.estimated_bandwidth_kbps == pytest.approx((160 + 28) * 8 / 20)
    assert math.isclose(float(said.mos or 0), rate(2.5 + 40).mos)
    assert b"oneWay" not in msgspec.json.encode(said)
