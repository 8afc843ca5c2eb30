"""The schema that migrations make is the schema that the code names."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

from forepost.controller.db.engine import Database, alembic_config, upgrade
from forepost.controller.db.tables import metadata


@pytest.fixture
def connection(tmp_path: Path) -> Any:
    engine = create_engine(f"sqlite:///{tmp_path / 'meta.sqlite'}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_there_is_one_head(connection: Connection) -> None:
    assert len(ScriptDirectory.from_config(alembic_config(connection)).get_heads()) == 1


def test_up_from_empty_is_what_the_code_names(connection: Connection) -> None:
    upgrade(connection)
    assert differences(connection) == []


def test_up_down_up(connection: Connection) -> None:
    upgrade(connection)
    command.downgrade(alembic_config(connection), "base")
    assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(connection)
    assert differences(connection) == []


@pytest.mark.anyio
async def test_a_database_is_migrated_twice_without_harm(tmp_path: Path) -> None:
    db = Database.at(f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}")
    await db.migrate()
    await db.migrate()
    async with db.read() as connection:
        assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
    await db.close()
