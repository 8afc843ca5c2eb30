"""Alembic's part: bring the schema from one revision to another. Imported where that is to be done,
for it takes a tenth of a start.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from forepost.controller.db.failures import UnknownRevision

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Within the caller's transaction. Raises UnknownRevision."""
    try:
        command.upgrade(alembic_config(connection), revision)
    except CommandError as error:
        raise UnknownRevision(str(error)) from None
