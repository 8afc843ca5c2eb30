"""What becomes of addresses that an earlier version kept."""

import logging
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from forepost.controller.db.engine import Database
from forepost.controller.db.upgrade import upgrade
from tests.postgres import Postgres

pytestmark = pytest.mark.anyio
NOW = "'2026-01-01 00:00:00'"
USERS = (
    (1, "admin@x.com", "SITE_ADMIN"),
    (2, "boss@x.com.", "USER"),
    (3, "mia@x.com", "USER"),
    (4, "\uff4dia@x.com", "USER"),
    (5, "b\u043ess@y.com", "SITE_ADMIN"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
async def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database(empty=True)
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(lambda plain: upgrade(plain, "0012"))
        for number, email, role in USERS:
            await connection.exec_driver_sql(
                "INSERT INTO users (id, email, name, role, password_hash, verified, labels,"
                f" metadata, created_at, updated_at) VALUES ({number}, '{email}', '', '{role}',"
                f" 'h', false, '{{}}', '{{}}', {NOW}, {NOW})"
            )
        await connection.exec_driver_sql(
            "INSERT INTO workspaces (id, name, description, settings, owner_id, created_at,"
            f" updated_at) VALUES (1, 'w', '', '{{}}', 1, {NOW}, {NOW})"
        )
        for number, email in ((1, "late@x.com."), (2, "other@x.com")):
            await connection.exec_driver_sql(
                "INSERT INTO members (id, workspace_id, email, role, meta, invite_sha256,"
                f" created_at, updated_at) VALUES ({number}, 1, '{email}', 'USER', '{{}}', '',"
                f" {NOW}, {NOW})"
            )
        await connection.exec_driver_sql(
            "INSERT INTO audit (at, workspace_id, user_id, actor, action, object_kind, object_id,"
            f" address, status) VALUES ({NOW}, 1, 3, 'mia@x.com', 'members.create', 'member', 1,"
            " '', 201)"
        )
        await connection.commit()
    await engine.dispose()
    return url


async def test_each_gets_its_one_form_unless_it_is_anothers(
    old: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    logging.getLogger("forepost").propagate = True
    db = Database.at(old)
    await db.migrate()
    async with db.read() as connection:
        rows = await connection.exec_driver_sql("SELECT email, verified FROM users ORDER BY id")
        users = [(row.email, bool(row.verified)) for row in rows.all()]
        found = await connection.exec_driver_sql(
            "SELECT email, invited_by FROM members ORDER BY id"
        )
        invited = [tuple(row) for row in found.all()]
    await db.close()
    assert users == [
        ("admin@x.com", True),
        ("boss@x.com", False),
        ("mia@x.com", False),
        ("\uff4dia@x.com", False),
        ("b\u043ess@y.com", False),
    ]
    # Who invited is taken from the audit log; nobody knows who made the other.
    assert invited == [("late@x.com", 3), ("other@x.com", None)]
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "'mia@x.com' is another's" in said
    assert "stays as it is: email: mixes" in said
