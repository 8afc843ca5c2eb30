"""Looks cost no more than their share, whatever the folder's size."""

from random import Random

from forepost.agent.transfer.looks import LEAST_SEC, MOST_SEC, SHARE, WATCHED_SEC, Looks


def test_a_part_is_not_looked_at_twice() -> None:
    looks = Looks(Random(1))
    assert looks.take(0) == [b""]
    looks.looked_at_all(0, 0.1, is_watched=True)
    looks.add([b"a", b"a\0b", b"a\0b\0c", b"ab", b"c"])
    assert looks.take(1) == [b"a", b"ab", b"c"]
    assert looks.take(1) == []


def test_a_look_at_everything_costs_its_share() -> None:
    for took in (0.0, 0.1, 1.0, 10.0, 1_000.0):
        looks = Looks(Random(1))
        looks.take(0)
        looks.looked_at_all(0, took, is_watched=False)
        pause = looks.due_in(0)
        assert pause >= min(MOST_SEC, max(LEAST_SEC, took / SHARE))


def test_where_all_is_watched_a_look_at_everything_is_rare() -> None:
    looks = Looks(Random(1))
    looks.take(0)
    looks.looked_at_all(0, 0.1, is_watched=True)
    assert looks.due_in(0) >= WATCHED_SEC


def test_what_is_being_written_is_looked_at_again_soon_and_alone() -> None:
    looks = Looks(Random(1))
    looks.take(0)
    looks.looked_at_all(0, 0, is_watched=True)
    looks.restless(0, (b"log",))
    assert 0 < looks.due_in(0) < 1
    assert looks.take(0.1) == []
    assert looks.take(1) == [b"log"]


def test_too_many_parts_are_everything() -> None:
    looks = Looks(Random(1))
    looks.take(0)
    looks.looked_at_all(0, 0, is_watched=True)
    looks.add(b"%d" % n for n in range(1_001))
    assert looks.take(0) == [b""]
