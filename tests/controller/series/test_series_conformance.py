"""What every adapter of the port promises."""

from typing import Any

import anyio
import msgspec
import pytest

from forepost.controller.series.port import Find, Row, Series, SpreadOf, size_of
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.errors import Invalid
from tests.controller.series.series_rows import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    START,
    at,
    chart,
    every,
    identities,
    row,
)
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio

FULL = row(
    identity=(1 << 63) - 1,
    probe_agent_id=11,
    agent_id=12,
    payload='{"text":"å"}'.encode(),
    target="test ☂",
    target_agent=13,
    triggered=True,
    triggered_reason="loss 40 % > 10 %",
    rtt_ms=1.25,
    rtt_min_ms=0.1,
    rtt_max_ms=3.5,
    jitter_ms=0.3,
    loss_pct=12.5,
    mos=4.3,
)
BARE = Row(
    identity=0,
    probe_id=0,
    probe_agent_id=0,
    agent_id=10,
    created_us=START,
    received_us=START,
    type="SYSINFO",
    payload=b"",
)


@pytest.mark.parametrize("stored", [FULL, BARE])
async def test_a_row_comes_back_as_it_was_added(series: Series, stored: Row) -> None:
    assert await series.add([stored]) == 1
    assert await series.find(Find(streams=[stored.stream])) == [stored]


async def test_adding_nothing_is_nothing(series: Series) -> None:
    assert await series.add([]) == 0
    assert await series.find(Find(streams=[1])) == []


async def test_the_same_row_is_stored_once(series: Series) -> None:
    rows = every(SECOND, 20)
    assert await series.add([*rows[:5], rows[0], rows[3]]) == 5
    assert await series.add(rows[3:10]) == 5
    assert await series.add(rows) == 10
    assert await series.add(rows) == 0
    assert await series.find(Find(streams=[1], ascending=True)) == rows


async def test_the_first_payload_of_a_row_stays(series: Series) -> None:
    await series.add([row(payload=b"first")])
    await series.add([row(payload=b"second"), row(identity=2, payload=b"other")])
    found = await series.find(Find(streams=[1], ascending=True))
    assert [each.payload for each in found] == [b"first", b"other"]


async def test_identity_counts_within_a_line_and_a_time(series: Series) -> None:
    rows = [
        row(),
        row(identity=2),
        row(START + 1),
        row(target="192.0.2.2"),
        row(agent_id=11),
        row(probe_id=2),
        row(type="MTR"),
        row(target_agent=5),
    ]
    assert await series.add(rows) == len(rows)


async def test_adds_at_the_same_time_each_count_their_own(series: Series) -> None:
    rows = every(SECOND, 60)
    new: dict[int, int] = {}

    async def add(number: int) -> None:
        # Each shares half of its rows with the next.
        new[number] = await series.add(rows[number : number + 2])

    async with anyio.create_task_group() as group:
        for number in range(59):
            group.start_soon(add, number)
    assert sum(new.values()) == 60
    assert len(await series.find(Find(streams=[1]))) == 60


async def test_rows_are_found_in_order_over_days_and_lines(series: Series) -> None:
    rows = [
        row(START + day * DAY + minute * MINUTE, day * 10 + minute, target=target, agent_id=agent)
        for day in (3, 1, 2, 0)
        for minute in (5, 1, 3)
        for agent, target in ((10, "a"), (11, "b"))
    ]
    await series.add(rows)
    times = sorted(each.created_us for each in rows)
    for ascending, order in ((True, times), (False, times[::-1])):
        for limit in (1, 5, 23, 100):
            found = await series.find(Find(streams=[1], limit=limit, ascending=ascending))
            assert [each.created_us for each in found] == order[:limit]


async def test_many_rows_are_found_in_pieces(series: Series) -> None:
    rows = every(SECOND, 400, target="a") + every(2 * SECOND, 300, target="b")
    await series.add(rows)
    found = await series.find(Find(streams=[1], limit=650))
    assert sorted(found, key=lambda each: -each.created_us) == found
    assert len({(each.identity, each.target) for each in found}) == 650
    assert await series.find(Find(streams=[1], limit=0)) == []


async def test_rows_of_the_same_time_are_told_apart(series: Series) -> None:
    await series.add([row(identity=number) for number in range(50)])
    found = await series.find(Find(streams=[1], limit=40, ascending=True))
    assert identities(found) == list(range(40))


FILTERED = [
    row(START, 1, target="10.0.0.1", rtt_ms=None),
    row(START + HOUR, 2, type="MTR", target="10.0.0.2", triggered=True, triggered_reason="r"),
    row(START + DAY, 3, agent_id=11, target_agent=12, target=""),
    row(START + 2 * DAY, 4, probe_id=2, probe_agent_id=20),
    row(START + 3 * DAY, 5, probe_id=3),
    row(START + 4 * DAY, 6, probe_id=0, type="SYSINFO", target="", triggered=True),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [1, 2, 3, 4, 6]),
        ({"streams": []}, []),
        ({"streams": [2, 2, 99]}, [4]),
        ({"streams": [-10]}, [6]),
        ({"type": "PING"}, [1, 3, 4]),
        ({"agent_id": 11}, [3]),
        ({"probe_agent_id": 20}, [4]),
        ({"target_agent": 12}, [3]),
        ({"target_agent": 0, "type": "PING"}, [1, 4]),
        ({"target_prefix": "10.0."}, [1, 2]),
        ({"target_prefix": ""}, [1, 2, 3, 4, 6]),
        ({"triggered": True}, [2, 6]),
        ({"triggered": True, "type": "MTR", "limit": 1}, [2]),
        ({"triggered": False}, [1, 3, 4]),
        ({"from_us": START + HOUR}, [2, 3, 4, 6]),
        ({"to_us": START + DAY}, [1, 2, 3]),
        ({"from_us": START + HOUR, "to_us": START + 2 * DAY - 1}, [2, 3]),
        ({"from_us": START + 1, "to_us": START}, []),
        ({"limit": 2}, [1, 2]),
    ],
)
async def test_filters(series: Series, filters: dict[str, Any], expected: list[int]) -> None:
    await series.add(FILTERED)
    asked: dict[str, Any] = {"streams": [1, 2, -10], "ascending": True}
    query = Find(**(asked | filters))
    assert identities(await series.find(query)) == expected


@pytest.mark.parametrize(
    "created_us",
    [0, -5, START - 401 * DAY, START + 2 * DAY, START + 100_000 * DAY],
)
async def test_a_row_of_an_absurd_time_is_kept_and_found(series: Series, created_us: int) -> None:
    absurd = row(created_us, 7, received_us=START)
    assert await series.add([absurd, row(), absurd]) == 2
    assert await series.add([absurd]) == 0
    found = await series.find(Find(streams=[1], ascending=True))
    assert found == sorted([absurd, row()], key=lambda each: each.created_us)
    query = Find(streams=[1], from_us=created_us, to_us=created_us)
    assert await series.find(query) == [absurd]


@pytest.mark.parametrize(("first", "second"), [(26, 2), (2, 26)])
async def test_a_row_sent_again_is_known_though_its_time_became_plausible(
    series: Series, first: int, second: int
) -> None:
    created_us = START + 26 * HOUR
    other = row(created_us + 1, 2)
    assert await series.add([row(created_us, received_us=created_us - first * HOUR)]) == 1
    again = row(created_us, received_us=created_us - second * HOUR)
    assert await series.add([again, other]) == 1
    assert await series.add([again, other]) == 0


async def test_a_chart_has_whole_buckets_and_shows_gaps(series: Series) -> None:
    await series.add(
        [
            row(START + SECOND, 1, rtt_ms=10.0, rtt_min_ms=5.0, rtt_max_ms=11.0, loss_pct=0.0),
            row(START + 2 * SECOND, 2, rtt_ms=20.0, rtt_min_ms=None, rtt_max_ms=None, loss_pct=50),
            row(START + 3 * SECOND, 3, rtt_ms=30.0, rtt_max_ms=40.0, loss_pct=None),
            row(START + 125 * SECOND, 4, rtt_ms=None, loss_pct=100.0),
        ]
    )
    width, lines = await chart(series, START, START + 10 * MINUTE, points=11)
    assert width == 60
    (line,) = lines
    assert (line.agent_id, line.type, line.target, line.target_agent) == (
        10,
        "PING",
        "192.0.2.1",
        0,
    )
    full, lost = line.points
    assert (full.time, full.count) == (START // SECOND, 3)
    assert (full.rtt_min_ms, full.rtt_p50_ms, full.rtt_p95_ms) == (5.0, 20.0, 30.0)
    assert (full.rtt_max_ms, full.loss_pct) == (40.0, 25.0)
    assert (lost.time, lost.count, lost.loss_pct) == (START // SECOND + 120, 1, 100.0)
    assert lost.rtt_min_ms is lost.rtt_p50_ms is lost.rtt_p95_ms is lost.rtt_max_ms is None


async def test_a_chart_has_a_line_for_each_agent_type_and_target(series: Series) -> None:
    await series.add(
        [
            row(identity=1, target="b"),
            row(identity=2, target="a"),
            row(identity=3, target="a", agent_id=11),
            row(identity=4, type="MTR", target="a"),
            row(identity=5, target="a", probe_agent_id=99),
            row(identity=6, type="SYSINFO", target="", rtt_ms=None, loss_pct=None),
            row(identity=7, probe_id=2),
        ]
    )
    _, lines = await chart(series, START, START + MINUTE)
    assert [(line.agent_id, line.type, line.target) for line in lines] == [
        (10, "MTR", "a"),
        (10, "PING", "a"),
        (10, "PING", "b"),
        (11, "PING", "a"),
    ]
    assert [line.points[0].count for line in lines] == [1, 2, 1, 1]
    _, lines = await chart(series, START, START + MINUTE, type="MTR")
    assert [line.type for line in lines] == ["MTR"]


async def test_a_chart_of_nothing_is_empty(series: Series) -> None:
    assert await chart(series, START, START - 1) == (1, [])
    _, lines = await chart(series, START, START + DAY)
    assert lines == []


@pytest.mark.parametrize("points", [1, 7, 100, 500])
@pytest.mark.parametrize("span_us", [SECOND, 10 * MINUTE, 5 * HOUR, 3 * DAY, 30 * DAY])
async def test_a_chart_keeps_to_its_points(series: Series, points: int, span_us: int) -> None:
    rows = every(max(span_us // 700, SECOND), 700, rtt_ms=5.0)
    await series.add(rows)
    from_us, to_us = START + SECOND // 2, START + span_us
    width, lines = await chart(series, from_us, to_us, points=points)
    times = [point.time for point in lines[0].points]
    assert 1 <= len(times) <= points
    assert all(time % width == 0 for time in times)
    assert times == sorted(times)
    low, high = from_us // SECOND // width * width, (to_us // SECOND // width + 1) * width
    within = [each for each in rows if low * SECOND <= each.created_us < high * SECOND]
    assert sum(point.count for point in lines[0].points) == len(within)


async def test_a_spread_says_how_values_lay(series: Series) -> None:
    rows = [
        row(START + number * MINUTE, number, rtt_ms=float(10 + number % 5), loss_pct=0.0)
        for number in range(60)
    ]
    lost = {"rtt_ms": None, "rtt_min_ms": None, "rtt_max_ms": None, "loss_pct": 100.0}
    rows += [row(START + HOUR, 60, **lost), row(START + 2 * HOUR, 61, **lost)]
    rows += [row(START, 62, target="other", rtt_ms=None, loss_pct=None)]
    await series.add(rows)
    query = SpreadOf(stream=1, from_us=START + MINUTE, to_us=START + 2 * HOUR, share=0.95)
    (found,) = await series.spread(query)
    assert (found.agent_id, found.type, found.target) == (10, "PING", "192.0.2.1")
    assert (found.rtts, found.losses) == (60, 61)
    assert found.rtt_mean_ms == pytest.approx(12)
    assert found.rtt_stddev_ms == pytest.approx(2**0.5, abs=0.02 * 12)
    assert found.rtt_percentile_ms == pytest.approx(14, rel=0.02)
    # Of the means of its hours: 0 and 100 %.
    assert (found.loss_mean, found.loss_stddev, found.loss_percentile) == (50, 50, 100)
    nothing = SpreadOf(stream=1, from_us=START - DAY, to_us=START, share=0.5)
    assert await series.spread(nothing) == []
    assert await series.spread(SpreadOf(stream=2, from_us=0, to_us=START + DAY, share=0.5)) == []


async def test_a_spread_of_some_hours(series: Series) -> None:
    hour = START // HOUR
    await series.add(
        [
            row(START + number * HOUR + second * SECOND, 10 * number + second, rtt_ms=rtt)
            for number, rtt in enumerate((10.0, 20.0, 10.0, 20.0))
            for second in range(5)
        ]
    )
    query = SpreadOf(stream=1, from_us=START, to_us=START + 4 * HOUR, share=0.5)
    (found,) = await series.spread(query)
    assert (found.rtts, found.hours) == (20, 4)
    (found,) = await series.spread(msgspec.structs.replace(query, hours=[hour + 1, hour + 3]))
    assert (found.rtts, found.hours) == (10, 2)
    assert found.rtt_mean_ms == pytest.approx(20, rel=0.02)
    assert await series.spread(msgspec.structs.replace(query, hours=[])) == []
    assert await series.spread(msgspec.structs.replace(query, hours=[hour + 9])) == []


async def test_a_spread_is_the_same_from_roll_ups(
    series: Series, sqlite: SqliteSeries, clock: FakeClock
) -> None:
    await series.add(every(10 * SECOND, 2_000))
    query = SpreadOf(stream=1, from_us=START, to_us=START + 5 * HOUR, share=0.5)
    (raw,) = await series.spread(query)
    clock.set_wall(at(START + DAY))
    await sqlite.roll_up()
    (rolled,) = await series.spread(query)
    assert (rolled.rtts, rolled.losses) == (raw.rtts, raw.losses)
    assert rolled.rtt_mean_ms == pytest.approx(raw.rtt_mean_ms)
    assert rolled.rtt_stddev_ms == pytest.approx(raw.rtt_stddev_ms, rel=0.03)
    assert rolled.rtt_percentile_ms == pytest.approx(raw.rtt_percentile_ms, rel=0.03)
    assert rolled.loss_mean == pytest.approx(raw.loss_mean)


async def test_forgetting_drops_whole_days(series: Series) -> None:
    rows = [row(START + day * DAY, day) for day in range(5)]
    await series.add(rows)
    assert await series.forget(before_us=START + 2 * DAY + HOUR) == 2
    assert identities(await series.find(Find(streams=[1], ascending=True))) == [2, 3, 4]
    _, lines = await chart(series, START, START + 5 * DAY)
    assert sum(point.count for point in lines[0].points) == 3
    assert await series.forget(before_us=START + 2 * DAY + HOUR) == 0
    assert await series.add(rows[:1]) == 1


async def test_forgetting_takes_absurd_rows_by_their_receipt(series: Series) -> None:
    old = [row(5, number, received_us=START) for number in range(3)]
    new = [row(5, number, received_us=START + DAY) for number in range(3, 6)]
    await series.add(old + new)
    await series.forget(before_us=START + HOUR)
    assert identities(await series.find(Find(streams=[1], ascending=True))) == [3, 4, 5]
    await series.forget(before_us=START + 2 * DAY)
    assert await series.find(Find(streams=[1])) == []
    assert await series.add(old) == 3


async def test_one_type_may_go_sooner(series: Series) -> None:
    def told(day: int, identity: int, **more: Any) -> Row:
        plain = {"probe_id": 0, "type": "FLOWS", "target": "", "rtt_ms": None}
        return row(START + day * DAY, identity, **(plain | more))

    old = [told(day, number) for day in (0, 1) for number in range(3_000)]
    kept = [
        told(2, 1),  # of a day that is not over by then
        told(0, 9_001, received_us=START + 3 * DAY),  # it came late
        told(0, 1, type="SYSINFO"),
        told(0, 1, probe_id=1),
        told(0, 1, agent_id=11, received_us=START + 4 * DAY),
    ]
    await series.add(old + kept)
    before = {"before_us": START + 2 * DAY + HOUR, "received_before_us": START + 3 * DAY}
    assert await series.thin("FLOWS", **before) == len(old)
    assert await series.thin("FLOWS", **before) == 0
    left = await series.find(Find(streams=[1, -10, -11], limit=10_000))
    assert sorted(left, key=str) == sorted(kept, key=str)
    assert await series.add(old[:1]) == 1  # it is forgotten, and so new again


async def test_a_line_goes_with_its_last_row(series: Series) -> None:
    alone = row(START, 1, probe_id=0, type="FLOWS")
    await series.add([alone])
    assert await series.thin("FLOWS", before_us=START + DAY, received_before_us=START + DAY) == 1
    assert await series.add([alone]) == 1
    assert await series.find(Find(streams=[-10])) == [alone]


async def test_more_bytes_than_are_wanted_are_refused(series: Series) -> None:
    """24 MB on disk were 2.8 GB in RAM: rows are counted, and may have a megabyte each."""
    rows = [row(START + n, n, payload=b'{"a":"' + b"a" * 1_000 + b'"}') for n in range(1, 11)]
    await series.add(rows)
    most = sum(map(size_of, rows))
    assert len(await series.find(Find(streams=[1], most_bytes=most))) == 10
    assert len(await series.find(Find(streams=[1], most_bytes=most // 2, limit=5))) == 5
    with pytest.raises(Invalid, match="these rows have more than"):
        await series.find(Find(streams=[1], most_bytes=most - 1))
