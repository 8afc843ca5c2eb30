"""A test whose agent never comes ends by itself, in simulated time."""

from datetime import timedelta
from pathlib import Path

import pytest

from forepost.controller.db.engine import Database
from forepost.controller.speedtests.queue import Queue
from forepost.controller.speedtests.store import WAIT, Speedtests
from forepost.wire.speedtests.queue import NewSpeedtest, Speedtest
from tests.fakes.clock import FakeClock
from tests.metadata import sqlite_url
from tests.rows import home


@pytest.mark.anyio
async def test_one_that_nobody_begins_expires_and_one_that_never_ends_too(tmp_path: Path) -> None:
    db = Database.at(sqlite_url(tmp_path))
    await home(db)
    clock, told = FakeClock(), list[Speedtest]()
    queue = Queue(Speedtests(db), clock, told.append, lambda _agent: None)
    for _ in range(2):
        await queue.ask(1, 1, NewSpeedtest(), 1)
    (running,) = await queue.hand_out(1, 1)
    assert await queue.store.expire(clock.now()) == []
    late = await queue.store.expire(clock.now() + WAIT + timedelta(seconds=1))
    assert {test.id for test in late} == {told[0].id, told[1].id}
    assert {test.status for test in late} == {"expired"}
    assert running.status == "running"
    assert await queue.hand_out(1, 1) == []
    await db.close()
