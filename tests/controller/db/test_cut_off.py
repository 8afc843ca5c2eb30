"""Services that are cancelled in the middle of statements: nothing is torn, left over, or hangs."""

import asyncio
from pathlib import Path

import anyio
import pytest
from sqlalchemy import text

from forepost.controller.db.engine import Database
from tests.postgres import Postgres

pytestmark = pytest.mark.anyio


async def busy(db: Database) -> None:
    """Pairs of rows and counts of them, by six at once."""

    async def write() -> None:
        while True:
            async with db.write() as connection:
                await connection.execute(text("INSERT INTO pairs VALUES (1)"))
                await connection.execute(text("INSERT INTO pairs VALUES (1)"))

    async def read() -> None:
        while True:
            async with db.read() as connection:
                (await connection.execute(text("SELECT count(*) FROM pairs"))).all()

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(write)
            tasks.start_soon(read)


async def cut_off_and_counted(url: str, after_sec: float) -> int:
    db = Database.at(url)
    async with db.write() as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS pairs (a INTEGER)"))
    with anyio.move_on_after(after_sec):
        await busy(db)
    with anyio.fail_after(20):
        async with db.read() as connection:
            count = (await connection.execute(text("SELECT count(*) FROM pairs"))).scalar_one()
        await db.close()
    return int(count)


async def test_sqlite(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    for number in range(40):
        url = f"sqlite+aiosqlite:///{tmp_path}/{number}.sqlite"
        assert await cut_off_and_counted(url, 0.001 * number) % 2 == 0
    assert asyncio.all_tasks() == before


async def test_postgresql(postgres: Postgres) -> None:
    """A server may be long in answering: statements are cut off there, and asyncpg says so."""
    said: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    url = postgres.database(empty=True)
    for number in range(20):
        assert await cut_off_and_counted(url, 0.002 * number) % 2 == 0
    assert all("connection_lost" in str(one) for one in said), said
