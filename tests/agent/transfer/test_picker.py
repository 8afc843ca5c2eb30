"""Pieces spread among many in few rounds; what ends is asked of others; nothing is asked twice."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.transfer.picker import RUN, Picker

ALL = (1 << 100) - 1


def test_what_only_one_peer_has_is_asked_of_it_first() -> None:
    picker = Picker(100, ALL, Random(1))
    picker.has("source", ALL)
    picker.has("other", ALL & ~0xFF)
    assert set(picker.next("source")) <= set(range(8))


def test_nothing_is_asked_twice_while_others_are_free() -> None:
    picker = Picker(100, ALL, Random(1))
    for peer in "abc":
        picker.has(peer, ALL)
    found: list[int] = []
    while new := [piece for peer in "abc" for piece in picker.next(peer)]:
        found += new
        assert len(new) <= 3 * RUN
    assert sorted(found) == list(range(100))


def test_what_a_peer_is_slow_with_is_asked_of_another_at_the_end() -> None:
    picker = Picker(3, 0b111, Random(1))
    picker.has("slow", 0b111)
    assert picker.next("slow")
    while picker.next("slow"):
        pass
    assert picker.again("slow") == []
    picker.has("fast", 0b111)
    assert picker.next("fast") == []
    assert len(picker.again("fast")) == 1
    for piece in range(3):
        picker.came(piece)
    assert picker.is_done
    assert picker.again("fast") == []


def test_a_peer_that_leaves_leaves_nothing_asked_for() -> None:
    picker = Picker(8, 0xFF, Random(1))
    picker.has("one", 0xFF)
    first = picker.next("one")
    picker.peer_left("one")
    assert picker.next("one") == []
    picker.has("two", 0xFF)
    found = []
    while new := picker.next("two"):
        found += new
        for piece in new:
            picker.came(piece)
    assert set(first) <= set(found)


def test_a_piece_that_a_peer_has_not_is_asked_of_another() -> None:
    picker = Picker(1, 1, Random(1))
    picker.has("liar", 1)
    picker.has("honest", 1)
    assert picker.next("liar") == [0]
    picker.has_not("liar", 0)
    assert picker.next("liar") == []
    assert picker.next("honest") == [0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=80), st.integers(0, 99))
def test_whatever_peers_do_all_is_asked_for_in_the_end(
    steps: list[tuple[int, int]], seed: int
) -> None:
    random = Random(seed)
    picker = Picker(40, (1 << 40) - 1, random)
    for peer, step in steps:
        if step == 0:
            picker.has(peer, random.getrandbits(40))
        elif step == 1:
            picker.peer_left(peer)
        else:
            for piece in picker.next(peer):
                assert picker.missing >> piece & 1
                if random.random() < 0.5:
                    picker.came(piece)
                elif random.random() < 0.5:
                    picker.has_not(peer, piece)
    picker.has("all", (1 << 40) - 1)
    for _ in range(1_000):
        for piece in picker.next("all") or picker.again("all"):
            picker.came(piece)
    assert picker.is_done
