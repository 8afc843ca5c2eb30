"""Databases that are not as they were written."""

import sqlite3
from pathlib import Path


def undecodable_schema(path: Path) -> bytes:
    """A database of which SQLite cannot even say in UTF-8 what is wrong with it."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version(version_num)")
    connection.close()
    return path.read_bytes().replace(b"CREATE TABLE", b"CREATE \xa0ABLE")
