"""Rows by when they came, whatever time they are of."""

import logging
from pathlib import Path

import pytest

from forepost.controller.series.port import Find, Row
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.health import Health
from tests.fakes.clock import START, FakeClock

DAY_US = 86_400_000_000
NOW_US = round(START.timestamp() * 1e6)


@pytest.mark.anyio
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_what_came_since_then(tmp_path: Path, ascending: bool, limit: int) -> None:
    series = await SqliteSeries.open(
        tmp_path / "series.sqlite", FakeClock(), Health(logging.getLogger("test"))
    )
    rows = [
        Row(
            identity=number,
            probe_id=0,
            probe_agent_id=1,
            agent_id=1,
            created_us=NOW_US - age * DAY_US - number,
            received_us=NOW_US - received,
            type="FLOWS",
            payload=b"{}",
        )
        for number, (age, received) in enumerate(
            [(0, 0), (0, 10), (1, 5), (1, DAY_US), (2, 10), (2, 11), (3, 3 * DAY_US)], 1
        )
    ]
    await series.add(rows)
    query = Find(streams=[-1], received_from_us=NOW_US - 10, ascending=ascending, limit=limit)
    wanted = sorted((1, 2, 3, 5), key=lambda n: rows[n - 1].created_us, reverse=not ascending)
    assert [row.identity for row in await series.find(query)] == wanted[:limit]
    await series.close()
