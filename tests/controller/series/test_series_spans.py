"""Few rows of a long time: of each span the newest."""

from typing import Any

import pytest

from forepost.controller.series.port import Find, Series
from tests.controller.series.series_rows import HOUR, MINUTE, SECOND, START, row

pytestmark = pytest.mark.anyio


async def test_of_each_span_the_newest_row_alone(series: Series) -> None:
    minutes = [row(START - HOUR + n * MINUTE, n) for n in range(121)]
    other = row(START + 39 * MINUTE + SECOND, 1039, target="b")
    await series.add([*minutes, other])
    query: dict[str, Any] = {"streams": [1], "every_us": 20 * MINUTE}
    found = await series.find(Find(**query, from_us=START - 30 * MINUTE))
    assert [one.identity for one in found] == [120, 119, 1039, 79, 59, 39]
    assert [one.identity for one in await series.find(Find(**query, limit=2))] == [120, 119]
