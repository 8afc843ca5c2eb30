"""Links between the agents of a run: few, all connected, steady."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.controller.jobs.neighbours import MOST_LINKS, LinkMember, Links, links_of
from forepost.wire.jobs.job import JobType

SITES = ("", "198.18.0.0/24", "198.18.1.0/24", "2001:db8::/64")
MEMBERS = st.lists(
    st.builds(
        LinkMember,
        agent_id=st.integers(1, 5_000),
        permission=st.sampled_from(("rw", "ro")),
        site=st.sampled_from(SITES),
        listens=st.booleans(),
        is_live=st.booleans(),
    ),
    max_size=120,
    unique_by=lambda one: one.agent_id,
)
SWARMS = st.sampled_from(("folder", "distribution"))


def reached(links: Links, agents: set[int]) -> set[int]:
    """Those of `agents` that are found from one of them by links among them."""
    if not agents:
        return set()
    found, new = set[int](), {min(agents)}
    while new:
        found |= new
        new = {other for one in new for other in links[one]} & agents - found
    return found


def changed(before: Links, after: Links) -> set[int]:
    """Agents that have other neighbours."""
    both = before.keys() & after.keys()
    return {one for one in both if before[one] != after[one]}


@given(SWARMS, MEMBERS)
def test_each_has_few_links_and_the_whole_is_connected(
    type_: JobType, members: list[LinkMember]
) -> None:
    links = links_of(type_, members)
    everybody = {one.agent_id for one in members}
    assert links.keys() == everybody
    for one, others in links.items():
        assert one not in others
        assert len(others) <= MOST_LINKS
        assert all(one in links[other] for other in others)
    assert reached(links, everybody) == everybody
    live = {one.agent_id for one in members if one.is_live}
    assert reached(links, live) == live


@given(SWARMS, MEMBERS, st.randoms(use_true_random=False))
def test_the_order_in_which_agents_are_named_does_not_matter(
    type_: JobType, members: list[LinkMember], random: object
) -> None:
    other = list(members)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert links_of(type_, members) == links_of(type_, other)


@settings(max_examples=200)
@given(SWARMS, MEMBERS.filter(lambda some: len(some) > 1), st.data())
def test_who_comes_or_goes_changes_the_links_of_few(
    type_: JobType, members: list[LinkMember], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from(members))
    before = links_of(type_, members)
    after = links_of(type_, [one for one in members if one is not gone])
    assert len(changed(before, after)) <= 3 * MOST_LINKS


def many(size: int, sites: Sequence[str] = ("a",)) -> list[LinkMember]:
    return [LinkMember(agent_id=1 + n, site=sites[n % len(sites)]) for n in range(size)]


def test_of_500_one_that_goes_concerns_few_and_all_are_near() -> None:
    members = many(500, ("a", "b", "c", "d"))
    before = links_of("distribution", members)
    for gone in range(0, 500, 37):
        after = links_of("distribution", [*members[:gone], *members[gone + 1 :]])
        assert len(changed(before, after)) <= 3 * MOST_LINKS
    near, steps = {1}, 0
    while len(near) < 500:
        near |= {other for one in near for other in before[one]}
        steps += 1
    assert steps <= 8


def test_neighbours_are_of_the_same_site_where_that_can_be() -> None:
    members = many(80, ("a", "b"))
    links = links_of("folder", members)
    site = {one.agent_id: one.site for one in members}
    pairs = [(one, other) for one, others in links.items() for other in others]
    assert sum(site[one] == site[other] for one, other in pairs) > 0.7 * len(pairs)


def test_one_that_only_dials_picks_those_that_listen() -> None:
    listening = [LinkMember(agent_id=n) for n in range(1, 11)]
    dialing = [LinkMember(agent_id=n, listens=False) for n in range(11, 31)]
    links = links_of("distribution", [*listening, *dialing])
    ones = {one.agent_id for one in listening}
    assert all(links[one.agent_id] & ones for one in dialing)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_few_are_all_linked(size: int) -> None:
    links = links_of("folder", many(size))
    assert all(len(others) == size - 1 for others in links.values())


def test_files_of_a_consolidation_come_from_where_they_are() -> None:
    roles = {1: "rw", 2: "rw", 3: "ro", 4: "ro"}
    members = [LinkMember(agent_id=one, permission=role) for one, role in roles.items()]  # type: ignore[arg-type]
    links = links_of("consolidation", members)
    assert links == {
        1: frozenset({3, 4}),
        2: frozenset({3, 4}),
        3: frozenset({1, 2}),
        4: frozenset({1, 2}),
    }


def test_a_script_links_nobody() -> None:
    assert links_of("script", many(3)) == {1: frozenset(), 2: frozenset(), 3: frozenset()}
