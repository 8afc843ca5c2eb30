"""What columns are made of: names of constraints, times in UTC, ids, JSON."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A time in UTC, with its zone on both sides; SQLite keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def id_column() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def times() -> tuple[Column[datetime], Column[datetime]]:
    return (
        Column("created_at", Instant, nullable=False),
        Column("updated_at", Instant, nullable=False),
    )


def json_column(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False, server_default=text("'{}'"))


def list_column(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False, server_default=text("'[]'"))
