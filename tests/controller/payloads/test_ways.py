"""Runs of MTR that went the same way, and those that did not."""

from forepost.controller.payloads.mtr import Route
from forepost.controller.payloads.ways import ways_of


def route(text: str) -> Route:
    """`a b/c *`: hops, with the addresses that answered."""
    return tuple(frozenset() if hop == "*" else frozenset(hop.split("/")) for hop in text.split())


def places(*texts: str) -> list[list[int]]:
    return [way.places for way in ways_of([route(text) for text in texts])]


def test_a_hop_that_is_silent_once_or_answers_by_turns_is_no_other_way() -> None:
    assert places("a b d", "a * d", "a b/c d", "a c d") == [[0, 1, 2, 3]]


def test_another_router_is_another_way() -> None:
    assert places("a b d", "a x d", "a b d") == [[0, 2], [1]]


def test_a_longer_way_is_another_unless_the_shorter_one_was_not_answered_at_its_end() -> None:
    assert places("a b d", "a b c d") == [[0], [1]]
    assert places("a b c d", "a b * *") == [[0, 1]]
    assert places("a b d", "a * *") == [[0, 1]]


def test_a_way_says_its_hops_and_has_one_fingerprint() -> None:
    one, other = ways_of([route("a * d *"), route("b d")])
    assert (one.path, other.path) == ("a -> * -> d", "b -> d")
    assert one.fingerprint == ways_of([route("a * d")])[0].fingerprint != other.fingerprint
