"""What follows for a run from how it is at its agents."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.jobs.course import (
    RowView,
    RunView,
    begun,
    follows,
    move_of,
)
from forepost.wire.jobs.delivery import OVER, RunState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STATES = st.sampled_from(
    (
        "queued",
        "delivered",
        "started",
        "finished",
        "error",
        "interrupted",
        "lost",
        "canceled",
    )
)
ROWS = st.lists(
    st.builds(
        RowView,
        agent_id=st.integers(1, 50),
        permission=st.sampled_from(("rw", "ro")),
        state=STATES,
        status=st.sampled_from(("", "seeding", "downloading", "error")),
        is_released=st.booleans(),
        is_given=st.booleans(),
        is_left_out=st.just(False),
        is_live=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda row: row.agent_id,
)
RUNS = st.builds(
    RunView,
    type=st.sampled_from(("script", "distribution", "consolidation", "folder")),
    wish=st.sampled_from(("run", "pause", "cancel")),
    phase=st.sampled_from(("open", "complete", "incomplete")),
    expires_at=st.sampled_from((None, NOW - timedelta(1), NOW + timedelta(1))),
    concurrency=st.integers(0, 4),
    waits_for_more=st.booleans(),
    rows=ROWS,
)


def after(run: RunView) -> RunView:
    """The run after what follows was carried out."""
    move = move_of(run, NOW)
    rows = []
    for row in run.rows:
        state, _ = move.ends.get(row.agent_id, (row.state, ""))
        released = row.is_released or row.agent_id in move.released
        rows.append(msgspec.structs.replace(row, state=state, is_released=released))
    return msgspec.structs.replace(run, rows=rows, phase=move.phase)


@given(RUNS)
def test_what_follows_follows_once(run: RunView) -> None:
    again = move_of(after(run), NOW)
    assert again.ends == {}
    assert again.phase == move_of(run, NOW).phase
    assert again.status == move_of(run, NOW).status


@given(RUNS)
def test_nobody_but_the_agent_says_how_it_ends_where_the_agent_may_know_of_it(
    run: RunView,
) -> None:
    known = {row.agent_id for row in run.rows if row.is_given or row.is_over}
    assert not known & move_of(run, NOW).ends.keys()


@given(RUNS)
def test_no_more_agents_at_a_time_than_were_asked_for(run: RunView) -> None:
    before = sum(row.is_released and not row.is_over for row in run.rows)
    now = sum(row.is_released and not row.is_over for row in after(run).rows)
    if run.concurrency:
        assert now <= max(before, run.concurrency)


@given(STATES, STATES)
def test_an_end_is_final_and_nothing_goes_back(before: RunState, then: RunState) -> None:
    if before in OVER:
        assert not follows(before, then)
    else:
        assert follows(before, before)
        assert follows(before, "error")
    assert not follows("started", "queued")


def rows(*states: tuple[str, str, str]) -> list[RowView]:
    return [
        RowView(agent_id=n, permission=permission, state=state, status=status)  # type: ignore[arg-type]
        for n, (permission, state, status) in enumerate(states, 1)
    ]


def phase(*states: tuple[str, str, str], **more: Any) -> str:
    return move_of(RunView(type="distribution", rows=rows(*states), **more), NOW).phase


def test_the_barrier_of_a_transfer() -> None:
    source = ("rw", "started", "seeding")
    assert phase(source, ("ro", "started", "downloading")) == "open"
    assert phase(source, ("ro", "queued", "")) == "open"
    assert phase(source, ("ro", "started", "seeding")) == "complete"
    assert phase(source, ("ro", "finished", "successfully finished")) == "complete"
    assert phase(source, ("ro", "started", "seeding"), waits_for_more=True) == "open"
    # A script that cleans up at the source never runs where somebody has not got everything.
    assert phase(source, ("ro", "started", "seeding"), ("ro", "error", "error")) == "incomplete"
    assert phase(source, ("ro", "started", "downloading"), ("ro", "lost", "")) == "open"
    assert phase(("rw", "error", ""), ("ro", "started", "no peers")) == "incomplete"


def test_what_becomes_of_a_run() -> None:
    def status(type_: str, *states: str, wish: str = "run") -> str:
        found = rows(*(("rw", state, "") for state in states))
        return move_of(RunView(type=type_, wish=wish, rows=found), NOW).status  # type: ignore[arg-type]

    assert status("script", "finished", "finished") == "finished"
    assert status("script", "finished", "interrupted") == "error"
    assert status("script", "finished", "started") == "working"
    assert status("script", "finished", "started", wish="pause") == "paused"
    assert status("script", "finished", "canceled", wish="cancel") == "aborted"
    assert status("script", "finished", "finished", wish="cancel") == "finished"
    assert status("folder", "started", "error") == "working"
    assert status("script") == "error"


def test_how_a_run_begins_where_somebody_is_away() -> None:
    here, away = RowView(agent_id=1), RowView(agent_id=2, is_live=False)
    old = RowView(agent_id=3)
    all_of = [here, away, old]
    takes_none = frozenset({3})
    ends, left_out = begun("queue", all_of, takes_none)
    assert (set(ends), left_out) == ({3}, frozenset())
    ends, left_out = begun("skip", all_of, takes_none)
    assert (ends[2], left_out) == (("lost", "was away"), frozenset({2}))
    ends, _ = begun("fail", all_of, takes_none)
    assert ends[1] == ("canceled", "agent 2 was away")
    assert begun("fail", [here], frozenset())[0] == {}
