"""Whatever was added and taken away: the counters are those of the paths that are left."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from forepost.controller.payloads import read
from forepost.controller.payloads.mtr import Mtr
from forepost.controller.topology.graph import Graph
from forepost.controller.topology.paths import FoundPath, Path, found_in, path_of
from tests.controller.topology.mtr_reports import report

ADDRESSES = ["", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]
hops = st.tuples(
    st.sampled_from(ADDRESSES),
    st.floats(0.01, 500),
    st.sampled_from([0.0, 0.1, 33.33, 60.0, 100.0]),
)


def found_by(said: object) -> FoundPath | None:
    mtr = read("MTR", json.dumps(said).encode())
    assert isinstance(mtr, Mtr)
    return found_in(mtr)


@st.composite
def paths(draw: st.DrawFn) -> Path:
    agent = draw(st.integers(1, 3))
    found = found_by(report(draw(st.lists(hops, min_size=1, max_size=6))))
    assert found is not None
    return path_of(found, f"{agent}:1:t", agent, draw(st.sampled_from(["dest:t", "agent:2"])))


def plain(graph: Graph) -> object:
    return (
        {node: tally.seen for node, tally in graph.nodes.items()},
        {edge: tally.seen for edge, tally in graph.edges.items()},
    )


@given(st.lists(st.tuples(st.integers(0, 4), paths())))
def test_replacing_paths_leaves_what_building_from_scratch_gives(
    changes: list[tuple[int, Path]],
) -> None:
    """Each place holds one path, as a line does; a new one takes the old one's away."""
    graph = Graph()
    held: dict[int, Path] = {}
    for place, path in changes:
        if place in held:
            graph.take_away(held[place])
        graph.add(path)
        held[place] = path
    assert plain(graph) == plain(Graph.of(held.values()))
    for path in held.values():
        graph.take_away(path)
    assert graph.nodes == {}
    assert graph.edges == {}


@given(st.lists(paths(), min_size=1), st.integers(1, 9))
def test_the_next_path_of_a_line_replaces_the_one_before(found: list[Path], scale: int) -> None:
    """Also where it goes the same way, and only its figures differ."""
    graph = Graph()
    other = found[0]
    graph.add(other)
    before = structs.replace(found[-1], id="line", agent_id=4)
    graph.add(before)
    for path in found:
        for figures in (path.rtts_us, tuple(us * scale if us > 0 else us for us in path.rtts_us)):
            after = structs.replace(path, id="line", agent_id=4, rtts_us=figures)
            graph.replace(before, after)
            before = after
    assert plain(graph) == plain(Graph.of([other, before]))


@given(paths())
def test_a_path_begins_at_its_agent_and_goes_where_it_wanted(path: Path) -> None:
    assert path.nodes[0] == f"agent:{path.agent_id}"
    assert path.nodes[-1] in ("dest:t", "agent:2")
    assert list(path.losses_c[1:]) == sorted(path.losses_c[1:])  # not answered is not lost
    assert "hop:" not in path.nodes
    assert all(one != other for one, other in pairwise(path.nodes[1:]))
    columns = (path.nodes, path.ttls, path.hostnames, path.rtts_us, path.losses_c)
    assert len(set(map(len, columns))) == 1


def test_a_report_that_is_none_has_no_path() -> None:
    odd = json.dumps(report([("192.0.2.9", 2, 0)])).replace("2.00", "NaN").encode()
    for payload in (b"", b"{}", b"[]", b'{"report":{"hops":[]}}', b'{"report":{"hops":null}}', odd):
        said = read("MTR", payload)
        assert said is None or (isinstance(said, Mtr) and found_in(said) is None)


def test_what_no_router_says_is_left_out() -> None:
    hops = [("x" * 100, 1, 0), ("192.0.2.1", 1, 0), ("192.0.2.9", -2, 130)]
    found = found_by(report(hops))
    assert found is not None
    path = path_of(found, "p", 1, "dest:t")
    assert path.nodes == ("agent:1", "hop:192.0.2.1", "dest:t")
    assert path.losses_c == (-1, 0, 10_000)
