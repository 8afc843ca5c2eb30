"""What a plan decides, without a device."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.wire_plan import Course, Fate, Match, Way, matches

MS = 1_000_000
SHARES = st.floats(0, 1)
WAYS = st.builds(
    Way,
    loss=SHARES,
    burst_enter=SHARES,
    burst_leave=SHARES,
    every=st.integers(0, 5),
    rate_kbit=st.sampled_from([0, 1_000]),
    queue_bytes=st.integers(0, 5_000),
    delay_ms=st.floats(0, 50),
    jitter_ms=st.floats(0, 50),
    reorder=SHARES,
    duplicate=SHARES,
)


def fates(way: Way, count: int = 1_000, gap_ns: int = MS, seed: str = "1") -> list[Fate]:
    course = Course(way, seed)
    return [course.fate(100, number * gap_ns) for number in range(count)]


def lost(fates: list[Fate]) -> list[int]:
    return [number for number, fate in enumerate(fates, 1) if fate.verdict != "passed"]


def test_a_wire_without_a_plan_is_a_cable() -> None:
    assert fates(Way()) == [Fate("passed", [number * MS]) for number in range(1_000)]


def test_every_nth_and_named_numbers_are_lost() -> None:
    assert lost(fates(Way(every=7), 30)) == [7, 14, 21, 28]
    assert lost(fates(Way(numbers=[1, 5]), 30)) == [1, 5]


@pytest.mark.parametrize("loss", [0.01, 0.1, 0.5])
def test_independent_loss_is_about_what_was_asked(loss: float) -> None:
    assert len(lost(fates(Way(loss=loss), 20_000))) == pytest.approx(20_000 * loss, rel=0.15)


def test_bursts_have_the_length_and_the_share_of_gilberts_model() -> None:
    gone = set(lost(fates(Way(burst_enter=0.02, burst_leave=0.25), 50_000)))
    starts = [number for number in gone if number - 1 not in gone]
    assert len(gone) / len(starts) == pytest.approx(1 / 0.25, rel=0.1)
    assert len(gone) / 50_000 == pytest.approx(0.02 / (0.02 + 0.25), rel=0.15)


def test_a_rate_spaces_frames_and_what_does_not_fit_the_queue_is_lost() -> None:
    # 100 bytes at 80 kbit/s take 10 ms, and come every 5 ms.
    got = fates(Way(rate_kbit=80, queue_bytes=300), 40, 5 * MS)
    left = [fate.due_ns[0] for fate in got if fate.due_ns]
    assert {later - earlier for earlier, later in pairwise(left)} == {10 * MS}
    assert {fate.verdict for fate in got} == {"passed", "overflow"}
    assert len(left) == pytest.approx(20 + 3, abs=2)


def test_jitter_keeps_the_order_and_reordering_does_not() -> None:
    steady = [fate.due_ns[0] for fate in fates(Way(delay_ms=1, jitter_ms=20))]
    assert steady == sorted(steady)
    mixed = [fate.due_ns[0] for fate in fates(Way(reorder=0.1))]
    assert mixed != sorted(mixed)


@given(WAYS, WAYS, st.integers())
def test_the_same_seed_is_the_same_fate_and_loss_moves_no_other(
    one: Way, other: Way, seed: int
) -> None:
    assert fates(one, 50, seed=str(seed)) == fates(one, 50, seed=str(seed))
    plain = Way(duplicate=one.duplicate)
    thinned = Way(duplicate=one.duplicate, loss=other.loss)
    for before, after in zip(fates(plain, 50), fates(thinned, 50), strict=True):
        assert after in (before, Fate("lost"))


@given(WAYS)
def test_nothing_leaves_before_it_came(way: Way) -> None:
    for number, fate in enumerate(fates(way, 50)):
        assert all(due >= number * MS for due in fate.due_ns)
        assert (fate.verdict == "passed") == bool(fate.due_ns)


def frame(protocol: int, first: bytes, kind: bytes = b"\x08\x00") -> bytes:
    head = bytes(9) + bytes([protocol]) + bytes(10)
    return bytes(12) + kind + b"\x45" + head[1:] + first + bytes(20)


def test_a_match_names_what_a_way_is_for() -> None:
    ping, udp = frame(1, b"\x08\0\0\0"), frame(17, struct.pack("!HH", 5_000, 53))
    assert matches(Match(), ping)
    assert matches(Match(protocol="icmp", kinds=[8]), ping)
    assert not matches(Match(kinds=[0]), ping)
    assert matches(Match(port=53), udp)
    assert matches(Match(protocol="udp", port=5_000), udp)
    assert not matches(Match(port=54), udp)
    assert not matches(Match(protocol="tcp"), udp)
    assert not matches(Match(smallest=100), udp)
    assert not matches(Match(), frame(1, b"\x08\0\0\0", b"\x08\x06"))


@given(st.binary(max_size=100), st.builds(Match, port=st.integers(0, 9), kinds=st.just([8])))
def test_any_frame_matches_or_does_not(data: bytes, only: Match) -> None:
    for kind in (b"\x08\x00", b"\x86\xdd"):
        assert matches(only, bytes(12) + kind + data) in (True, False)
