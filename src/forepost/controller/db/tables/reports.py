"""Reports that are made again and again, and what was made and is on its way by mail."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from forepost.controller.db.tables.columns import (
    Instant,
    id_column,
    list_column,
    metadata,
    times,
)

reports = Table(
    "reports",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    # Ids of agents; none: all of the workspace.
    list_column("agent_ids"),
    Column("days", Integer, nullable=False),
    Column("repeats", String(16), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("weekday", String(3), nullable=False),
    Column("day_of_month", Integer, nullable=False),
    Column("format", String(8), nullable=False),
    # Addresses of members.
    list_column("recipients"),
    Column("enabled", Boolean, nullable=False),
    # When it is made next; null: not by itself.
    Column("due_at", Instant, index=True),
    Column("last_run_at", Instant),
    Column("last_error", Text, nullable=False, server_default=""),
    *times(),
    sqlite_autoincrement=True,
)

report_files = Table(
    "report_files",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("ix_report_files_made_at", "made_at"),
    sqlite_autoincrement=True,
)
"""One for all who are mailed it; `deliveries.attachment_id` names it."""
