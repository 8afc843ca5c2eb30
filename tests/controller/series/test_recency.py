"""The newest rows of many lines are found without asking the disk about each line."""

import random
from pathlib import Path

import anyio
import apsw
import pytest

from forepost.controller.series import lines as lines_table
from forepost.controller.series import search
from forepost.controller.series.lines import Lines
from forepost.controller.series.payloads import Unpacker
from forepost.controller.series.port import Find, Row
from forepost.controller.series.recency import NEVER, Recency
from forepost.controller.series.schema import open_reader
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.health import Health
from tests.controller.series.series_rows import DAY, HOUR, MINUTE, START, row
from tests.fakes.clock import FakeClock

STEPS = 100


def steps_of(connection: apsw.Connection, lines: Lines, query: Find) -> int:
    """How many hundreds of steps SQLite takes for it."""
    taken = 0

    def step() -> bool:
        nonlocal taken
        taken += 1
        return False

    connection.set_progress_handler(step, STEPS)
    try:
        assert len(search.find(connection, Unpacker(connection), lines, query)) == query.limit
    finally:
        connection.set_progress_handler(None)
    return taken


@pytest.mark.anyio
@pytest.mark.parametrize("to_us", [None, START + DAY])
async def test_what_the_newest_rows_cost_does_not_grow_with_the_lines(
    sqlite: SqliteSeries, path: Path, to_us: int | None
) -> None:
    await sqlite.add([row(START + n, n, probe_id=n) for n in range(1, 3_001)])
    connection = open_reader(path)
    lines = lines_table.load(connection, per_agent=10_000)
    few = Find(streams=range(2_901, 3_001), limit=20, to_us=to_us)
    many = Find(streams=range(1, 3_001), limit=20, to_us=to_us)
    first = steps_of(connection, lines, many)  # looks all of them up, once
    assert steps_of(connection, lines, many) <= 1.5 * steps_of(connection, lines, few) < first
    connection.close()


@pytest.mark.anyio
async def test_one_row_with_an_impossible_time_does_not_make_it_cost_more(
    sqlite: SqliteSeries, path: Path
) -> None:
    query = Find(streams=range(1, 3_001), limit=20)
    await sqlite.add([row(START + n, n, probe_id=n) for n in range(1, 3_001)])
    connection = open_reader(path)
    lines = lines_table.load(connection, per_agent=10_000)
    steps_of(connection, lines, query)
    before = steps_of(connection, lines, query)
    await sqlite.add([row(START + 1_000 * DAY, 1, probe_id=7, received_us=START)])
    assert steps_of(connection, lines, query) <= 1.5 * before
    connection.close()


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(5))
async def test_the_newest_rows_are_found_whatever_comes_late_and_after_a_restart(
    path: Path, clock: FakeClock, health: Health, seed: int
) -> None:
    chance = random.Random(seed)
    rows: list[Row] = []
    store = await SqliteSeries.open(path, clock, health)
    for turn in range(40):
        added = [
            row(START + chance.randrange(3 * DAY), turn * 10 + n, probe_id=chance.randrange(1, 9))
            for n in range(chance.randrange(1, 5))
        ]
        await store.add(added)
        rows += added
        if chance.random() < 0.2:
            await store.close()
            store = await SqliteSeries.open(path, clock, health)
        streams = chance.sample(range(1, 10), chance.randrange(1, 9))
        to_us = chance.choice([None, START + chance.randrange(4 * DAY)])
        from_us = chance.choice([None, START + chance.randrange(2 * DAY)])
        wanted = sorted(
            (
                each
                for each in rows
                if each.probe_id in streams
                and (to_us is None or each.created_us <= to_us)
                and (from_us is None or each.created_us >= from_us)
            ),
            key=lambda each: (each.created_us, each.identity),
            reverse=True,
        )
        query = Find(streams=streams, limit=7, from_us=from_us, to_us=to_us)
        assert await store.find(query) == wanted[:7]
    await store.close()


@pytest.mark.anyio
async def test_rows_that_come_while_somebody_reads_are_found_by_the_next(
    sqlite: SqliteSeries,
) -> None:
    """The look-up of a reader may be older than what is written meanwhile."""
    query = Find(streams=range(1, 51), limit=1)
    added = 0

    async def write() -> None:
        nonlocal added
        for n in range(60):
            await sqlite.add([row(START + n * MINUTE, n, probe_id=n % 50 + 1)])
            added = n

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        while added < 59:
            before = added
            found = await sqlite.find(query)
            assert not before or found[0].created_us >= START + before * MINUTE


def test_what_was_written_is_not_older_than_what_was_found_in_a_snapshot() -> None:
    recency = Recency()
    assert recency.unknown([1, 2]) == [1, 2]
    recency.wrote({1: 50, 2: 7})
    assert (recency.of(1), recency.unknown([1, 2])) == (None, [1, 2])  # what was before it?
    recency.found({1: 40, 2: 9})
    assert (recency.of(1), recency.of(2)) == (50, 9)
    recency.wrote({1: 60, 2: 8})
    assert (recency.of(1), recency.of(2)) == (60, 9)
    recency.begin(3)
    assert recency.of(3) == NEVER
    recency.wrote({3: HOUR})
    assert recency.of(3) == HOUR
    recency.forget(3)
    assert recency.of(3) is None
