"""Charts against a computation from the raw packets, and rows of before packets were kept."""

import asyncio
import logging
import math
import random
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.controller.series.packets import NS_PER_MS, packed_round
from forepost.controller.series.port import ChartOf, Find, Row
from forepost.controller.series.rollup import rank
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.health import Health
from forepost.wire.rest.bodies import Point
from tests.controller.series.series_rows import DAY, HOUR, SECOND, START, at, every, row
from tests.fakes.clock import FakeClock

WIDTHS: Final = (1, 60, 300, 3_600, 7_200, 86_400)
Packets = list[float | None]
"""RTTs in ms; None: lost."""


def counted_row(created_us: int, identity: int, packets: Packets, **fields: Any) -> Row:
    """As the payloads make one of what our agent sends."""
    came = sorted(rtt for rtt in packets if rtt is not None)
    known: dict[str, Any] = {
        "rtt_ms": came[len(came) // 2] if came else None,
        "rtt_min_ms": came[0] if came else None,
        "rtt_max_ms": came[-1] if came else None,
        "loss_pct": 100 - 100 * len(came) / len(packets),
        "sent": len(packets),
        "received": len(came),
        "rtts": packed_round([rtt * NS_PER_MS for rtt in came]) if came else None,
    }
    return row(created_us, identity, **(known | fields))


def assert_as_packets(point: Point, rounds: Sequence[Packets]) -> None:
    packets = [rtt for round_ in rounds for rtt in round_]
    came = sorted(rtt for rtt in packets if rtt is not None)
    assert (point.count, point.sent, point.received) == (len(rounds), len(packets), len(came))
    assert point.loss_pct == pytest.approx(100 - 100 * len(came) / len(packets))
    if not came:
        assert point.rtt_p50_ms is point.rtt_mean_ms is point.rtt_max_ms is None
        return
    assert (point.rtt_min_ms, point.rtt_max_ms) == (came[0], came[-1])
    assert point.rtt_p50_ms == pytest.approx(came[rank(0.5, len(came))], rel=0.02)
    assert point.rtt_p95_ms == pytest.approx(came[rank(0.95, len(came))], rel=0.02)
    mean = math.fsum(came) / len(came)
    assert point.rtt_mean_ms == pytest.approx(mean, rel=0.02)
    deviation = math.sqrt(math.fsum((rtt - mean) ** 2 for rtt in came) / len(came))
    assert point.rtt_stddev_ms is not None
    assert abs(point.rtt_stddev_ms - deviation) <= 0.02 * (mean + deviation)


def assert_as_before(found: Point, expected: Point) -> None:
    """The same, but for what is rolled up since."""
    assert (found.time, found.count, found.sent) == (expected.time, expected.count, None)
    assert found.loss_pct == pytest.approx(expected.loss_pct)
    assert found.rtt_mean_ms == pytest.approx(expected.rtt_mean_ms)
    assert found.rtt_p50_ms == pytest.approx(expected.rtt_p50_ms, rel=0.021)
    assert found.rtt_max_ms == expected.rtt_max_ms


ROUND = st.lists(
    st.none() | st.floats(0.05, 400.0) | st.floats(19, 21), min_size=1, max_size=12
) | st.lists(st.floats(1, 9), min_size=66, max_size=70)
RESULTS = st.lists(
    st.tuples(
        st.integers(0, 50 * HOUR // SECOND),  # when
        ROUND,
        st.sampled_from([0, 0, 0, 30 * HOUR, 20 * DAY, -2 * DAY]),  # how late; by a skewed clock
        st.integers(1, 12),  # a crowd: enough in an hour for its minutes
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(RESULTS, st.lists(st.integers(0, 60), max_size=4), st.randoms(use_true_random=False))
def test_every_bucket_is_as_the_packets_are(
    results: list[tuple[int, Packets, int, int]],
    hours_of_turns: list[int],
    chance: random.Random,
) -> None:
    asyncio.run(_compare(results, hours_of_turns, chance))


async def _compare(
    results: list[tuple[int, Packets, int, int]],
    hours_of_turns: list[int],
    chance: random.Random,
) -> None:
    rows: list[Row] = []
    kept: list[tuple[int, Packets]] = []
    for second, packets, late_us, crowd in results:
        for number in range(crowd):
            us = START + second * SECOND + number * 7 * SECOND + len(rows)
            rows.append(counted_row(us, len(rows), packets, received_us=us + late_us))
            kept.append((us, packets))
    chance.shuffle(rows)
    clock = FakeClock(at(START))
    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteSeries.open(
            Path(folder) / "series.sqlite", clock, Health(logging.getLogger("tests.packets"))
        )
        turns = sorted(hours_of_turns)
        for place, hour in enumerate([*turns, 60]):
            part = len(rows) // (len(turns) + 1) + 1
            await store.add(rows[place * part : (place + 1) * part])
            clock.set_wall(at(START + hour * HOUR))
            if hour in turns:
                await store.roll_up()
        for rolled in (False, True):
            if rolled:
                clock.set_wall(at(START + 90 * HOUR))
                await store.roll_up()
            for width in WIDTHS:
                query = ChartOf(
                    stream=1, from_us=START - DAY, to_us=START + 60 * HOUR, bucket_sec=width
                )
                (line,) = (await store.chart(query)).lines
                expected: dict[int, list[Packets]] = {}
                for us, packets in kept:
                    expected.setdefault(us // SECOND // width * width, []).append(packets)
                assert [point.time for point in line.points] == sorted(expected)
                for point in line.points:
                    assert_as_packets(point, expected[point.time])
            await _assert_one(store, kept, chance)
        await store.close()


async def _assert_one(
    store: SqliteSeries, kept: list[tuple[int, Packets]], chance: random.Random
) -> None:
    """All of a time in one bucket, whose ends cut hours and minutes."""
    low, high = sorted(chance.randrange(START // SECOND, START // SECOND + 200_000) for _ in "ab")
    query = ChartOf(stream=1, from_us=low * SECOND, to_us=(high + 1) * SECOND - 1, as_one=True)
    within = [packets for us, packets in kept if low <= us // SECOND <= high]
    points = [point for line in (await store.chart(query)).lines for point in line.points]
    assert len(points) == bool(within)
    for point in points:
        assert_as_packets(point, within)


VERSION_1 = """
CREATE TABLE old.m_{0} (
  line INTEGER NOT NULL, created_us INTEGER NOT NULL, identity INTEGER NOT NULL,
  payload INTEGER NOT NULL, delay_us INTEGER NOT NULL, triggered INTEGER NOT NULL,
  reason TEXT, own TEXT,
  rtt_ms REAL, rtt_min_ms REAL, rtt_max_ms REAL, jitter_ms REAL, loss_pct REAL, mos REAL,
  PRIMARY KEY (line, created_us, identity)
) STRICT, WITHOUT ROWID;
CREATE INDEX old.t_{0} ON m_{0} (created_us, identity) WHERE triggered = 1;
CREATE TABLE old.p_{0} (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
INSERT INTO old.m_{0} SELECT line, created_us, identity, payload, delay_us, triggered, reason, own,
  rtt_ms, rtt_min_ms, rtt_max_ms, jitter_ms, loss_pct, mos FROM main.m_{0};
INSERT INTO old.p_{0} SELECT * FROM main.p_{0};
"""
ROLLED_1 = """
CREATE TABLE old.r_{0} (
  line INTEGER NOT NULL, step INTEGER NOT NULL, start INTEGER NOT NULL,
  results INTEGER NOT NULL, rtts INTEGER NOT NULL, rtt_sum REAL NOT NULL,
  rtt_min REAL, rtt_max REAL, losses INTEGER NOT NULL, loss_sum REAL NOT NULL, histogram BLOB,
  PRIMARY KEY (line, step, start)
) STRICT, WITHOUT ROWID;
INSERT INTO old.r_{0} SELECT line, step, start, results, rtts, rtt_sum, rtt_min, rtt_max, losses,
  loss_sum, histogram FROM main.r_{0};
"""
SHARED_1 = """
CREATE TABLE old.lines (
  line INTEGER PRIMARY KEY, stream INTEGER NOT NULL, agent_id INTEGER NOT NULL,
  probe_agent_id INTEGER NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL,
  target_agent INTEGER NOT NULL, shared INTEGER NOT NULL
) STRICT;
CREATE TABLE old.days (day INTEGER PRIMARY KEY) STRICT;
CREATE TABLE old.dictionaries (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE old.rolled (
  one INTEGER PRIMARY KEY, hour INTEGER NOT NULL, line INTEGER NOT NULL
) STRICT;
CREATE TABLE old.dirty (
  line INTEGER NOT NULL, hour INTEGER NOT NULL, PRIMARY KEY (line, hour)
) STRICT, WITHOUT ROWID;
"""


def as_version_1(path: Path, old: Path) -> None:
    """A copy of a store as forepost kept it before packets were counted."""
    connection = apsw.Connection(str(path))
    connection.execute("ATTACH ? AS old", (str(old),))
    connection.execute(SHARED_1)
    for table in ("lines", "days", "dictionaries", "rolled", "dirty"):
        connection.execute(f"INSERT INTO old.{table} SELECT * FROM main.{table}")
    names = connection.execute("SELECT name FROM sqlite_schema WHERE name GLOB 'm_*'").fetchall()
    for (name,) in names:
        suffix = str(name).removeprefix("m_")
        connection.execute(VERSION_1.format(suffix))
        if suffix != "skewed":
            connection.execute(ROLLED_1.format(suffix))
    connection.execute("PRAGMA old.application_id = 0x66707374; PRAGMA old.user_version = 1")
    connection.close()


@pytest.mark.anyio
async def test_a_day_that_straddles_the_upgrade_is_right_on_both_sides(
    sqlite: SqliteSeries, path: Path, clock: FakeClock, health: Health
) -> None:
    before = every(5 * 60 * SECOND, 300)
    jump = row(START, 9_999, received_us=START + 500 * DAY)
    clock.set_wall(at(START + 5 * HOUR + 120 * SECOND))
    await sqlite.add([*before[:144], jump])
    await sqlite.roll_up()
    query = ChartOf(stream=1, from_us=START, to_us=START + 2 * DAY, bucket_sec=3_600)
    expected = (await sqlite.chart(query)).lines[0].points
    old = path.with_name("old.sqlite")
    as_version_1(path, old)

    upgraded_us = START + 12 * HOUR
    clock.set_wall(at(upgraded_us))
    store = await SqliteSeries.open(old, clock, health)
    drawn = await store.chart(query)
    assert drawn.lines[0].points == expected
    assert drawn.by_packets_since == at(upgraded_us)
    assert drawn.history_since == drawn.lines[0].history_since == at(START)
    find = Find(streams=[1], limit=1_000, ascending=True)
    assert sorted(await store.find(find), key=str) == sorted([*before[:144], jump], key=str)

    packets: Packets = [20.0, None, 21.0, 22.0]
    since = [
        counted_row(upgraded_us + n * 60 * SECOND, 10_000 + n, packets) for n in range(12 * 60)
    ]
    late = counted_row(START + HOUR + 3, 99_999, packets)
    assert await store.add([*since, late]) == len(since) + 1
    points: list[Point] = []
    for hours in (12, 40):
        clock.set_wall(at(START + hours * HOUR + 120 * SECOND))
        await store.roll_up()
        points = (await store.chart(query)).lines[0].points
        for place in (0, *range(2, 12)):
            assert_as_before(points[place], expected[place])
        assert (points[1].count, points[1].sent) == (expected[1].count + 1, None)
        assert [point.sent for point in points[12:24]] == [240] * 12
        assert all(point.loss_pct == pytest.approx(25) for point in points[12:24])
    await store.close()

    # Once more: it is version 2 now.
    store = await SqliteSeries.open(old, clock, health)
    assert (await store.chart(query)).lines[0].points == points
    await store.close()
    connection = apsw.Connection(str(old))
    assert connection.execute("PRAGMA integrity_check").get == "ok"
    assert connection.pragma("user_version") == 2
    connection.close()


@pytest.mark.anyio
async def test_an_upgrade_does_not_read_the_days(
    sqlite: SqliteSeries, path: Path, clock: FakeClock, health: Health
) -> None:
    """A file whose every page of a day is nonsense is upgraded all the same."""
    await sqlite.add(every(60 * SECOND, 1_000))
    old = path.with_name("old.sqlite")
    as_version_1(path, old)
    connection = apsw.Connection(str(old))
    root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'm_20260101'").get
    size = connection.pragma("page_size")
    connection.close()
    with old.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xee" * size)
    store = await SqliteSeries.open(old, clock, health)
    with pytest.raises(apsw.CorruptError):
        await store.find(Find(streams=[1]))
    await store.close()


@pytest.mark.anyio
async def test_a_table_that_is_not_ours_stops_the_upgrade_and_changes_nothing(
    sqlite: SqliteSeries, path: Path, clock: FakeClock, health: Health
) -> None:
    await sqlite.add(every(60 * SECOND, 10))
    old = path.with_name("old.sqlite")
    as_version_1(path, old)
    connection = apsw.Connection(str(old))
    connection.execute("CREATE TABLE m_other (a)")
    connection.close()
    with pytest.raises(Exception, match="tables that no forepost made"):
        await SqliteSeries.open(old, clock, health)
    connection = apsw.Connection(str(old))
    connection.execute("DROP TABLE m_other")
    assert connection.pragma("user_version") == 1
    connection.close()
    store = await SqliteSeries.open(old, clock, health)
    assert len(await store.find(Find(streams=[1]))) == 10
    await store.close()


@pytest.mark.anyio
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo"])
async def test_days_are_those_of_the_zone(
    sqlite: SqliteSeries, clock: FakeClock, zone: str
) -> None:
    """Over a spring and an autumn: days of 23 and of 25 hours."""
    info = ZoneInfo(zone)
    for year, month in ((2026, 3), (2026, 10), (2018, 11)):
        first = datetime(year, month, 20, tzinfo=info)
        start_us = round(first.timestamp()) * SECOND
        rows = every(20 * 60 * SECOND, 1_000, start_us, probe_id=month * year)
        await sqlite.add([*rows])
        for rolled in (False, True):
            if rolled:
                clock.set_wall(at(start_us + 20 * DAY))
                await sqlite.roll_up()
            query = ChartOf(
                stream=month * year,
                from_us=start_us,
                to_us=start_us + 14 * DAY,
                bucket_sec=86_400,
                zone=info,
            )
            (line,) = (await sqlite.chart(query)).lines
            expected: dict[Any, int] = {}
            for each in rows:
                day = at(each.created_us).astimezone(info).date()
                if day <= at(query.to_us).astimezone(info).date():
                    expected[day] = expected.get(day, 0) + 1
            found = {
                datetime.fromtimestamp(point.time, info).date(): point.count
                for point in line.points
            }
            assert found == expected
            starts = [datetime.fromtimestamp(point.time, info) for point in line.points]
            # A midnight that the clocks leave out is one o'clock.
            assert all(start.hour in (0, 1) and start.minute == 0 for start in starts)


def test_a_fresh_store_counts_by_packets_from_the_beginning(tmp_path: Path) -> None:
    async def ask() -> None:
        clock = FakeClock(at(START))
        health = Health(logging.getLogger("tests.packets"))
        store = await SqliteSeries.open(tmp_path / "series.sqlite", clock, health)
        drawn = await store.chart(ChartOf(stream=1, from_us=START, to_us=START + DAY))
        assert (drawn.by_packets_since, drawn.history_since) == (None, None)
        await store.add([row(START + 3 * DAY, 1), row(START + DAY, 2, target="other")])
        query = ChartOf(stream=1, from_us=START + 3 * DAY, to_us=START + 4 * DAY)
        drawn = await store.chart(query)
        assert drawn.history_since == at(START) + timedelta(days=1)
        assert [line.history_since for line in drawn.lines] == [at(START) + timedelta(days=3)]
        await store.close()

    asyncio.run(ask())
