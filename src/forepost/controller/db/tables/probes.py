"""What agents are asked to measure."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)

from forepost.controller.db.tables.columns import id_column, json_column, metadata, times

probes = Table(
    "probes",
    metadata,
    id_column(),
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
    Column("bidirectional", Boolean, nullable=False, server_default=false()),
    Column("reverse_of", ForeignKey("probes.id", ondelete="CASCADE"), index=True),
    Column("external_id", String(200), nullable=False, server_default=""),
    json_column("labels"),
    json_column("metadata"),
    *times(),
    Index(
        "uq_probes_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    ),
    sqlite_autoincrement=True,
)

probe_targets = Table(
    "probe_targets",
    metadata,
    id_column(),
    Column("probe_id", ForeignKey("probes.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("target", Text, nullable=False),
    Column("agent_id", ForeignKey("agents.id"), index=True),
    *times(),
    sqlite_autoincrement=True,
)
