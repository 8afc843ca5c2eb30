"""Address groups that a workspace gives to its agents."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from forepost.controller.db.tables.columns import id_column, metadata, times

address_groups = Table(
    "address_groups",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("description", Text, nullable=False),
    Column("addresses", JSON, nullable=False),
    Column("count", Integer, nullable=False),
    Column("agent_ids", JSON, nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("revision", Integer, nullable=False),
    *times(),
    UniqueConstraint("workspace_id", "name"),
    Index(
        "uq_address_groups_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    ),
    sqlite_autoincrement=True,
)
