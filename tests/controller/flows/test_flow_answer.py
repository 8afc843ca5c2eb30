"""An answer says exactly what it leaves out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.flows.answer import By, Question, TrafficAnswer
from forepost.controller.flows.rollup import NOTHING, StoredList, minus, plus

DEVICES = StoredList(
    [(("d",), "mac", (10, 1, 1, 1, 1)), (("e",), "", (5, 0, 1, 1, 1))], (3, 0, 1, 1, 1)
)
TALKS = StoredList(
    [
        (("d", "TLS", "x", "guests", "red"), "", (8, 0, 0, 0, 1)),
        (("d", "DNS", "y", "guests"), "", (2, 0, 0, 0, 1)),
        (("e", "TLS", "x"), "", (5, 0, 0, 0, 1)),
    ],
    (3, 0, 0, 0, 1),
)


def answer(kept: StoredList, **question: object) -> TrafficAnswer:
    made = TrafficAnswer(Question(**question))  # type: ignore[arg-type]
    made.read([(60, kept), (120, kept)], steps=60)
    return made


def test_without_a_filter_rows_and_rest_are_the_total() -> None:
    found = answer(DEVICES, by="device", limit=1)
    assert found.total == (36, 2, 6, 6, 6)
    top = found.top()
    assert top == [(("d",), "mac", (20, 2, 2, 2, 2))]
    assert found.rest(top) == (16, 0, 4, 4, 4)
    assert found.at(("d",), 60) == (10, 1, 1, 1, 1)
    assert found.rest_at([("d",)], 120) == (8, 0, 2, 2, 2)


def test_with_a_filter_the_rest_is_of_what_matched_and_the_unknown_is_said() -> None:
    found = answer(TALKS, by="application", device="d", limit=1)
    top = found.top()
    assert [(key, counts[0]) for key, _, counts in top] == [(("TLS",), 16)]
    assert (found.matched[0], found.rest(top)[0], found.unknown[0]) == (20, 4, 6)
    assert found.total[0] == 36
    assert found.rest_at([("TLS",)], 60) == (2, 0, 0, 0, 1)


def test_one_filter_on_its_own_kind_needs_no_talks() -> None:
    assert Question(by="device", device="d").kind == "devices"
    assert Question(by="total", device="d").kind == "devices"
    assert Question(by="total").kind is None
    assert Question(by="talk").kind == Question(by="group", device="d").kind == "talks"
    found = answer(DEVICES, by="total", device="e")
    assert found.top() == [(("",), "", (10, 0, 2, 2, 2))]


def test_a_talk_counts_for_each_of_its_groups() -> None:
    found = answer(TALKS, by="group", device="d")
    assert [(key[0], counts[0]) for key, _, counts in found.top()] == [("guests", 20), ("red", 16)]
    assert found.overlaps
    in_group = answer(TALKS, by="remote", group="guests")
    assert [(key[0], counts[0]) for key, _, counts in in_group.top()] == [("x", 16), ("y", 4)]


names = st.sampled_from("ab")
talks = st.lists(
    st.tuples(
        st.tuples(names, names, names),
        st.just(""),
        st.tuples(*[st.integers(0, 100)] * 5),
    ),
    max_size=8,
)


@pytest.mark.parametrize("by", ["device", "application", "remote", "talk"])
@given(rows=talks, device=st.sampled_from(["", "a"]), limit=st.integers(1, 3))
def test_nothing_is_unsaid(by: By, rows: list[object], device: str, limit: int) -> None:
    kept = StoredList(rows, (1, 1, 1, 1, 1))  # type: ignore[arg-type]
    question = Question(by=by, device=device, remote="b" if device else "", limit=limit)
    found = TrafficAnswer(question)
    if question.kind != "talks":
        return
    found.read([(0, kept)], steps=60)
    top = found.top()
    shown = NOTHING
    for _, _, counts in top:
        shown = plus(shown, counts)
    whole = found.matched if found.filtered else found.total
    assert plus(shown, found.rest(top)) == whole
    assert min(minus(found.total, plus(found.matched, found.unknown))) >= 0 or not found.filtered
    assert found.total == kept.total
