from hypothesis import assume, given
from hypothesis import strategies as st

from forepost.agent.cores.trace.path import MOST_TARGETS, MOST_WAYS, Ways

LENGTHS = st.integers(1, 12)


def full(length: int, kind: str = "r") -> list[list[str]]:
    return [[f"{kind}{place}"] for place in range(length)]


@given(LENGTHS, st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)))
def test_silence_is_no_change(length: int, first: set[int], second: set[int]) -> None:
    ways = Ways()
    runs = [
        [[] if place in silent else hop for place, hop in enumerate(full(length))]
        for silent in (first - {length - 1}, set[int](), second - {length - 1})
    ]
    assert len({ways.fingerprint("t", run, reached=True) for run in runs}) == 1


@given(LENGTHS, st.integers(0, 11))
def test_another_address_where_one_was_known_is_another_way(length: int, place: int) -> None:
    assume(place < length)
    ways, other = Ways(), full(length)
    other[place] = ["other"]
    one = ways.fingerprint("t", full(length), reached=True)
    assert ways.fingerprint("t", other, reached=True) != one
    assert ways.fingerprint("t", full(length), reached=True) == one, "the old way is known again"


@given(LENGTHS, LENGTHS)
def test_a_way_of_another_length_to_the_target_is_another_way(one: int, other: int) -> None:
    assume(one != other)
    ways = Ways()
    found = {ways.fingerprint("t", [*full(n), ["t"]], reached=True) for n in (one, other)}
    assert len(found) == 2


def test_parallel_ways_that_were_seen_together_are_one() -> None:
    ways = Ways()
    both = ways.fingerprint("t", [["a"], ["up", "down"], ["t"]], reached=True)
    assert ways.fingerprint("t", [["a"], ["up"], ["t"]], reached=True) == both
    assert ways.fingerprint("t", [["a"], ["down"], ["t"]], reached=True) == both
    assert ways.fingerprint("t", [["a"], ["side"], ["t"]], reached=True) != both


def test_a_run_that_did_not_get_there_may_have_gone_the_same_way() -> None:
    ways = Ways()
    there = ways.fingerprint("t", full(5), reached=True)
    assert ways.fingerprint("t", full(3), reached=False) == there
    assert ways.fingerprint("t", [*full(3), [], []], reached=False) == there
    assert ways.fingerprint("t", full(6), reached=False) != there


def test_the_same_hops_have_the_same_fingerprint_everywhere() -> None:
    way = [["b", "a"], [], ["c"]]
    assert Ways().fingerprint("t", way, reached=True) == Ways().fingerprint(
        "u", [["a", "b"], [], ["c"]], reached=True
    )
    assert Ways().fingerprint("t", [[], []], reached=False) == ""


def test_what_is_remembered_has_bounds() -> None:
    ways = Ways()
    for number in range(MOST_TARGETS + 10):
        ways.fingerprint(str(number), full(2), reached=True)
    for number in range(3 * MOST_WAYS):
        ways.fingerprint("t", [[str(number)]], reached=True)
    assert len(ways._known) == MOST_TARGETS
    assert len(ways._known["t"]) == MOST_WAYS
