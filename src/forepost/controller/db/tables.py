"""The schema. Tables are shared between slices; SQL on them is private to each slice's store."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
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


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _times() -> tuple[Column[datetime], Column[datetime]]:
    return (
        Column("created_at", Instant, nullable=False),
        Column("updated_at", Instant, nullable=False),
    )


def _json(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False, server_default=text("'{}'"))


users = Table(
    "users",
    metadata,
    _id(),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("verified", Boolean, nullable=False),
    _json("labels"),
    _json("metadata"),
    Column("last_login_at", Instant),
    *_times(),
    sqlite_autoincrement=True,
)

workspaces = Table(
    "workspaces",
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    _json("settings"),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("deleted_at", Instant),
    *_times(),
    # Names are unique for their owner only: across tenants the answer would tell of others' names.
    Index(
        "uq_workspaces_owner_id_name",
        "owner_id",
        "name",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

members = Table(
    "members",
    metadata,
    _id(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    _json("meta"),
    *_times(),
    UniqueConstraint("workspace_id", "user_id"),
    sqlite_autoincrement=True,
)

agents = Table(
    "agents",
    metadata,
    _id(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("location", String(200), nullable=False),
    Column("public_ip_override", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("last_seen_at", Instant),
    Column("psk_sha256", String(64), nullable=False),
    _json("labels"),
    _json("metadata"),
    Column("deleted_at", Instant),
    *_times(),
    sqlite_autoincrement=True,
)

pins = Table(
    "pins",
    metadata,
    _id(),
    Column("agent_id", ForeignKey("agents.id"), nullable=False, index=True),
    Column("pin_hash", String(200), nullable=False),
    Column("expires_at", Instant),
    Column("consumed_at", Instant),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

probes = Table(
    "probes",
    metadata,
    _id(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=False, index=True),
    Column("type", String(32), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("interval_sec", Integer, nullable=False),
    Column("timeout_sec", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("duration_sec", Integer, nullable=False),
    Column("server", Boolean, nullable=False),
    Column("bind_interface", String(15), nullable=False),
    _json("labels"),
    _json("metadata"),
    *_times(),
    sqlite_autoincrement=True,
)

probe_targets = Table(
    "probe_targets",
    metadata,
    _id(),
    Column("probe_id", ForeignKey("probes.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("target", Text, nullable=False),
    Column("agent_id", ForeignKey("agents.id"), index=True),
    *_times(),
    sqlite_autoincrement=True,
)
