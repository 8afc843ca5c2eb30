"""A reader that goes on from page to page gets every row once, whatever is stored meanwhile."""

import asyncio
import logging
import random
import tempfile
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.controller.series.port import PageOf, Place, Row
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.health import Health
from tests.controller.series.series_rows import DAY, HOUR, SECOND, START, at, row
from tests.controller.series.test_chart_packets import as_version_1
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio
STREAMS = (1, 2)

ADDS = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 4),  # seconds of the controller's clock since the last one
            st.sampled_from([0, 1, 2, 400, 3_600, 90_000, -30, -90, -200_000, 40_000_000]),
            st.integers(1, 3),  # probe; the last is of another workspace
            st.sampled_from(["a", "b", "c"]),
            st.integers(0, 1),  # identity: an agent that numbers nothing has 0
        ),
        max_size=8,
    ),
    min_size=1,
    max_size=12,
)


class Reader:
    def __init__(self, limit: int, most_bytes: int) -> None:
        self.limit, self.most_bytes = limit, most_bytes
        self.place: Place | None = None
        self.got: list[Row] = []

    async def read(self, store: SqliteSeries) -> int:
        query = PageOf(
            streams=STREAMS, after=self.place, limit=self.limit, most_bytes=self.most_bytes
        )
        found = await store.arrived(query)
        assert found.next is not None
        assert len(found.rows) <= self.limit
        keys = [(each.received_us, each.identity) for each in found.rows]
        assert keys == sorted(keys)
        self.got += found.rows
        self.place = found.next
        return len(found.rows)

    async def read_all(self, store: SqliteSeries) -> None:
        while await self.read(store):
            pass


@settings(max_examples=60, deadline=None)
@given(
    ADDS,
    st.lists(st.sampled_from(["read", "restart", "clock back", "forget", "roll"]), max_size=12),
    st.integers(1, 5),
    st.sampled_from([1, 700, 1 << 20]),
)
def test_every_row_is_read_once(
    adds: list[list[tuple[int, int, int, str, int]]], between: list[str], limit: int, room: int
) -> None:
    asyncio.run(_read_beside(adds, between, limit, room))


async def _read_beside(
    adds: list[list[tuple[int, int, int, str, int]]], between: list[str], limit: int, room: int
) -> None:
    clock = FakeClock(at(START))
    health = Health(logging.getLogger("tests.arrivals"))
    reader = Reader(limit, room)
    stored: dict[tuple[object, ...], Row] = {}
    forgotten: set[tuple[object, ...]] = set()
    now_us = START + 3 * DAY
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.sqlite"
        store = await SqliteSeries.open(path, clock, health)
        for number, add in enumerate(adds):
            rows = []
            for seconds, late, probe_id, target, identity in add:
                now_us += seconds * SECOND
                rows.append(
                    row(
                        now_us - late * SECOND,
                        identity,
                        received_us=now_us,
                        probe_id=probe_id,
                        target=target,
                    )
                )
            await store.add(rows)
            for each in rows:
                key = (each.probe_id, each.target, each.created_us, each.identity)
                if each.probe_id in STREAMS:
                    stored.setdefault(key, each)
            match between[number] if number < len(between) else "":
                case "read":
                    await reader.read(store)
                case "restart":
                    await store.close()
                    store = await SqliteSeries.open(path, clock, health)
                case "clock back":
                    now_us -= 2 * HOUR
                case "roll":
                    clock.set_wall(at(now_us))
                    await store.roll_up()
                case "forget":
                    await store.forget(before_us=START + 3 * DAY)
                    forgotten |= {
                        key
                        for key, each in stored.items()
                        if min(each.created_us, each.received_us) < START + 3 * DAY
                    }
        await reader.read_all(store)
        await store.close()
    keys = [(each.probe_id, each.target, each.created_us, each.identity) for each in reader.got]
    again = [key for key in keys if keys.count(key) > 1]
    # What was forgotten and is sent again is new, and read again.
    assert set(again) <= forgotten
    assert set(stored) - forgotten <= set(keys) <= set(stored)


async def test_a_reader_beside_writers_misses_nothing(
    sqlite: SqliteSeries, clock: FakeClock
) -> None:
    """Lines are made while it reads, many in one commit."""
    chance = random.Random(4)
    reader = Reader(7, 1 << 20)
    total = 0

    async def write(agent_id: int) -> None:
        nonlocal total
        for number in range(60):
            now_us = START + (agent_id * 100_000 + number) * 1_000
            rows = [
                row(
                    now_us - chance.choice([0, 5, 900]) * SECOND,
                    chance.getrandbits(62),
                    received_us=now_us,
                    agent_id=agent_id,
                    target=f"{agent_id}-{number}-{place}",
                )
                for place in range(chance.randrange(1, 4))
            ]
            new = await sqlite.add(rows)
            total += new
            await asyncio.sleep(0)

    async def read() -> None:
        while not done:
            await reader.read(sqlite)

    done = False
    reading = asyncio.ensure_future(read())
    await asyncio.gather(*(write(agent_id) for agent_id in range(1, 5)))
    done = True
    await reading
    await reader.read_all(sqlite)
    keys = {(each.target, each.created_us, each.identity) for each in reader.got}
    assert len(reader.got) == len(keys) == total


async def test_rows_of_before_the_log_come_first_and_once(
    sqlite: SqliteSeries, path: Path, clock: FakeClock, health: Health
) -> None:
    before = [row(START + n * 2 * HOUR, n, target="ab"[n % 2]) for n in range(40)]
    odd = [row(START - 900 * DAY, 77, received_us=START), row(START, 78, received_us=START + DAY)]
    await sqlite.add([*before, *odd])
    old = path.with_name("old.sqlite")
    as_version_1(path, old)
    clock.set_wall(at(START + 4 * DAY))
    store = await SqliteSeries.open(old, clock, health)
    reader = Reader(3, 1 << 20)
    for _ in range(5):
        await reader.read(store)
    now_us = START + 4 * DAY
    since = [
        row(START + HOUR, 100, received_us=now_us - HOUR),
        row(now_us, 101, received_us=now_us + SECOND),
        row(now_us, 102, received_us=now_us - 2),
        row(START + 7, 103, received_us=now_us + SECOND),
    ]
    await store.add(since)
    await reader.read_all(store)
    wanted = sorted([*before, *odd, *since], key=str)
    assert sorted(reader.got, key=str) == wanted
    await store.close()


async def test_a_place_of_a_store_that_was_put_back_is_told(
    sqlite: SqliteSeries, path: Path, clock: FakeClock, health: Health
) -> None:
    await sqlite.add([row(START, 1)])
    backup = path.with_name("backup.sqlite")
    connection = apsw.Connection(str(path))
    connection.execute("VACUUM INTO ?", (str(backup),))
    connection.close()
    await sqlite.add([row(START + HOUR, 2)])
    reader = Reader(10, 1 << 20)
    await reader.read_all(sqlite)
    store = await SqliteSeries.open(backup, clock, health)
    found = await store.arrived(PageOf(streams=STREAMS, after=reader.place))
    assert found.next is None
    await store.close()


async def test_many_rows_of_one_moment_are_read_in_pages(sqlite: SqliteSeries) -> None:
    rows = [row(START + n, n % 3, received_us=START + SECOND, target=str(n)) for n in range(700)]
    await sqlite.add(rows)
    reader = Reader(9, 1 << 20)
    await reader.read_all(sqlite)
    assert sorted(reader.got, key=str) == sorted(rows, key=str)


async def test_what_is_forgotten_is_forgotten_in_the_log_too(
    sqlite: SqliteSeries, path: Path
) -> None:
    skewed = row(5, 1, received_us=START)
    late = row(START, 2, received_us=START + HOUR)
    flows = row(START, 3, received_us=START + HOUR, probe_id=0, type="FLOWS")
    await sqlite.add([skewed, late, flows, row(START + 5 * DAY, 4)])
    connection = apsw.Connection(str(path))
    count = "SELECT count(*) FROM late"
    assert connection.execute(count).get == 3
    before = {"before_us": START + DAY, "received_before_us": START + DAY}
    assert await sqlite.thin("FLOWS", **before) == 1
    assert connection.execute(count).get == 2
    assert await sqlite.forget(before_us=START + 2 * DAY) == 1
    assert connection.execute(count).get == 0
    connection.close()
