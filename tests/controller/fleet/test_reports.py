"""What agents said of their documents is kept: of each the last, while the agent is there."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import OperationalError

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agent_documents, agents
from forepost.controller.fleet.reports import MOST_DOCUMENTS, DocumentReport, DocumentReports
from forepost.controller.fleet.store import Agents
from forepost.controller.workspaces.store import Workspaces
from forepost.wire.uplink.documents import HaveDocument
from forepost.wire.uplink.messages import LONGEST_REASON, MOST_REASONS
from tests.fakes.clock import FakeClock
from tests.metadata import sqlite_url
from tests.rows import THEN, home

pytestmark = pytest.mark.anyio

OLD = HaveDocument(document="groups", revision="")
NEW = HaveDocument(
    document="groups",
    revision="r" * 64,
    state="failed",
    problems=["ö" * LONGEST_REASON] * MOST_REASONS,
)


@pytest.fixture
async def db(metadata_url: str) -> AsyncIterator[Database]:
    """With agent 1."""
    db = Database.at(metadata_url)
    await home(db)
    yield db
    await db.close()


async def kept(db: Database) -> dict[int, HaveDocument]:
    async with db.read() as connection:
        rows = (await connection.execute(select(agent_documents))).all()
    return {
        row.agent_id: HaveDocument(
            document=row.name, revision=row.revision, state=row.state, problems=row.problems
        )
        for row in rows
    }


def have(report: DocumentReport | None) -> HaveDocument | None:
    """The words that a report was made of."""
    if report is None:
        return None
    return HaveDocument(
        document="groups",
        revision=report.revision,
        state=report.state,
        problems=list(report.problems),
    )


async def test_the_last_is_kept_and_goes_with_the_agent(db: Database) -> None:
    said = DocumentReports(db, FakeClock())
    for one in (OLD, NEW):
        said.says(1, one)
        await said.late.flush()
        assert await kept(db) == {1: one}
    said.says(1, OLD)
    said.says(1, NEW)
    await said.late.flush()
    again = DocumentReports(db, FakeClock())
    await again.load()
    assert have(again.by(1, "groups")) == NEW
    assert again.by(2, "groups") is None
    assert again.by(1, "probes") is None
    await Agents(db).delete(1, 1, THEN)
    assert await kept(db) == {}
    again.says(1, OLD)  # its last words, after it was deleted
    again.says(999, OLD)
    await again.late.flush()
    assert await kept(db) == {}


async def test_it_goes_with_the_workspace(db: Database) -> None:
    """What others make, fill and delete again would fill the memory."""
    said = DocumentReports(db, FakeClock())
    said.says(1, OLD)
    await said.late.flush()
    await Workspaces(db).delete(1, THEN)
    again = DocumentReports(db, FakeClock())
    await again.load()
    assert again.by(1, "groups") is None
    again.says(1, NEW)  # its last words
    await again.late.flush()
    assert await kept(db) == {}


async def test_what_is_no_news_is_not_written(db: Database) -> None:
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "agent_documents" in statement:
            written.append(statement)

    said = DocumentReports(db, FakeClock())
    said.says(1, NEW)
    await said.late.flush()
    again = DocumentReports(db, FakeClock())
    await again.load()
    event.listen(db._engine.sync_engine, "before_cursor_execute", note)
    again.says(1, NEW)
    await again.late.flush()
    assert written == []


async def test_what_many_say_at_once_is_kept_by_the_service(db: Database) -> None:
    texts = ("name", "description", "location", "public_ip_override", "version", "psk_sha256")
    one = {**dict.fromkeys(texts, ""), "workspace_id": 1, "created_at": THEN, "updated_at": THEN}
    many = range(2, 52)
    async with db.write() as connection:
        await connection.execute(insert(agents), [{**one, "id": agent_id} for agent_id in many])
    said = DocumentReports(db, FakeClock())
    with anyio.fail_after(20):
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
    db = Database.at(sqlite_url(tmp_path))
    await home(db)
    said = DocumentReports(db, FakeClock())
    said.says(1, OLD)
    async with db.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE agent_documents RENAME TO elsewhere")
    with pytest.raises(OperationalError):
        await said.run()
    async with db.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO agent_documents")
    await said.late.flush()
    assert await kept(db) == {1: OLD}
    await db.close()


async def test_an_agent_cannot_fill_the_memory_with_names(db: Database) -> None:
    said = DocumentReports(db, FakeClock())
    for n in range(100):
        said.says(1, HaveDocument(document=f"made_{n}", revision="r"))
    assert len([n for n in range(100) if said.by(1, f"made_{n}") is not None]) == MOST_DOCUMENTS
    said.forget(1)
    assert said.by(1, "made_0") is None
