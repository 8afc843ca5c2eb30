"""What agents said of their groups is kept: of each the last, while it is there."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import OperationalError

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.groups import agent_groups
from forepost.controller.fleet.store import Agents
from forepost.controller.groups.said import GroupReports
from forepost.wire.uplink.groups import MOST_PROBLEMS, HaveGroups
from tests.postgres import Postgres
from tests.rows import THEN, home

pytestmark = pytest.mark.anyio

OLD = HaveGroups(revision="")
NEW = HaveGroups(revision="r" * 64, problems=["ö" * 500] * MOST_PROBLEMS)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.database()
    return f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}"


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    """With agent 1."""
    db = Database.at(url)
    await db.migrate()
    await home(db)
    yield db
    await db.close()


async def kept(db: Database) -> dict[int, HaveGroups]:
    async with db.read() as connection:
        rows = (await connection.execute(select(agent_groups))).all()
    return {row.agent_id: HaveGroups(revision=row.revision, problems=row.problems) for row in rows}


async def test_the_last_is_kept_and_goes_with_the_agent(db: Database) -> None:
    said = GroupReports(db)
    for have in (OLD, NEW):
        said.says(1, have)
        await said.flush()
        assert await kept(db) == {1: have}
    said.says(1, OLD)
    said.says(1, NEW)
    await said.flush()
    again = GroupReports(db)
    await again.load()
    assert again.by(1) == NEW
    assert again.by(2) is None
    await Agents(db).delete(1, 1, THEN)
    assert await kept(db) == {}
    again.says(1, OLD)  # its last words, after it was deleted
    again.says(999, OLD)
    await again.flush()
    assert await kept(db) == {}


async def test_what_is_no_news_is_not_written(db: Database) -> None:
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "agent_groups" in statement:
            written.append(statement)

    said = GroupReports(db)
    said.says(1, NEW)
    await said.flush()
    again = GroupReports(db)
    await again.load()
    event.listen(db._engine.sync_engine, "before_cursor_execute", note)
    again.says(1, NEW)
    await again.flush()
    assert written == []


async def test_what_many_say_at_once_is_kept_by_the_service(db: Database) -> None:
    texts = ("name", "description", "location", "public_ip_override", "version", "psk_sha256")
    one = {**dict.fromkeys(texts, ""), "workspace_id": 1, "created_at": THEN, "updated_at": THEN}
    many = range(2, 52)
    async with db.write() as connection:
        await connection.execute(insert(agents), [{**one, "id": agent_id} for agent_id in many])
    said = GroupReports(db)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(said.run)
            for agent_id in many:
                said.says(agent_id, OLD)
            await anyio.sleep(0.1)
            for agent_id in many:
                said.says(agent_id, NEW)
            while await kept(db) != dict.fromkeys(many, NEW):  # noqa: ASYNC110 - a database
                await anyio.sleep(0.02)
            tasks.cancel_scope.cancel()


async def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    db = Database.at(f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}")
    await db.migrate()
    await home(db)
    said = GroupReports(db)
    said.says(1, OLD)
    async with db.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE agent_groups RENAME TO elsewhere")
    with pytest.raises(OperationalError):
        await said.run()
    async with db.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO agent_groups")
    await said.flush()
    assert await kept(db) == {1: OLD}
    await db.close()
