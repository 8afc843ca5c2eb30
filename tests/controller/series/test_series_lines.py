from pathlib import Path

import apsw
import pytest

from forepost.controller.series.lines import KnownLines, Lines, Of, admits
from forepost.controller.series.port import Find
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.health import Health
from tests.controller.series.series_rows import DAY, SECOND, START, chart, row
from tests.fakes.clock import FakeClock


def intern(lines: Lines, target: str, *, type_: str = "PING", agent_id: int = 10) -> int:
    key = (1, agent_id, 10, type_, target, 0)
    return lines.ids.get(key) or lines.intern(key)[0]


def test_a_line_is_seen_when_it_is_settled_and_gone_when_it_is_not() -> None:
    lines = Lines()
    first = intern(lines, "a")
    assert lines.of_stream(1) == ()
    lines.settle()
    assert [line.line for line in lines.of_stream(1)] == [first]

    intern(lines, "b")
    lines.revert()
    assert [line.of.target for line in lines.of_stream(1)] == ["a"]
    assert len(lines.ids) == 1
    again = intern(lines, "b")
    assert again != first
    assert intern(lines, "b") == again


def test_past_the_bound_targets_share_one_line_for_each_type() -> None:
    lines = Lines(per_agent=2)
    own = [intern(lines, target) for target in "ab"]
    shared, of = lines.intern((1, 10, 7, "PING", "c", 3))
    assert shared not in own
    assert of == Of(7, "PING", "c", 3)
    assert lines.intern((1, 10, 8, "PING", "d", 0))[0] == shared
    assert lines.intern((1, 10, 8, "MTR", "d", 0))[0] != shared
    assert lines.intern((2, 10, 8, "PING", "d", 0))[0] != shared
    assert intern(lines, "a") == own[0]
    assert lines.intern((1, 11, 8, "PING", "d", 0))[1] is None


def test_types_that_are_made_up_are_bounded_too() -> None:
    lines = Lines(per_agent=0)
    numbers = {lines.intern((1, 10, 0, f"T{number}", "", 0))[0] for number in range(3_000)}
    assert len(numbers) == 1_001


def test_a_dropped_line_makes_room() -> None:
    lines = Lines(per_agent=1)
    first = intern(lines, "a")
    shared, _ = lines.intern((1, 10, 10, "PING", "b", 0))
    lines.settle()
    lines.drop([first, shared])
    assert lines.of_stream(1) == ()
    number, of = lines.intern((1, 10, 10, "PING", "c", 0))
    assert of is None
    assert number > shared


def test_a_shared_line_may_have_rows_for_any_filter_but_stream_and_agent() -> None:
    shared = KnownLines(1, 1, 10, Of(0, "PING", "", 0), shared=True)
    lines = Lines([shared])
    assert lines.matching(Find(streams=[1], target_prefix="x", target_agent=9)) == [shared]
    assert lines.matching(Find(streams=[1], agent_id=11)) == []
    assert lines.matching(Find(streams=[2])) == []


@pytest.mark.parametrize(
    ("query", "admitted"),
    [
        (Find(streams=[]), True),
        (Find(streams=[], type="PING", probe_agent_id=5, target_agent=6), True),
        (Find(streams=[], target_prefix="10."), True),
        (Find(streams=[], target_prefix="10.2"), False),
        (Find(streams=[], type="MTR"), False),
        (Find(streams=[], probe_agent_id=6), False),
        (Find(streams=[], target_agent=5), False),
    ],
)
def test_filters(query: Find, *, admitted: bool) -> None:
    assert admits(query, Of(5, "PING", "10.1", 6)) is admitted


def test_spellings_of_one_target_are_one_line() -> None:
    lines = Lines()
    first = intern(lines, "2001:DB8::0001")
    assert intern(lines, "2001:db8:0:0:0:0:0:1") == intern(lines, "2001:db8::1") == first
    assert intern(lines, "Example.COM.") == intern(lines, "example.com")
    lines.settle()
    assert [line.of.target for line in lines.of_stream(1)] == ["2001:db8::1", "example.com"]


@pytest.mark.anyio
async def test_lines_of_before_are_shown_as_one_with_the_new_ones(
    sqlite: SqliteSeries, path: Path, clock: FakeClock, health: Health
) -> None:
    await sqlite.add([row(START, 1, target="one"), row(START, 2, target="two")])
    await sqlite.close()
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE lines SET target = 'Example.COM' WHERE target = 'one'")
    connection.execute("UPDATE lines SET target = 'EXAMPLE.com.' WHERE target = 'two'")
    connection.close()

    store = await SqliteSeries.open(path, clock, health)
    assert await store.add([row(START + SECOND, 3, target="example.com")]) == 1
    assert await store.add([row(START, 1, target="Example.COM")]) == 0
    _, (line,) = await chart(store, START, START + 60 * SECOND, points=1)
    assert (line.target, line.points[0].count) == ("example.com", 3)
    found = await store.find(Find(streams=[1], target_prefix="example"))
    assert {each.target for each in found} == {"example.com"}
    assert len(found) == 3
    assert await store.forget(before_us=START + 3 * DAY) == 1
    assert await store.add([row(START, 9, target="example.com")]) == 1
    assert len(await store.find(Find(streams=[1]))) == 1
    await store.close()
