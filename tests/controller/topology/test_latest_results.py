"""What is kept in RAM, and that it stays within its bounds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.series.port import Row
from forepost.controller.topology import latest as board_module
from forepost.controller.topology.graph import Graph
from forepost.controller.topology.latest import MINUTE_US, SILENT_US, LatestResults
from tests.controller.series.series_rows import START, row
from tests.controller.topology.mtr_reports import report
from tests.controller.topology.test_graph import plain

HOPS = [("192.0.2.1", 1.0, 0.0), ("203.0.113.9", 5.0, 0.0)]


def mtr(at_us: int, hops: Any = HOPS, **fields: Any) -> Row:
    payload = json.dumps(report(hops)).encode()
    return row(at_us, type="MTR", payload=payload, **({"target": ""} | fields))


def nodes(board: LatestResults) -> set[str]:
    return set(board.space(1).graph.nodes)


def test_an_older_path_does_not_replace_a_newer_one() -> None:
    board = LatestResults()
    board.consider(1, [mtr(START), mtr(START - MINUTE_US, [("192.0.2.7", 1.0, 0.0), HOPS[1]])])
    assert nodes(board) == {"agent:10", "hop:192.0.2.1", "dest:203.0.113.9"}
    assert board.lines == 1  # an MTR without a target says it in its report


def test_what_comes_out_of_a_spool_says_nothing_about_now() -> None:
    board = LatestResults()
    board.consider(1, [row(START, received_us=START + SILENT_US + 1)])
    assert board.lines == 0
    board.consider(1, [row(START, received_us=START + SILENT_US)])
    assert board.lines == 1


def test_a_clock_that_is_ahead_counts_as_when_it_came() -> None:
    board = LatestResults()
    board.consider(1, [row(START + 600 * MINUTE_US, received_us=START)])
    (line,) = board.space(1).lines.values()
    assert line.newest_us == START


def test_silent_lines_and_probes_that_are_gone_make_room() -> None:
    board = LatestResults()
    board.consider(1, [mtr(START), row(START + MINUTE_US, probe_id=2)])
    board.expire(START + SILENT_US)
    assert board.lines == 2
    board.expire(START + SILENT_US + 1)
    assert board.lines == 1
    assert (nodes(board), board.steps) == (set(), 0)
    board.prune(1, [3])
    assert board.lines == 0
    board.expire(START)
    assert board.space(1).lines == {}


def test_results_of_no_probe_are_no_lines() -> None:
    board = LatestResults()
    board.consider(1, [row(probe_id=0, type="SYSINFO")])
    assert board.lines == 0


def test_a_full_board_leaves_out_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_module, "PER_WORKSPACE", 3)
    monkeypatch.setattr(board_module, "MOST_LINES", 4)
    monkeypatch.setattr(board_module, "STEPS_PER_WORKSPACE", 5)
    board = LatestResults()
    board.consider(1, [mtr(START, probe_id=n) for n in (1, 2, 3, 4)])
    board.consider(2, [row(START, probe_id=n) for n in (11, 12)])
    assert (board.lines, len(board.space(1).lines), len(board.space(2).lines)) == (4, 3, 1)
    # Two paths of three steps have no room, nor two lines.
    assert board.steps == 3
    assert (board.space(1).left_out, board.space(2).left_out) == (3, 1)
    board.consider(1, [row(START + 1, probe_id=1, type="MTR", target="203.0.113.9")])
    assert board.left_out == 4  # a line that has its place is kept up to date


paths = st.lists(
    st.tuples(st.sampled_from(["", "192.0.2.1", "192.0.2.2"]), st.just(1.0)), min_size=1
)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3),
            st.integers(0, 20),
            paths,
            st.sampled_from(["take", "expire", "prune"]),
        ),
        max_size=30,
    )
)
def test_after_anything_the_graph_is_that_of_the_lines(steps: list[Any]) -> None:
    board = LatestResults()
    for probe, minute, hops, what in steps:
        at_us = START + minute * MINUTE_US
        if what == "take":
            board.consider(1, [mtr(at_us, [(ip, rtt, 0.0) for ip, rtt in hops], probe_id=probe)])
        elif what == "expire":
            board.expire(at_us)
        else:
            board.prune(1, [probe])
    lines = board.space(1).lines.values()
    held = [line.path for line in lines if line.path is not None]
    assert plain(board.space(1).graph) == plain(Graph.of(held))
    assert board.steps == sum(len(path.nodes) for path in held)
    assert board.lines == len(lines)
