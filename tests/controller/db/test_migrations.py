"""The schema that migrations make is the schema that the code names, on both databases."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from forepost.controller.db.engine import Database, newest_revision
from forepost.controller.db.tables import metadata
from forepost.controller.db.upgrade import alembic_config, upgrade
from forepost.kit.program import CannotStart
from tests.metadata import sqlite_url
from tests.postgres import Postgres

pytestmark = pytest.mark.anyio

FIRST_VERSION = Path(__file__).with_name("first_version.sql")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database(empty=True)


@pytest.fixture
async def connection(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def tables(connection: Connection | Engine) -> list[str]:
    return inspect(connection).get_table_names()


async def test_there_is_one_head(connection: AsyncConnection) -> None:
    config = await connection.run_sync(alembic_config)
    assert ScriptDirectory.from_config(config).get_heads() == [newest_revision()]


async def test_up_from_empty_is_what_the_code_names(connection: AsyncConnection) -> None:
    await connection.run_sync(upgrade)
    assert await connection.run_sync(differences) == []


async def test_up_down_up(connection: AsyncConnection) -> None:
    await connection.run_sync(upgrade)
    await connection.run_sync(lambda plain: command.downgrade(alembic_config(plain), "base"))
    assert await connection.run_sync(tables) == ["alembic_version"]
    await connection.run_sync(upgrade)
    assert await connection.run_sync(differences) == []


async def test_an_old_database_keeps_its_rows(url: str, connection: AsyncConnection) -> None:
    """Made by the first version, with everything that refers to something else."""
    await connection.run_sync(lambda plain: upgrade(plain, "0001"))
    for statement in FIRST_VERSION.read_text().split(";\n"):
        await connection.exec_driver_sql(statement)
    await connection.commit()
    db = Database.at(url)
    await db.migrate()
    async with db.read() as migrated:
        for table in ("users", "workspaces", "members", "agents", "pins", "probes"):
            count = await migrated.exec_driver_sql(f"SELECT count(*) FROM {table}")
            assert count.scalar() == 1, table
        found = await migrated.exec_driver_sql("SELECT target FROM probe_targets")
        assert found.scalar() == "198.18.0.1"
    await db.close()


async def test_an_id_is_never_given_out_twice(tmp_path: Path) -> None:
    """Results are kept by the id of their probe: one that came again would show another's."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}"
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(lambda plain: upgrade(plain, "0001"))
        for statement in FIRST_VERSION.read_text().split(";\n"):
            await connection.exec_driver_sql(statement)
        await connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = 7 WHERE name = 'probes'")
        await connection.commit()
    await engine.dispose()
    db = Database.at(url)
    await db.migrate()
    async with db.read() as migrated:
        rows = await migrated.exec_driver_sql("SELECT name, sql FROM sqlite_master")
        made = {row.name: row.sql or "" for row in rows.all()}
        sequence = "SELECT seq FROM sqlite_sequence WHERE name = 'probes'"
        assert (await migrated.exec_driver_sql(sequence)).scalar() == 7
    await db.close()
    counted = [table for table in metadata.tables.values() if "id" in table.c]
    assert len(counted) > 10
    assert [table.name for table in counted if "AUTOINCREMENT" not in made[table.name]] == []


async def test_a_database_is_migrated_twice_without_harm(tmp_path: Path) -> None:
    db = Database.at(f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}")
    await db.migrate()
    await db.migrate()
    async with db.read() as connection:
        assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
    await db.close()


async def test_what_other_tests_begin_with_is_migrated(metadata_url: str) -> None:
    db = Database.at(metadata_url)
    assert await db.is_current()
    async with db.read() as connection:
        assert await connection.run_sync(differences) == []
        assert (await connection.execute(metadata.tables["users"].select())).all() == []
    await db.close()


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ("INSERT INTO alembic_version VALUES ('zzzz')", "'zzzz'"),
        ("UPDATE alembic_version SET version_num = '9999'", "'9999': a newer forepost wrote it"),
        ("DROP TABLE agent_documents", "it has no table agent_documents: "),
    ],
)
async def test_what_is_not_a_whole_database_of_ours_is_refused(
    metadata_url: str, done: str, said: str
) -> None:
    db = Database.at(metadata_url)
    async with db.write() as connection:
        await connection.exec_driver_sql(done)
    with pytest.raises(CannotStart, match=said):
        await db.migrate()
    await db.close()


def test_what_is_current_is_found_current_without_alembic(tmp_path: Path) -> None:
    """Its import is a tenth of a start."""
    url = sqlite_url(tmp_path)
    code = f"""
import sys, anyio
from forepost.controller.db.engine import Database
async def run():
    db = Database.at({url!r})
    await db.migrate()
    await db.close()
anyio.run(run)
print("alembic" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
