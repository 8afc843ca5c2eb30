"""Who did what, and who may come in: sessions, API keys, the audit log."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table

from forepost.controller.db.tables.columns import Instant, id_column, metadata, times

ADDRESS = 64
USER_AGENT = 300

sessions = Table(
    "sessions",
    metadata,
    id_column(),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("last_used_at", Instant, nullable=False),
    Column("address", String(ADDRESS), nullable=False),
    Column("user_agent", String(USER_AGENT), nullable=False),
    Column("ended_at", Instant),
    sqlite_autoincrement=True,
)

# One row.
access_epoch = Table(
    "access_epoch",
    metadata,
    id_column(),
    Column("epoch", Integer, nullable=False),
    sqlite_autoincrement=True,
)

api_keys = Table(
    "api_keys",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("created_by", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("last_address", String(ADDRESS), nullable=False),
    *times(),
    sqlite_autoincrement=True,
)

# A row outlives whom and what it names: no foreign keys.
audit = Table(
    "audit",
    metadata,
    id_column(),
    Column("at", Instant, nullable=False, index=True),
    Column("workspace_id", Integer),
    Column("user_id", Integer, index=True),
    Column("api_key_id", Integer),
    Column("agent_id", Integer),
    Column("actor", String(254), nullable=False),
    Column("action", String(100), nullable=False),
    Column("object_kind", String(64), nullable=False),
    Column("object_id", Integer),
    Column("address", String(ADDRESS), nullable=False),
    Column("status", Integer, nullable=False),
    # What it was about beyond its object, such as the hash of a script; mostly nothing.
    Column("detail", String(300), nullable=False, server_default=""),
    Index("ix_audit_workspace_id_at", "workspace_id", "at"),
    sqlite_autoincrement=True,
)
