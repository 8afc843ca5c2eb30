"""Agents and how they became known."""

from sqlalchemy import (
    Column,
    ForeignKey,
    String,
    Table,
    Text,
)

from forepost.controller.db.tables.columns import Instant, id_column, json_column, metadata, times

agents = Table(
    "agents",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("location", String(200), nullable=False),
    Column("public_ip_override", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("last_seen_at", Instant),
    Column("psk_sha256", String(64), nullable=False),
    json_column("labels"),
    json_column("metadata"),
    Column("deleted_at", Instant),
    *times(),
    sqlite_autoincrement=True,
)

pins = Table(
    "pins",
    metadata,
    id_column(),
    Column("agent_id", ForeignKey("agents.id"), nullable=False, index=True),
    Column("pin_hash", String(200), nullable=False),
    Column("expires_at", Instant),
    Column("consumed_at", Instant),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
