import logging

import anyio
import pytest

from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.spool_news import EVERY_SEC, is_news, tell_of_spool
from forepost.kit.health import Health
from forepost.wire.local.status import SpoolStatus
from tests.fakes.clock import FakeClock
from tests.fakes.disk import FakeDisk

CALM = SpoolStatus(pending=3, bytes=0, lost=0, refused=0)
LATE = SpoolStatus(pending=300, bytes=0, lost=0, refused=0, backlog=297)


@pytest.mark.parametrize(
    ("said", "now", "news"),
    [
        (CALM, SpoolStatus(pending=9, bytes=700, lost=0, refused=0), False),
        (CALM, SpoolStatus(pending=3, bytes=0, lost=1, refused=0), True),
        (CALM, SpoolStatus(pending=3, bytes=0, lost=0, refused=1), True),
        (CALM, LATE, True),
        (LATE, LATE, True),
        (LATE, CALM, True),
    ],
)
def test_news_is_a_backlog_and_its_end_and_what_is_lost(
    said: SpoolStatus, now: SpoolStatus, news: bool
) -> None:
    assert is_news(said, now) is news


@pytest.mark.anyio
async def test_it_is_told_at_once_and_while_there_is_a_backlog() -> None:
    clock = FakeClock()
    health = Health(logging.getLogger("test"))
    spool = Spool(FakeDisk(), clock, health, max_bytes=1 << 30, max_age_sec=86_400)
    for _ in range(100):
        spool.put(b"." * 1_000)
    spool.begin()
    told: list[int] = []

    async def tell(status: SpoolStatus) -> None:
        told.append(status.backlog)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tell_of_spool, spool, clock, tell)
        await clock.advance(0)
        assert told == [100]
        for _ in range(10):
            batch = spool.batch(20, 1 << 20)
            if batch is not None:
                spool.ack(batch)
            await clock.advance(EVERY_SEC)
        assert told == [100, 80, 60, 40, 20, 0]
        tasks.cancel_scope.cancel()
