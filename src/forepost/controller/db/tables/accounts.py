"""Who people are."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, String, Table

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

second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    # Hexadecimal.
    Column("secret", String(64), nullable=False),
    # Null: it does not count yet.
    Column("confirmed_at", Instant),
    # Of the newest code that was used: no code is good twice.
    Column("last_step", BigInteger, nullable=False),
    # Hashes of the recovery codes that are left.
    Column("recovery", JSON, nullable=False),
    # Codes in a row.
    Column("wrong", Integer, nullable=False),
    Column("wrong_at", Instant),
)
