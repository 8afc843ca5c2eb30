"""Who people are."""

from sqlalchemy import (
    Boolean,
    Column,
    String,
    Table,
)

from forepost.controller.db.tables.columns import Instant, id_column, json_column, metadata, times

users = Table(
    "users",
    metadata,
    id_column(),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(200), nullable=False),
    # The address is this person's for certain: what was mailed to it came back, or the operator
    # made the account.
    Column("verified", Boolean, nullable=False),
    json_column("labels"),
    json_column("metadata"),
    Column("last_login_at", Instant),
    # By the operator: there is no way in, and nothing that it made is one.
    Column("locked_at", Instant),
    *times(),
    sqlite_autoincrement=True,
)
