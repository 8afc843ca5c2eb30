"""What is read together fits together, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import text

from forepost.controller.db.engine import Database
from tests.postgres import Postgres

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_snapshot_does_not_see_what_is_written_after_its_first_question(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}"
    if kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database(empty=True)
    db = Database.at(url)
    try:
        async with db.write() as connection:
            await connection.execute(text("CREATE TABLE sums (n INTEGER)"))
            await connection.execute(text("CREATE TABLE lists (n INTEGER)"))
        async with db.snapshot() as reading:
            assert (await reading.execute(text("SELECT count(*) FROM sums"))).scalar() == 0
            async with db.write() as connection:
                await connection.execute(text("INSERT INTO sums VALUES (1)"))
                await connection.execute(text("INSERT INTO lists VALUES (1)"))
            assert (await reading.execute(text("SELECT count(*) FROM lists"))).scalar() == 0
            assert (await reading.execute(text("SELECT count(*) FROM sums"))).scalar() == 0
        for once_more in (db.snapshot, db.read):  # and the connection is as it was
            async with once_more() as reading:
                assert (await reading.execute(text("SELECT count(*) FROM lists"))).scalar() == 1
    finally:
        await db.close()
