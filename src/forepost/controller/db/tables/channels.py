"""Named channels, which alerts are told over which of them, and in which words."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from forepost.controller.db.tables.columns import id_column, json_column, metadata, times

notice_templates = Table(
    "notice_templates",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("webhook_body", Text, nullable=False),
    Column("external_id", String(200), nullable=False),
    *times(),
    Index(
        "uq_notice_templates_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    ),
    sqlite_autoincrement=True,
)

notice_channels = Table(
    "notice_channels",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("url", Text, nullable=False),
    Column("addresses", JSON, nullable=False),
    Column("secret", Text, nullable=False),
    json_column("headers"),
    Column("timezone", String(64), nullable=False),
    Column("template_id", ForeignKey("notice_templates.id", ondelete="SET NULL")),
    Column("enabled", Boolean, nullable=False),
    Column("external_id", String(200), nullable=False),
    *times(),
    Index(
        "uq_notice_channels_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    ),
    sqlite_autoincrement=True,
)

notice_routes = Table(
    "notice_routes",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    # From 1, without gaps.
    Column("position", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    json_column("match"),
    Column("hours", JSON),
    Column("channel_ids", JSON, nullable=False),
    Column("also", Boolean, nullable=False),
    Column("stop", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("external_id", String(200), nullable=False),
    *times(),
    Index(
        "uq_notice_routes_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    ),
    sqlite_autoincrement=True,
)
