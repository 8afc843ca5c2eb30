import logging
import stat
from pathlib import Path

import anyio
import apsw
import pytest

from forepost.controller.series.port import ChartOf, Find, Row
from forepost.controller.series.schema import UnknownFile
from forepost.controller.series.sqlite import InUse, SqliteSeries
from forepost.kit.errors import Unavailable
from forepost.kit.health import Health
from tests.controller.series.series_rows import DAY, SECOND, START, every, identities, row
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio


async def add_all(store: SqliteSeries, adds: list[list[Row]]) -> list[int | Exception]:
    answers: list[int | Exception] = [0] * len(adds)

    async def add(place: int) -> None:
        try:
            answers[place] = await store.add(adds[place])
        except (Unavailable, OverflowError) as error:
            answers[place] = error

    async with anyio.create_task_group() as group:
        for place in range(len(adds)):
            group.start_soon(add, place)
    return answers


async def commits(store: SqliteSeries) -> list[int]:
    """A list that grows with every commit, holding the number of pages in the WAL."""
    seen: list[int] = []

    def in_thread() -> None:
        connection = store._writer.connection

        def committed(_: apsw.Connection, __: str, pages: int) -> int:
            seen.append(pages)
            return apsw.SQLITE_OK

        connection.set_wal_hook(committed)

    await store._writer.call(in_thread)
    return seen


async def limit_pages(store: SqliteSeries, *, more: int | None) -> None:
    """A disk that is full after `more` pages; None: after very many."""

    def in_thread() -> None:
        connection = store._writer.connection
        used = connection.pragma("page_count")
        connection.pragma("max_page_count", 1_000_000 if more is None else used + more)

    await store._writer.call(in_thread)


async def test_adds_that_wait_together_are_committed_together(sqlite: SqliteSeries) -> None:
    await sqlite.add([row(identity=1_000)])
    seen = await commits(sqlite)
    answers = await add_all(sqlite, [[row(identity=number)] for number in range(200)])
    assert answers == [1] * 200
    assert len(seen) < 50


async def test_on_a_full_disk_all_of_the_group_raise_and_nothing_is_stored(
    sqlite: SqliteSeries, health: Health
) -> None:
    before = every(SECOND, 10, target="before")
    await sqlite.add(before)
    await limit_pages(sqlite, more=2)
    adds = [
        [row(START + day * DAY + n, n, target=f"t{n}", payload=bytes(500)) for n in range(200)]
        for day in range(4)
    ]
    answers = await add_all(sqlite, adds)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert "full" in str(answers[0])
    assert "full" in health.problems["series"]
    assert len(await sqlite.find(Find(streams=[1]))) == len(before)
    lines = (await sqlite.chart(ChartOf(stream=1, from_us=START, to_us=START + 9 * DAY))).lines
    assert [line.target for line in lines] == ["before"]

    await limit_pages(sqlite, more=None)
    assert await add_all(sqlite, adds) == [200] * 4
    assert not health.problems
    assert len(await sqlite.find(Find(streams=[1], target_prefix="t"))) == 800


async def test_a_wrong_row_costs_only_its_own_add(sqlite: SqliteSeries) -> None:
    wrong = [row(identity=5), row(identity=1 << 64)]
    answers = await add_all(sqlite, [[row(identity=1)], wrong, [row(identity=2, target="new")]])
    assert isinstance(answers[1], OverflowError)
    assert [answers[0], answers[2]] == [1, 1]
    assert sorted(identities(await sqlite.find(Find(streams=[1])))) == [1, 2]


async def test_an_add_that_is_cancelled_does_not_disturb_the_others(sqlite: SqliteSeries) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(sqlite.add, every(SECOND, 500))
        await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert await sqlite.add([row(identity=9_999)]) == 1


async def test_everything_is_there_when_it_is_opened_again(
    path: Path, clock: FakeClock, health: Health
) -> None:
    rows = [*every(DAY // 7, 100), row(5, 7, received_us=START), row(START, 8, target="new")]
    store = await SqliteSeries.open(path, clock, health)
    await store.add(rows)
    await store.close()
    store = await SqliteSeries.open(path, clock, health)
    assert await store.add(rows) == 0
    assert await store.add([row(START, 9, target="newer"), row(START, 10, target="new")]) == 2
    found = await store.find(Find(streams=[1]))
    assert len(found) == 104
    assert {(each.identity, each.target, each.payload) for each in rows} < {
        (each.identity, each.target, each.payload) for each in found
    }
    await store.close()


async def test_closing_finishes_what_was_asked_and_refuses_what_comes_after(
    path: Path, clock: FakeClock, health: Health
) -> None:
    store = await SqliteSeries.open(path, clock, health)
    new: list[int] = []

    async def add(identity: int) -> None:
        new.append(await store.add([row(identity=identity)]))

    async with anyio.create_task_group() as group:
        for identity in range(20):
            group.start_soon(add, identity)
        await anyio.lowlevel.checkpoint()
        group.start_soon(store.close)
    assert new == [1] * 20
    await store.close()
    with pytest.raises(Unavailable, match="closed"):
        await store.add([row()])
    with pytest.raises(Unavailable, match="closed"):
        await store.find(Find(streams=[1]))
    assert not path.with_name("series.sqlite-wal").exists()


async def test_the_files_are_for_the_owner_alone(sqlite: SqliteSeries, path: Path) -> None:
    await sqlite.add([row()])
    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {0o600}


async def test_a_store_in_use_is_refused(
    sqlite: SqliteSeries, path: Path, clock: FakeClock, health: Health
) -> None:
    with pytest.raises(InUse, match="another process"):
        await SqliteSeries.open(path, clock, health)
    assert await sqlite.add([row()]) == 1


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("CREATE TABLE t (a)", "something else"),
        ("PRAGMA user_version = 9; CREATE TABLE t (a)", "something else"),
        ("PRAGMA application_id = 0x66707374; PRAGMA user_version = 9", "newer forepost"),
    ],
)
async def test_a_file_of_something_else_is_left_alone(
    path: Path, clock: FakeClock, sql: str, reason: str
) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()
    before = await anyio.Path(path).read_bytes()
    with pytest.raises(UnknownFile, match=reason):
        await SqliteSeries.open(path, clock, Health(logging.getLogger("tests")))
    assert await anyio.Path(path).read_bytes() == before


async def test_targets_past_the_bound_are_found_exactly_and_drawn_as_one_curve(
    path: Path, clock: FakeClock, health: Health
) -> None:
    rows = [
        row(START + n * SECOND, n, target=f"t{n}", target_agent=n, probe_agent_id=n, type=kind)
        for n, kind in enumerate(["PING"] * 6 + ["MTR"] * 2)
    ]
    store = await SqliteSeries.open(path, clock, health, lines_per_agent=2)
    for _ in range(2):
        new = await store.add(rows)
        assert new in {8, 0}
        assert await store.find(Find(streams=[1], ascending=True)) == rows
        assert await store.find(Find(streams=[1], target_prefix="t4")) == [rows[4]]
        assert await store.find(Find(streams=[1], target_agent=7, limit=1)) == [rows[7]]
        assert await store.find(Find(streams=[1], type="MTR")) == [rows[7], rows[6]]
        lines = (await store.chart(ChartOf(stream=1, from_us=START, to_us=START))).lines
        await store.close()
        store = await SqliteSeries.open(path, clock, health, lines_per_agent=2)
    lines = (await store.chart(ChartOf(stream=1, from_us=START, to_us=START + DAY))).lines
    assert [(line.type, line.target, line.points[0].count) for line in lines] == [
        ("MTR", "", 2),
        ("PING", "", 4),
        ("PING", "t0", 1),
        ("PING", "t1", 1),
    ]
    await store.close()


async def test_the_latest_of_thirty_days_is_a_few_seeks(sqlite: SqliteSeries) -> None:
    for day in range(30):
        await sqlite.add(every(60 * SECOND, 200, START + day * DAY))
    reader = sqlite._readers[0]
    sqlite._idle.clear()
    sqlite._idle.append(reader)
    statements: list[str] = []

    def trace(event: dict[str, object]) -> None:
        statements.append(str(event["sql"]))

    reader.connection.trace_v2(apsw.SQLITE_TRACE_STMT, trace)
    (latest,) = await sqlite.find(Find(streams=[1], limit=1))
    reader.connection.trace_v2(0, None)
    assert latest.created_us == START + 29 * DAY + 199 * 60 * SECOND
    assert len(statements) <= 6
