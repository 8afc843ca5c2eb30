"""Speed tests that were asked for, and the servers that agents know."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
)

from forepost.controller.db.tables.columns import Instant, id_column, metadata, times

speedtests = Table(
    "speedtests",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("server_id", String(500), nullable=False),
    Column("server_name", String(200), nullable=False),
    Column("status", String(16), nullable=False),
    Column("requested_by", ForeignKey("users.id")),
    Column("expires_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("completed_at", Instant),
    Column("error", Text, nullable=False),
    *times(),
    Index("ix_speedtests_agent_id_status", "agent_id", "status"),
    Index("ix_speedtests_status_expires_at", "status", "expires_at"),
    sqlite_autoincrement=True,
)

speedtest_servers = Table(
    "speedtest_servers",
    metadata,
    Column("agent_id", ForeignKey("agents.id"), primary_key=True),
    Column("servers", JSON, nullable=False),
    Column("reported_at", Instant, nullable=False),
)
