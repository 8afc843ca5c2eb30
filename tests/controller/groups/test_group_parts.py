"""A document of groups is cut into parts, and put together by the agent as it was."""

from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.flows.wanted import MOST_BYTES, entries_of
from forepost.agent.uplink.document_parts import DocumentParts
from forepost.agent.uplink.session import Session
from forepost.agent.uplink.steps import Wanted
from forepost.controller.fleet.document_forms import AsWantGroups
from forepost.controller.groups.parts import Head, heads_for, parts, revision_of, revisions
from forepost.wire.uplink.documents import GROUPS
from forepost.wire.uplink.groups import MOST_IN_PART, GroupEntries

SIZES = st.sampled_from([0, 1, 7, MOST_IN_PART - 3, MOST_IN_PART - 2, 2 * MOST_IN_PART])


class Agent:
    """Has of all groups what came whole."""

    def __init__(self, *, takes_groups: bool = True) -> None:
        self._session = Session("0.1.0", 1, 0, documents=(GROUPS,) if takes_groups else ())
        list(self._session.received("A1"))
        self._parts = DocumentParts(MOST_BYTES)

    def hears(self, text: str) -> list[GroupEntries] | None:
        found = None
        for step in self._session.received(text):
            assert isinstance(step, Wanted)
            assert (step.event, step.part.document) == ("want_groups", GROUPS)
            found = self._parts.take(step.part)
        if found is None:
            return None
        return [GroupEntries(name=name, entries=of) for name, of in entries_of(found).items()]


def frames(revision: str, cut: list[bytes]) -> list[str]:
    """As an agent of the version before reads them."""
    form = AsWantGroups()
    return [form.frame(revision, n, len(cut), part) for n, part in enumerate(cut, 1)]


def groups_of(sizes: list[int]) -> list[GroupEntries]:
    return [
        GroupEntries(name=f"g{n}", entries=[str(entry) for entry in range(size)])
        for n, size in enumerate(sizes)
    ]


@given(st.lists(SIZES, max_size=5))
def test_what_is_cut_is_put_together_as_it_was(sizes: list[int]) -> None:
    groups = groups_of(sizes)
    cut = parts(groups)
    own = Agent()
    found = [own.hears(text) for text in frames("r", cut)]
    assert found == [*[None] * (len(cut) - 1), groups]
    assert all(len(part) < 70 << 10 for part in cut)


def test_the_largest_part_is_less_than_a_frame_may_be() -> None:
    long = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127"
    made = parts([GroupEntries(name="n" * 64, entries=[long] * 2_500)])
    assert len(made) == 3
    assert max(map(len, made)) < 70 << 10
    many = parts([GroupEntries(name=f"{n:064}", entries=[]) for n in range(20_000)])
    assert max(map(len, many)) < 70 << 10


def test_a_document_that_is_cut_short_changes_nothing() -> None:
    first, second, third = frames("r1", parts(groups_of([2_500])))
    other = frames("r2", parts(groups_of([2_500])))
    own = Agent()
    for part in (second, third, first, other[1], first, third):
        assert own.hears(part) is None
    assert own.hears(first) is None
    assert own.hears(second) is None
    assert own.hears(third) == groups_of([2_500])


def test_an_agent_without_traffic_takes_none() -> None:
    (text,) = frames("r", parts(groups_of([1])))
    assert Agent(takes_groups=False).hears(text) is None


def test_a_revision_is_another_one_after_every_change() -> None:
    heads = [Head(1, 1), Head(2, 5)]
    assert revision_of(heads) == revision_of(heads[::-1])
    others = [[], heads[:1], [Head(1, 2), Head(2, 5)], [*heads, Head(3, 1)], [Head(11, 2)]]
    found = {revision_of(one) for one in [heads, *others]}
    assert len(found) == len(others) + 1


SOME = st.frozensets(st.integers(1, 4), max_size=3)


@given(st.lists(st.tuples(st.integers(1, 3), SOME), max_size=6))
def test_all_revisions_at_once_are_those_of_each(groups: list[tuple[int, frozenset[int]]]) -> None:
    heads = [Head(n, revision, of) for n, (revision, of) in enumerate(groups)]
    found = revisions(heads, range(1, 6))
    assert found == {agent: revision_of(heads_for(agent, heads)) for agent in range(1, 6)}
    for agent in range(1, 6):
        own = heads_for(agent, heads)
        assert own == [head for head in heads if agent in (head.agent_ids or {agent})]
