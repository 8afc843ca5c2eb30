"""Charts from roll-ups against charts from rows."""

import logging
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
import apsw
import pytest

from forepost.controller.series import charts
from forepost.controller.series.port import ChartOf, Row
from forepost.controller.series.rollup import RELATIVE_ERROR
from forepost.controller.series.rollup_keeper import SWEEP_SEC
from forepost.controller.series.schema import open_reader
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.health import Health
from forepost.wire.rest.bodies import Line, Point
from tests.controller.series.series_rows import DAY, HOUR, MINUTE, SECOND, START, at, every, row
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio

DENSE = every(10 * SECOND, 3_000, target="dense")
SPARSE = every(5 * MINUTE, 500, START + 40 * SECOND, target="sparse")
SILENT = every(MINUTE, 30, target="", type="SYSINFO", rtt_ms=None, loss_pct=None)
SPANS = [
    ChartOf(stream=1, from_us=START, to_us=START + 2 * DAY, points=500),
    ChartOf(stream=1, from_us=START, to_us=START + 2 * DAY, points=20),
    ChartOf(stream=1, from_us=START + 3 * HOUR + 7, to_us=START + 9 * HOUR + 5, points=500),
    ChartOf(stream=1, from_us=START + HOUR, to_us=START + 2 * HOUR, points=500),
    ChartOf(stream=1, from_us=0, to_us=START + 100 * DAY, points=10),
]


def same_point(one: Point, other: Point) -> bool:
    exact = (one.time, one.count, one.rtt_min_ms, one.rtt_max_ms)
    if exact != (other.time, other.count, other.rtt_min_ms, other.rtt_max_ms):
        return False
    pairs = [
        (one.rtt_p50_ms, other.rtt_p50_ms, RELATIVE_ERROR * 1.001),
        (one.rtt_p95_ms, other.rtt_p95_ms, RELATIVE_ERROR * 1.001),
        (one.loss_pct, other.loss_pct, 1e-9),
    ]
    return all(
        (a is None and b is None)
        or (a is not None and b is not None and math.isclose(a, b, rel_tol=error))
        for a, b, error in pairs
    )


def same(one: Sequence[Line], other: Sequence[Line]) -> bool:
    return [line.target for line in one] == [line.target for line in other] and all(
        len(a.points) == len(b.points) and all(map(same_point, a.points, b.points))
        for a, b in zip(one, other, strict=True)
    )


async def assert_as_the_rows(store: SqliteSeries, path: Path) -> None:
    reader = open_reader(path)
    for query in SPANS:
        drawn = await store.chart(query)
        expected = charts.chart(reader, store._lines, query, raw=True)
        assert drawn.bucket_sec == expected.bucket_sec
        assert drawn.history_since == expected.history_since
        assert same(drawn.lines, expected.lines)
    reader.close()


def rollups(path: Path) -> set[tuple[object, ...]]:
    reader = open_reader(path)
    found: set[tuple[object, ...]] = set()
    for (day,) in reader.execute("SELECT name FROM sqlite_schema WHERE name GLOB 'r_*'").fetchall():
        found |= set(reader.execute(f"SELECT * FROM {day}").fetchall())
    reader.close()
    return found


async def test_charts_are_the_same_however_far_the_roll_ups_have_come(
    sqlite: SqliteSeries, path: Path, clock: FakeClock
) -> None:
    await sqlite.add(DENSE + SPARSE + SILENT)
    await assert_as_the_rows(sqlite, path)
    for hours in (1, 4, 5, 30, 100):
        clock.set_wall(at(START + hours * HOUR + 2 * MINUTE))
        await sqlite.roll_up()
        await assert_as_the_rows(sqlite, path)
    # Minutes for the hours that have many rows (of the dense line, all but its last), and every
    # hour of both lines.
    steps = [each[1] for each in rollups(path)]
    assert steps.count(60) == 480
    assert steps.count(3_600) == 9 + 42


async def test_late_rows_are_in_the_chart_before_and_after_they_are_rolled_up(
    sqlite: SqliteSeries, path: Path, clock: FakeClock
) -> None:
    chance = random.Random(3)
    rows = DENSE + SPARSE
    chance.shuffle(rows)
    clock.set_wall(at(START + 12 * HOUR))
    for start in range(0, len(rows), 500):
        late = rows[start : start + 500]
        await sqlite.add(late)
        await sqlite.add(late[::7])
        await assert_as_the_rows(sqlite, path)
        if start % 1_000:
            await sqlite.roll_up()
            await assert_as_the_rows(sqlite, path)
    clock.set_wall(at(START + 9 * DAY))
    await sqlite.roll_up()
    shuffled = rollups(path)

    other = path.with_name("other.sqlite")
    store = await SqliteSeries.open(other, clock, Health(logging.getLogger("tests.other")))
    for each in rows[:1], DENSE, SPARSE, rows:
        await store.add(each)
    await store.roll_up()
    await store.close()
    # Lines have other numbers there; everything else is equal.
    assert sorted(map(str, (each[1:] for each in shuffled))) == sorted(
        map(str, (each[1:] for each in rollups(other)))
    )


async def test_a_clock_that_jumps_ahead_and_back_changes_nothing(
    sqlite: SqliteSeries, path: Path, clock: FakeClock
) -> None:
    clock.set_wall(at(START + DAY))
    await sqlite.add(DENSE[:1_000])
    await sqlite.roll_up()
    clock.set_wall(at(START + 2 * HOUR))
    await sqlite.add(DENSE[1_000:])
    await assert_as_the_rows(sqlite, path)
    await sqlite.roll_up()
    await assert_as_the_rows(sqlite, path)
    clock.set_wall(at(START + DAY))
    await sqlite.roll_up()
    await assert_as_the_rows(sqlite, path)


async def test_roll_ups_go_on_where_they_were(path: Path, clock: FakeClock, health: Health) -> None:
    clock.set_wall(at(START + 5 * HOUR))
    store = await SqliteSeries.open(path, clock, health)
    await store.add(DENSE + SPARSE)
    # One bounded turn: it stops amid the work.
    assert await store._writer.call(lambda: store._writer.turn(at_once=True))
    await store.add(every(SECOND, 30, START + HOUR, target="late"))
    await assert_as_the_rows(store, path)
    await store.close()

    store = await SqliteSeries.open(path, clock, health)
    await assert_as_the_rows(store, path)
    await store.roll_up()
    await assert_as_the_rows(store, path)
    reader = open_reader(path)
    assert reader.execute("SELECT count(*) FROM dirty").get == 0
    assert reader.execute("SELECT hour FROM rolled").get == START // HOUR + 4
    reader.close()
    await store.close()


async def test_rows_of_an_absurd_time_are_drawn_too(
    sqlite: SqliteSeries, path: Path, clock: FakeClock
) -> None:
    clock.set_wall(at(START + 9 * DAY))
    ahead: list[Row] = [row(START + n * HOUR, n, received_us=START - 2 * DAY) for n in range(9)]
    await sqlite.add(ahead + DENSE)
    await sqlite.roll_up()
    await assert_as_the_rows(sqlite, path)
    lines = (await sqlite.chart(SPANS[1])).lines
    assert [sum(point.count for point in line.points) for line in lines] == [9, 3_000]


async def test_forgetting_leaves_the_rest_of_the_chart(
    sqlite: SqliteSeries, path: Path, clock: FakeClock
) -> None:
    clock.set_wall(at(START + 9 * DAY))
    await sqlite.add(every(HOUR, 72) + every(HOUR, 10, target="gone"))
    await sqlite.roll_up()
    assert await sqlite.forget(before_us=START + DAY) == 1
    await assert_as_the_rows(sqlite, path)
    assert len(rollups(path)) == 48
    # A line without rows is forgotten, and comes back under a number of its own.
    assert [line.of.target for line in sqlite._lines.of_stream(1)] == ["192.0.2.1"]
    await sqlite.add(every(HOUR, 10, START + DAY, target="gone"))
    await sqlite.roll_up()
    await assert_as_the_rows(sqlite, path)


async def wake(store: SqliteSeries) -> None:
    """The thread looks for something to do, as it does now and then by itself."""
    await store._writer.call(lambda: None)


async def until(true: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if true():
            return
        await anyio.sleep(0.005)
    raise AssertionError("it never came true")


def count(path: Path, table: str) -> int:
    reader = open_reader(path)
    number: int = reader.execute(f"SELECT count(*) FROM {table}").get
    reader.close()
    return number


async def test_roll_ups_keep_themselves_up_to_date(
    sqlite: SqliteSeries, path: Path, clock: FakeClock
) -> None:
    await sqlite.add(every(MINUTE, 100))
    clock.set_wall(at(START + 2 * DAY))
    await wake(sqlite)
    await until(lambda: count(path, "r_20260101") == 2)
    # Late rows wait, so that a crowd of them is rolled up once.
    await sqlite.roll_up()
    await sqlite.add(every(MINUTE, 100, target="late"))
    await sqlite.add(every(MINUTE, 100, target="late too"))
    assert count(path, "dirty") == 4
    await clock.advance(SWEEP_SEC)
    await wake(sqlite)
    await until(lambda: count(path, "dirty") == 0)
    assert count(path, "r_20260101") == 6
    await assert_as_the_rows(sqlite, path)


async def test_roll_ups_that_fail_lose_nothing(
    sqlite: SqliteSeries, path: Path, clock: FakeClock, health: Health
) -> None:
    await sqlite.add(DENSE)

    async def execute(sql: str) -> None:
        await sqlite._writer.call(lambda: sqlite._writer.connection.execute(sql).close())

    await execute("ALTER TABLE r_20260101 RENAME TO hidden")
    clock.set_wall(at(START + 9 * DAY))
    await wake(sqlite)
    await until(lambda: "series roll-ups" in health.problems)
    with pytest.raises(apsw.SQLError, match="no such table"):
        await sqlite.roll_up()
    await execute("ALTER TABLE hidden RENAME TO r_20260101")
    assert await sqlite.add(SPARSE) == len(SPARSE)
    await assert_as_the_rows(sqlite, path)
    await clock.advance(60)
    await wake(sqlite)
    await until(lambda: not health.problems)
    await sqlite.roll_up()
    await assert_as_the_rows(sqlite, path)
