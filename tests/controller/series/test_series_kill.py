import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forepost.controller.series.port import ChartOf, Find
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.health import Health
from tests.controller.series.series_adder import BATCH
from tests.controller.series.series_rows import DAY, START
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio

ROUNDS = 4
ACKNOWLEDGED = 40
"""In each round, before the kill."""


def add_until_killed(path: Path, first: int) -> list[int]:
    """Numbers of the batches that were acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.controller.series.series_adder", str(path), str(first)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(ACKNOWLEDGED)]
        process.kill()
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    return [int(line) for line in lines if line.endswith("\n")]


async def test_what_was_acknowledged_is_there_once_after_kill_9(
    path: Path, clock: FakeClock, health: Health
) -> None:
    acknowledged: set[int] = set()
    for number in range(ROUNDS):
        acknowledged |= set(add_until_killed(path, number * 1_000_000))

        store = await SqliteSeries.open(path, clock, health)
        found = await store.find(Find(streams=[1], limit=1_000_000))
        stored = [each.identity for each in found]
        assert len(stored) == len(set(stored))
        expected = {start * BATCH + n for start in acknowledged for n in range(BATCH)}
        assert expected <= set(stored)
        assert all(each.payload.endswith(b'"seq":%d}' % each.identity) for each in found)
        query = ChartOf(stream=1, from_us=0, to_us=START + 100_000 * DAY)
        lines = (await store.chart(query)).lines
        assert sum(point.count for line in lines for point in line.points) == len(stored)
        await store.close()
