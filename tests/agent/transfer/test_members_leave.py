"""Who is taken out of a job, and who is paused, gives and gets nothing any more."""

import os
from pathlib import Path

import anyio
import pytest

from forepost.wire.jobs.job import BandwidthWindow, TransferSettings
from tests.agent.transfer.engines import Site, running, until

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("how", ["removed", "paused"])
async def test_a_line_in_the_middle_of_a_file_is_cut(tmp_path: Path, how: str) -> None:
    source, target = Site(tmp_path, "source"), Site(tmp_path, "target")
    source.root.mkdir()
    (source.root / "large").write_bytes(os.urandom(24 << 20))
    slow = TransferSettings(bandwidth=[BandwidthWindow(up_kib_per_sec=2_000)])
    wanted = source.task(target.peer("ro"), type="distribution", settings=slow)
    async with running(source, target):
        source.want([wanted])
        target.want([target.task(source.peer(), type="distribution", permission="ro")])
        await until(lambda: target.status().transferred_down > 2 << 20, target.status)
        if how == "removed":
            source.want([source.task(type="distribution", settings=slow)])
        else:
            source.want([source.task(target.peer("ro"), type="distribution", paused=True)])
        await until(lambda: target.status().peers_count == 0, target.status)
        await anyio.sleep(1)
        at = target.status().transferred_down
        await anyio.sleep(2)
        assert target.status().transferred_down == at
        assert target.files().keys() - {"large"}  # what grows is nobody's yet
        assert "large" not in target.files()
        source.want([source.task(target.peer("ro"), type="distribution")])
        await until(lambda: target.files() == source.files(), target.status)
        # What had come was not fetched again, but for what was not synced yet.
        assert target.status().transferred_down < 36 << 20
