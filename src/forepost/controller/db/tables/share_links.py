"""Links by which somebody without an account may look at one agent, or one probe of it."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from forepost.controller.db.tables.columns import Instant, id_column, metadata, times

share_links = Table(
    "share_links",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=False, index=True),
    Column("created_by", ForeignKey("users.id"), nullable=False),
    # Where a key made it. A key that was deleted took its links along.
    Column("api_key_id", Integer),
    # Null: all probes of the agent. A probe that is deleted takes its links along.
    Column("probe_id", ForeignKey("probes.id", ondelete="CASCADE"), index=True),
    # The part of time that is shown; null: all.
    Column("shown_from", Instant),
    Column("shown_to", Instant),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("access_count", Integer, nullable=False),
    Column("last_accessed_at", Instant),
    *times(),
    sqlite_autoincrement=True,
)
