"""Whether the database is this controller's alone is asked by many at once, on one connection."""

import logging

import anyio
import pytest

from forepost.controller.db.engine import Database
from forepost.controller.db.failures import LOST
from forepost.controller.db.sole_use import SoleUse
from forepost.kit.health import Health
from tests.fakes.clock import FakeClock
from tests.postgres import Postgres


@pytest.mark.anyio
async def test_who_looks_at_once_does_not_lose_it(postgres: Postgres) -> None:
    db = Database.at(postgres.database(empty=True))
    health = Health(logging.getLogger("test"))
    sole = SoleUse(db, FakeClock(), health)
    await sole.take()
    held = sole._held
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(sole.look)
    assert health.problems == {}
    assert sole._held is held
    await sole.close()
    await db.close()


@pytest.mark.anyio
async def test_a_server_that_lets_nobody_in_is_lost_as_one_that_is_gone(postgres: Postgres) -> None:
    """Every service waits for what is lost, and none ends."""
    url = postgres.database(empty=True)
    postgres.sql(f"ALTER DATABASE {url.rsplit('/', 1)[1]} ALLOW_CONNECTIONS false")
    db = Database.at(url)
    with pytest.raises(LOST, match="not currently accepting connections"):
        async with db.read():
            pass
    await db.close()
