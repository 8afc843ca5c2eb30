"""What every adapter promises of the newest row of each line."""

import pytest

from forepost.controller.series.port import Row, Series
from tests.controller.series.series_rows import DAY, HOUR, MINUTE, START, row

pytestmark = pytest.mark.anyio


async def newest(series: Series, from_us: int, to_us: int, *streams: int) -> list[Row]:
    found = await series.newest(streams or (1, 2, 3), from_us=from_us, to_us=to_us)
    return sorted(found, key=lambda each: (each.probe_id, each.target, each.created_us))


async def test_it_is_one_row_of_each_line_with_all_of_it(series: Series) -> None:
    rows = [
        row(START + n * MINUTE, n, probe_id=probe, target=target, payload=b"%d" % n)
        for n in range(5)
        for probe, target in ((1, "a"), (1, "b"), (2, "a"))
    ]
    await series.add(rows)
    assert await newest(series, START, START + HOUR) == rows[-3:]
    assert await newest(series, START, START + HOUR, 2) == rows[-1:]
    assert await series.newest([], from_us=START, to_us=START + HOUR) == []


async def test_both_times_are_inclusive_and_lines_may_be_days_apart(series: Series) -> None:
    first, second = row(START, 1), row(START + DAY, 2)
    other = row(START + 12 * HOUR, 3, target="b")
    await series.add([first, second, other])
    assert await newest(series, START, START + DAY) == [second, other]
    assert await newest(series, START, START + DAY - 1) == [first, other]
    assert await newest(series, START + 1, START + 12 * HOUR - 1) == []
    assert await newest(series, START + DAY, START + DAY) == [second]


async def test_of_rows_of_one_time_the_greatest_identity(series: Series) -> None:
    await series.add([row(identity=1), row(identity=3), row(identity=2)])
    (found,) = await newest(series, START, START)
    assert found.identity == 3


async def test_a_time_that_cannot_be_true_is_not_in_the_way(series: Series) -> None:
    late = START + 1_000 * DAY
    rows = [row(START, 1), row(late, 2, received_us=START)]
    await series.add(rows)
    assert await newest(series, START - HOUR, START + HOUR) == rows[:1]
    assert await newest(series, START - HOUR, late) == rows[1:]


async def test_ten_thousand_lines(series: Series) -> None:
    rows = [row(START + n, n, probe_id=n % 500 + 1, target=f"t{n}") for n in range(10_000)]
    await series.add(rows)
    await series.add(
        [
            row(each.created_us - HOUR, each.identity, probe_id=each.probe_id, target=each.target)
            for each in rows[:2_000]
        ]
    )
    found = await series.newest(range(1, 501), from_us=START - DAY, to_us=START + HOUR)
    assert sorted(found, key=lambda each: each.identity) == rows
