from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.alerts.changes import (
    SETTLED,
    Usual,
    first_text,
    joined,
    same_path,
    same_text,
)
from forepost.controller.payloads.mtr import Route

hops = st.frozensets(st.sampled_from("abcdef"), max_size=3)
paths = st.lists(hops, max_size=6).map(tuple)


def path(text: str) -> Route:
    """`a b|c * d`: two addresses at the second hop, and silence at the third."""
    return tuple(frozenset(h.split("|")) if h != "*" else frozenset() for h in text.split())


def usual(text: str) -> Usual[Route]:
    return Usual(path(text), same_path, joined)


@given(paths, paths)
def test_sameness_has_no_direction(one: Route, other: Route) -> None:
    assert same_path(one, one)
    assert same_path(one, other) == same_path(other, one)


@given(paths, paths)
def test_what_is_joined_is_like_both(one: Route, other: Route) -> None:
    both = joined(one, other)
    assert same_path(both, one)
    assert same_path(both, other)
    assert joined(one, other) == joined(other, one)


def test_silent_hops_and_parallel_ways_are_no_change() -> None:
    found = usual("a b|c * e")
    assert [found.sees(path(t)) for t in ("a b d e", "a * d e", "a c * e", "a b")] == [False] * 4
    assert found.sees(path("a b x e")), "the silent hop is known by now"


def test_a_change_stands_until_the_usual_is_back() -> None:
    found = usual("a b e")
    assert [found.sees(path(t)) for t in ("a x e", "a x e", "a x e", "a b e")] == [
        True,
        True,
        True,
        False,
    ]
    assert found.sees(path("a x e")), "three traces are no balanced load"


def test_what_comes_and_goes_is_learnt_once() -> None:
    found = usual("a b e")
    assert [found.sees(path(t)) for t in ("a x e", "a b e", "a x e", "a b e", "a x e")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_what_has_settled_or_is_accepted_is_usual() -> None:
    found = usual("a b e")
    assert [found.sees(path("a x e")) for _ in range(SETTLED)] == [True] * (SETTLED - 1) + [False]
    assert found.sees(path("a b e"))
    found.accept()
    assert not found.sees(path("a b e"))


def test_an_address_is_not_joined_with_another() -> None:
    found = Usual("one", same_text, first_text)
    assert [found.sees(t) for t in ("two", "one", "two", "three")] == [True, False, True, True]
