"""Trials that somebody asked for."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text

from forepost.controller.db.tables.columns import Instant, id_column, metadata

trials = Table(
    "trials",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("type", String(32), nullable=False),
    Column("target", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("timeout_sec", Integer, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", String(254), nullable=False),
    Column("took_ms", Float, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("words", String(200), nullable=False),
    Index("ix_trials_workspace_id_id", "workspace_id", "id"),
    sqlite_autoincrement=True,
)
